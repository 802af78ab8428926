//! A word: what is known about one cell, in 32 bits.

/// What a cell holds; the two highest bits say what the other thirty are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Word(u32);

/// A word, unpacked. Offsets are into the tile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// No shape at all.
    Empty,
    /// Exactly this shape, wholly.
    One(u32),
    /// The shapes of a set record, wholly: its length, the word of a set below it, ids.
    Set(usize),
    /// Sixteen words, by quarters of quarters, rows from the south-west.
    Node(usize),
    /// A leaf record.
    Leaf(usize),
}

const SHIFT: u32 = 30;
const LOW: u32 = (1 << SHIFT) - 1;
const SET: u32 = 1;
const NODE: u32 = 2;
const LEAF: u32 = 3;

impl Word {
    /// The word of a cell no shape touches.
    pub(super) const EMPTY: Self = Self(0);

    /// Ids must stay below this.
    pub(super) const MAX_ID: u32 = LOW - 1;

    pub(super) fn one(id: u32) -> Self {
        debug_assert!(id < Self::MAX_ID);
        Self(id + 1)
    }

    pub(super) fn set(offset: usize) -> Self {
        Self::pointer(SET, offset)
    }

    pub(super) fn node(offset: usize) -> Self {
        Self::pointer(NODE, offset)
    }

    pub(super) fn leaf(offset: usize) -> Self {
        Self::pointer(LEAF, offset)
    }

    fn pointer(tag: u32, offset: usize) -> Self {
        let offset = u32::try_from(offset).ok().filter(|o| *o <= LOW).expect("a tile holds less than four gigabytes");
        Self(tag << SHIFT | offset)
    }

    #[inline]
    pub(super) fn kind(self) -> Kind {
        let low = (self.0 & LOW) as usize;
        match self.0 >> SHIFT {
            NODE => Kind::Node(low),
            LEAF => Kind::Leaf(low),
            SET => Kind::Set(low),
            _ if self.0 == 0 => Kind::Empty,
            _ => Kind::One(self.0 - 1),
        }
    }

    #[inline]
    pub(super) fn bits(self) -> u32 {
        self.0
    }

    #[inline]
    pub(super) fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    /// Whether more words follow below this one.
    #[inline]
    pub(super) fn is_node(self) -> bool {
        self.0 >> SHIFT == NODE
    }

    /// Whether the cell has no edges.
    pub(super) fn is_plain(self) -> bool {
        self.0 >> SHIFT <= SET
    }
}
