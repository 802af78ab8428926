//! Outbound: the only place that speaks to addresses which users chose.
//!
//! | file | holds |
//! |---|---|
//! | [`address`], [`guard`], [`client`] | where a request may go, and the one client that goes there |
//! | [`web_push`] | subscriptions, encryption, sender's token, answers |
//! | [`webhook`] | Standard Webhooks |
//! | [`pacing`] | how much at once, and when to stop |

pub mod address;
pub mod client;
pub mod guard;
pub mod pacing;
pub mod web_push;
pub mod webhook;
