//! The outbound edge: where requests may go, and what independent libraries say of what is sent.

mod judges;
mod reach;
