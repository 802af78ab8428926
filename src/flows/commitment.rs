//! Until when a request can be given up: whoever asked is told either that nothing happened or what did, never a wrong one of the two.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

const OPEN: u8 = 0;
const MADE: u8 = 1;
const GIVEN_UP: u8 = 2;

/// Whether a request takes effect, settled once between the work, which is about to change something, and whoever waits for it, who may stop.
#[derive(Clone, Debug, Default)]
pub struct Commitment(Arc<AtomicU8>);

impl Commitment {
    /// Before something takes effect: whether it still may. From then on the request is waited for, however long it takes.
    pub fn make(&self) -> bool {
        self.settle(MADE)
    }

    /// When nobody wants to wait any more: whether nothing has taken effect. From then on nothing will.
    pub fn give_up(&self) -> bool {
        self.settle(GIVEN_UP)
    }

    fn settle(&self, to: u8) -> bool {
        self.0
            .compare_exchange(OPEN, to, Ordering::AcqRel, Ordering::Acquire)
            .map_or_else(|found| found == to, |_| true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_settled_once() {
        let (made, given_up) = (Commitment::default(), Commitment::default());
        assert!(made.make() && made.clone().make() && !made.give_up());
        assert!(given_up.clone().give_up() && given_up.give_up() && !given_up.make());
    }
}
