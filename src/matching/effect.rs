//! What a fence means for one traveller: exemptions, legal effects, and the verdict of a single match.

use serde::Serialize;

use super::Fence;
use crate::geometry::ShapeId;
use crate::model::{
    Exemption, ExemptionKind, Issuer, LegalEffect, LegalKind, Purpose, Severity, Transit, Traveller, Verdict, Window,
};

/// How somebody is at a place: when, and whether only in passing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Presence<'a> {
    /// When.
    pub window: Window,
    /// Whether the place is only a change of vehicle.
    pub transit: Option<Transit>,
    /// Whether the traveller passes through without a stay: the itinerary shows it, or they declare it as their purpose.
    pub passing: bool,
    /// Shapes in which the same journey does have a stay: passing does not count there.
    pub stays_in: &'a [ShapeId],
}

impl Presence<'_> {
    /// Being somewhere, not in passing.
    pub fn staying(window: Window) -> Self {
        Self { window, transit: None, passing: false, stays_in: &[] }
    }
}

/// A legal effect as it touches this traveller.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct AppliedEffect {
    /// The effect's id, unique within its issuer.
    pub id: String,
    /// What kind of consequence it is.
    pub kind: LegalKind,
    /// The statute or practice.
    pub statute: String,
    /// What it says, in the language asked for.
    pub text: String,
    /// Where to read it.
    pub url: Option<String>,
    /// Whether it binds this traveller: null when no nationality is known. An exempted traveller is not bound.
    pub applies: Option<bool>,
    /// On which grounds a permit is given.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub permit_grounds: Vec<String>,
}

/// The exemption of the fence's revision that lets this traveller through, if any.
///
/// `transit_only` takes somebody who passes without a stay; `resident` a declared resident; `permit` a permit of the issuer that holds
/// for the whole presence (design rule 5).
pub fn exemption<'a>(fence: &'a Fence, traveller: &Traveller, presence: &Presence) -> Option<&'a Exemption> {
    fence.revision.exemptions.iter().find(|exemption| match exemption.kind {
        ExemptionKind::TransitOnly => presence.passing && !presence.stays_in.contains(&fence.shape),
        ExemptionKind::Resident => traveller.purpose == Purpose::Resident,
        ExemptionKind::Permit => {
            traveller.permits.iter().any(|permit| permit.covers(&fence.revision.id.advisory, &presence.window))
        }
    })
}

/// The legal effects a fence brings: those of its level and those its revision names.
pub fn legal_effects<'a>(fence: &'a Fence, issuer: &'a Issuer) -> impl Iterator<Item = &'a LegalEffect> {
    let level = fence.revision.level.as_deref();
    issuer.legal_effects.iter().filter(move |effect| {
        effect.levels.iter().any(|l| Some(l.as_str()) == level) || fence.revision.legal_effects.contains(&effect.id)
    })
}

/// Whether an effect binds the traveller; `None` when their nationality is not known.
pub fn binds(effect: &LegalEffect, traveller: &Traveller) -> Option<bool> {
    if effect.nationalities.is_empty() {
        Some(true)
    } else if traveller.nationalities.is_empty() {
        None
    } else {
        Some(traveller.nationalities.iter().any(|n| effect.nationalities.contains(n)))
    }
}

/// The effect as shown to this traveller, in a language.
pub fn apply(effect: &LegalEffect, traveller: &Traveller, exempted: bool, lang: &str) -> AppliedEffect {
    let applies = if exempted && effect.kind.forbids() { Some(false) } else { binds(effect, traveller) };
    AppliedEffect {
        id: effect.id.clone(),
        kind: effect.kind,
        statute: effect.statute.clone(),
        text: effect.text.pick(lang).to_owned(),
        url: effect.url.clone(),
        applies,
        permit_grounds: effect.permit_grounds.iter().map(|ground| ground.text.pick(lang).to_owned()).collect(),
    }
}

/// What one match alone concludes for one traveller.
///
/// Severity 5 is *prohibited* only for somebody the law binds or may bind: for everyone else, and for an exempted traveller, the
/// danger remains and the verdict is *avoid*. Airside transit counts one class lower (design rules 5 and 10).
pub fn verdict(fence: &Fence, issuer: &Issuer, traveller: &Traveller, presence: &Presence, exempted: bool) -> Verdict {
    let severity = match presence.transit {
        Some(Transit::Airside) => fence.severity.one_lower(),
        _ => fence.severity,
    };
    if severity < Severity::PROHIBITED {
        return severity.into();
    }
    let mut forbidding = legal_effects(fence, issuer).filter(|effect| effect.kind.forbids()).peekable();
    let bound = forbidding.peek().is_none() || forbidding.any(|effect| binds(effect, traveller) != Some(false));
    if bound && !exempted { Verdict::Prohibited } else { Verdict::Avoid }
}
