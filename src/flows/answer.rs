//! The parts that answers share: an issuer's line, a level, a match, all in the issuer's own words beside ours.

use jiff::Timestamp;
use serde::Serialize;

use crate::geometry::Placement;
use crate::matching::{AppliedEffect, Fence, FenceIndex, Gap, IssuerLine, Judged, Judgement, effect, judge::Question};
use crate::model::{Basis, Exemption, ExemptionKind, Issuer, IssuerCode, Level, RevisionId, Severity, Verdict};

/// A level in its issuer's words.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct LevelWords {
    /// The issuer's code.
    pub code: String,
    /// Its official English name.
    pub name: String,
    /// Its name in the issuer's language.
    pub native_name: String,
    /// The issuer's colour, `#rrggbb`.
    pub colour: String,
}

impl LevelWords {
    /// Its names: `Travel ban · 여행금지`.
    pub fn names(&self) -> String {
        if self.native_name == self.name { self.name.clone() } else { format!("{} · {}", self.name, self.native_name) }
    }
}

impl From<&Level> for LevelWords {
    fn from(level: &Level) -> Self {
        Self {
            code: level.code.clone(),
            name: level.name.clone(),
            native_name: level.native_name.clone(),
            colour: level.colour.clone(),
        }
    }
}

/// Where a presence lies with regard to a fence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum PlacementWord {
    /// Certainly inside.
    Inside,
    /// The border is nearer than position and outline are known: counts as inside, and says so.
    Possible,
}

impl From<Placement> for PlacementWord {
    fn from(placement: Placement) -> Self {
        match placement {
            Placement::Inside => Self::Inside,
            // what is certainly outside is no match; between the two, doubt is the safe reading
            Placement::Possible | Placement::Outside => Self::Possible,
        }
    }
}

/// An exemption in the language asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct ExemptionWords {
    /// The ground.
    pub kind: ExemptionKind,
    /// What the issuer says about it.
    pub text: String,
    /// The language that the text is in: the one asked for is not always there.
    pub text_lang: String,
    /// Where it says so.
    pub source_url: String,
}

impl ExemptionWords {
    /// The exemption with its text in a language.
    pub fn new(exemption: &Exemption, lang: &str) -> Self {
        let (text_lang, text) = exemption.text.pick_marked(lang);
        Self {
            kind: exemption.kind,
            text: text.to_owned(),
            text_lang: text_lang.to_owned(),
            source_url: exemption.source_url.clone(),
        }
    }
}

/// What one issuer says. Issuers are never merged.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Line {
    /// The issuer.
    pub issuer: IssuerCode,
    /// What its statements conclude for this traveller.
    pub verdict: Verdict,
    /// Our reading of the governing level; 0 where there is no statement.
    pub severity: Severity,
    /// The governing level in the issuer's words.
    pub level: Option<LevelWords>,
    /// The revision that governs.
    pub governing: Option<RevisionId>,
    /// What the law attaches to it.
    pub legal_effects: Vec<AppliedEffect>,
    /// What is not known and would have to be for a clear answer.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub indeterminate: Vec<Gap>,
}

/// Builds the words of one question's answer.
pub(super) struct Words<'a> {
    pub index: &'a FenceIndex,
    pub question: &'a Question<'a>,
    pub lang: &'a str,
    /// Leaves out texts and legal effects.
    pub brief: bool,
}

impl Words<'_> {
    pub fn issuer(&self, fence: &Fence) -> &Issuer {
        &self.index.issuers().issuers[fence.issuer]
    }

    /// The fence's level in its issuer's words.
    pub fn level(&self, fence: &Fence) -> LevelWords {
        (&self.issuer(fence).levels[fence.level]).into()
    }

    /// What the law attaches to a match, for this traveller.
    pub fn legal_effects(&self, judged: &Judged) -> Vec<AppliedEffect> {
        if self.brief {
            return Vec::new();
        }
        let fence = self.index.fence(judged.fence);
        effect::legal_effects(fence, self.issuer(fence))
            .map(|e| effect::apply(e, self.question.traveller, judged.exemption.is_some(), self.lang))
            .collect()
    }

    /// The lines of a judgement.
    pub fn lines(&self, judgement: &Judgement) -> Vec<Line> {
        judgement.lines.iter().map(|line| self.line(line, judgement)).collect()
    }

    /// One of the lines of a judgement.
    pub fn line(&self, line: &IssuerLine, judgement: &Judgement) -> Line {
        let governing = line.governing.map(|i| &judgement.matches[i]);
        let fence = governing.map(|judged| self.index.fence(judged.fence));
        Line {
            issuer: self.index.issuers().issuers[line.issuer].code.clone(),
            verdict: line.verdict,
            severity: fence.map_or(Severity::NO_STATEMENT, |fence| fence.severity),
            level: fence.map(|fence| self.level(fence)),
            governing: fence.map(|fence| fence.revision.id.clone()),
            legal_effects: governing.map(|judged| self.legal_effects(judged)).unwrap_or_default(),
            indeterminate: line.gaps.clone(),
        }
    }
}

/// What is said about a fence wherever it is shown.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct FenceWords {
    /// The revision.
    pub revision: RevisionId,
    /// Who says it.
    pub issuer: IssuerCode,
    /// Its headline.
    pub title: String,
    /// What it says.
    pub text: String,
    /// The language of the headline, BCP 47: the one asked for where the issuer published in it.
    pub title_lang: String,
    /// The language of the text.
    pub text_lang: String,
    /// Our reading of the level.
    pub severity: Severity,
    /// The level in the issuer's words.
    pub level: LevelWords,
    /// What the drawn outline rests on.
    pub basis: Basis,
    /// The true outline lies within this many metres of the drawn one.
    pub accuracy_m: f64,
    /// In force from this instant on.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub valid_from: Option<Timestamp>,
    /// Until just before this instant, by its own words or because a later revision takes over; null while open.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub valid_to: Option<Timestamp>,
    /// Where the issuer said it.
    pub source_url: String,
}

impl Words<'_> {
    /// What is said about a fence.
    pub fn fence(&self, fence: &Fence) -> FenceWords {
        let revision = &fence.revision;
        let period = fence.in_force(self.question.as_of).unwrap_or(revision.valid);
        let (title_lang, title) = revision.title.pick_marked(self.lang);
        let (text_lang, text) = revision.text.pick_marked(self.lang);
        FenceWords {
            revision: revision.id.clone(),
            issuer: revision.issuer.clone(),
            title: title.to_owned(),
            text: if self.brief { String::new() } else { text.to_owned() },
            title_lang: title_lang.to_owned(),
            text_lang: text_lang.to_owned(),
            severity: fence.severity,
            level: self.level(fence),
            basis: fence.basis,
            accuracy_m: fence.accuracy_m,
            valid_from: period.from,
            valid_to: period.to,
            source_url: revision.source_url.clone(),
        }
    }
}

/// Metres to a decimetre, as answers show them; none for the border of a shape that has none.
pub(super) fn decimetres(metres: f64) -> Option<f64> {
    metres.is_finite().then(|| (metres * 10.0).round() / 10.0 + 0.0)
}
