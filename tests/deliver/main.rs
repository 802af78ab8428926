//! The outbox against a strict push service and a webhook sink, on both databases: what is owed arrives, once, in time, and true.

#[path = "../store/support.rs"]
#[macro_use]
mod databases;
#[path = "../support/push_service.rs"]
mod push_service;

mod answers;
mod order;
mod rotation;
mod support;
mod truth;
mod webhooks;
