//! From a place and a time to matches, and from matches to a verdict, with every reason kept.
//!
//! Pure: knows no clock, disk or network, and runs without an async runtime.
//!
//! | step | file |
//! |---|---|
//! | which revision of an advisory is in force, as known at an instant | [`in_force`] |
//! | shapes, fences and coverage in one immutable index | [`fence_index`] |
//! | exemptions, legal effects, and the verdict of one match for one traveller | [`effect`] |
//! | the governing match of each issuer, and the verdict over all | [`mod@judge`] |
//! | along a leg: where and when each fence is entered and left | [`leg`] |
//! | what lies within reach of a way that is not known | [`reach`] |
//! | the difference of two match sets | [`mod@diff`] |
//! | from noisy fixes to entries and exits | [`whereabouts`] |

pub mod diff;
pub mod effect;
pub mod fence_index;
pub mod in_force;
pub mod judge;
pub mod leg;
pub mod reach;
pub mod whereabouts;

pub use diff::{apply, diff};
pub use effect::{AppliedEffect, Presence};
pub use fence_index::{Fence, FenceId, FenceIndex, FenceSet, RefusedFile};
pub use judge::{Gap, GapCode, IssuerLine, Judged, Judgement, judge};
pub use leg::{Stretch, stretches};
pub use reach::Reach;
pub use whereabouts::Whereabouts;
