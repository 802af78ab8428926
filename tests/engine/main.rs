//! The engine against slow and independent ways to the same answers.
#![allow(
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss
)]

mod batches;
mod changes;
mod covering;
mod differential;
mod hostile;
mod lines;
mod loaded;
mod margins;
mod reverse;
mod shapes;
