//! The nouns of the domain: plain values with invariants, one file each; no clock, disk or network.

pub mod advisory;
pub mod area;
pub mod country;
pub mod coverage;
pub mod gazetteer;
pub mod issuer;
pub mod itinerary;
pub mod key;
pub mod place;
pub mod region;
pub mod subject;
pub mod text;
pub mod transition;
pub mod traveller;
pub mod verdict;
pub mod window;

pub use advisory::{AdvisoryId, Exemption, ExemptionKind, Revision, RevisionId};
pub use area::{Area, AreaError, AreaResolver, ResolvedArea, Target};
pub use country::CountryCode;
pub use coverage::Coverage;
pub use issuer::{Issuer, IssuerCode, Issuers, LegalEffect, LegalKind, Level, PermitGround};
pub use itinerary::{Itinerary, Leg, Mode, Stop, Transit, TravellerId};
pub use key::{ApiKey, Kind, Scope};
pub use place::{LocatedPlace, PlaceQuery};
pub use region::{Basis, Region, RegionCode, RegionKind, Regions};
pub use subject::Places;
pub use text::Texts;
pub use transition::{Cause, Happening, MatchKey, MatchSet, Transition};
pub use traveller::{Permit, Purpose, Traveller};
pub use verdict::{Severity, Verdict};
pub use window::Window;
