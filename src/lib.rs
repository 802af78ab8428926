//! Cordon: travel advisories as exact polygons, and the answers drawn from them.
//!
//! # The map of the house
//!
//! A pure core knows no clock, disk or network. Edges each own one outside thing. Flows join them: each is one thing the service does,
//! readable top to bottom. Arrows point left only; `tests/tidy.rs` fails when one does not.
//!
//! ```text
//! geometry ← model ← { matching, store, feed, channel, route, format } ← live ← flows ← http, cli ← app ← main
//! ```
//!
//! | module | holds | alone in |
//! |---|---|---|
//! | [`geometry`] | positions, shapes and their repair, area algebra, the index | using `geo`, `geojson`, `rstar` |
//! | [`model`] | the nouns of the domain, one file each | |
//! | [`matching`] | what is in force, the governing match, verdicts, transitions | |
//! | [`store`] | what must be remembered, in SQLite or PostgreSQL | speaking SQL |
//! | [`feed`] | inbound statements: the data folder | reading it |
//! | [`channel`] | outbound: where requests may go; Web Push, webhooks, pacing | speaking to addresses that users chose |
//! | [`route`] | ways along roads, from Valhalla or OSRM | |
//! | [`mod@format`] | what callers send, in whatever form, every mistake at its place; what subscribers are told; signed evidence | |
//! | [`live`] | the current fences behind an atomic swap; follows the epoch | |
//! | [`flows`] | check, bundle, validate, list, publish, watch, recheck, deliver, make evidence | |
//! | [`http`] | one page of routes; `problem.rs` chooses status codes | using `axum` |
//! | [`cli`] | one file per command | printing |
//! | [`app`] | builds and owns the running service | |
//! | [`config`], [`clock`], [`error`], [`telemetry`] | settings; the time; one error; logs and metrics | asking what time it is: `clock` |
//!
//! Absent on purpose: geometry in an answer's path is never repaired; issuers are never merged; a check stores nothing.
//!
//! # As a library
//!
//! The core runs without the service, and without an async runtime:
//!
//! ```
//! use cordon::feed::folder;
//! use cordon::geometry::{Limits, Position};
//! use cordon::matching::{FenceIndex, Presence, judge, judge::Question};
//! use cordon::model::{CountryCode, Traveller, Verdict, Window};
//!
//! let folder = folder::read("regions".as_ref(), &Limits::default());
//! let index = FenceIndex::build(folder.fences);
//!
//! let traveller = Traveller { nationalities: vec![CountryCode::parse("KR")?], ..Traveller::default() };
//! let issuers = index.issuers_for(&traveller, &[]).expect("no issuer is named");
//! let question = Question {
//!     traveller: &traveller,
//!     issuers: &issuers,
//!     as_of: "2025-10-20T02:00:00Z".parse()?,
//!     max_age: FenceIndex::DEFAULT_MAX_AGE,
//! };
//! // latitude, longitude: the centre of Poipet
//! let placed = index.locate(Position::new(13.65805, 102.56365)?);
//! let presence = Presence::staying(Window::instant("2025-10-20T09:00:00+07:00".parse()?));
//! let judgement = judge(&index, &placed, &presence, &question);
//!
//! assert_eq!(judgement.verdict, Verdict::Prohibited);
//! let governing = &judgement.matches[judgement.lines[0].governing.expect("somebody has spoken")];
//! assert_eq!(index.fence(governing.fence).revision.id.to_string(), "kr-mofa:kh-poipet@1");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod app;
pub mod channel;
pub mod cli;
pub mod clock;
pub mod config;
pub mod error;
pub mod feed;
pub mod flows;
pub mod format;
pub mod geometry;
pub mod http;
pub mod live;
pub mod matching;
pub mod model;
pub mod route;
pub mod store;
pub mod telemetry;
