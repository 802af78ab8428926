//! Gathers judgements of stops and legs into findings, reasons and lines: one finding for a fence and a subject, however often the
//! way crosses it, and for everybody it concerns in the same way.

use super::{Finding, Indeterminate, MemberAnswer, Reason, Subject, Way, WaySource};
use crate::flows::answer::{ExemptionWords, Line, Words};
use crate::geometry;
use crate::matching::{Gap, IssuerLine, Judged, Judgement};
use crate::model::{Itinerary, RevisionId, Severity, Transit, Verdict};

/// Everything gathered so far, over all of the party.
#[derive(Default)]
pub(super) struct Collector {
    findings: Vec<Finding>,
    indeterminate: Vec<Indeterminate>,
}

/// Where on a leg something is judged.
#[derive(Clone, Copy)]
pub(super) struct Stage<'a> {
    /// The stretch of the way, where there is one.
    pub stretch: Option<StretchOf<'a>>,
    /// What the operator's table calls the way or crossing.
    pub usual: Option<&'a str>,
}

/// One stretch of a leg's way.
#[derive(Clone, Copy)]
pub(super) struct StretchOf<'a> {
    pub from_m: f64,
    pub to_m: f64,
    pub line: &'a geometry::Line,
    pub source: WaySource,
    pub option: usize,
}

/// What is gathered for one traveller.
pub(super) struct Member<'a> {
    pub words: &'a Words<'a>,
    collector: &'a mut Collector,
    id: String,
    lines: Vec<Line>,
    findings: Vec<Finding>,
    indeterminate: Vec<Indeterminate>,
}

impl Collector {
    /// Begins with one traveller; end with [`Member::finish`].
    pub fn member<'a>(&'a mut self, id: &str, words: &'a Words<'a>) -> Member<'a> {
        let issuers = &words.index.issuers().issuers;
        let line = |&issuer: &usize| Line {
            issuer: issuers[issuer].code.clone(),
            verdict: Verdict::Clear,
            severity: Severity::NO_STATEMENT,
            level: None,
            governing: None,
            legal_effects: vec![],
            indeterminate: vec![],
        };
        let lines = words.question.issuers.iter().map(line).collect();
        Member { words, collector: self, id: id.to_owned(), lines, findings: vec![], indeterminate: vec![] }
    }

    /// Everything gathered, in the order of the plan: a stop, the leg that leaves it, the next stop.
    pub fn finish(self, itinerary: &Itinerary) -> (Vec<Finding>, Vec<Indeterminate>) {
        let place = |subject: &Subject| match subject {
            Subject::Stop { id, .. } => itinerary.stops.iter().position(|stop| &stop.id == id).map(|i| (i, 0)),
            Subject::Leg { id, .. } => itinerary.legs.iter().find(|leg| &leg.id == id).map(|leg| (leg.from, 1)),
        };
        let (mut findings, mut indeterminate) = (self.findings, self.indeterminate);
        findings.sort_by(|a, b| {
            let key = |f: &Finding| (place(&f.subject), !f.governs, std::cmp::Reverse(f.fence.severity));
            key(a).cmp(&key(b))
        });
        indeterminate.sort_by_key(|entry| place(&entry.subject));
        (findings, indeterminate)
    }
}

impl Member<'_> {
    /// Takes in what was judged of a subject, or of a stage of it.
    pub fn judged(
        &mut self,
        subject: &Subject,
        judgement: &Judgement,
        stage: Option<&Stage>,
        transit: Option<Transit>,
        pointer: &str,
    ) {
        for (line, new) in self.lines.iter_mut().zip(&judgement.lines) {
            merge_line(line, new, judgement, self.words);
        }
        for line in &judgement.lines {
            for gap in &line.gaps {
                self.gap(subject, line.issuer, gap, pointer);
            }
        }
        for judged in &judgement.matches {
            self.matched(subject, judged, stage, transit, pointer);
        }
    }

    /// Takes in something that cannot be determined of a subject, for all issuers or for one.
    pub fn indeterminate(
        &mut self,
        subject: Subject,
        issuers: Option<&[usize]>,
        reason: Reason,
        detail: String,
        revisions: Vec<RevisionId>,
        pointer: &str,
    ) {
        for (line, issuer) in self.lines.iter_mut().zip(self.words.question.issuers) {
            if issuers.is_none_or(|concerned| concerned.contains(issuer)) {
                line.verdict = line.verdict.worse(Verdict::Indeterminate);
            }
        }
        let issuer = match issuers {
            Some([only]) => Some(self.words.index.issuers().issuers[*only].code.clone()),
            _ => None,
        };
        let entry = Indeterminate {
            subject,
            travellers: vec![self.id.clone()],
            issuer,
            reason,
            detail,
            revisions,
            source_pointer: pointer.to_owned(),
        };
        if !self.indeterminate.contains(&entry) {
            self.indeterminate.push(entry);
        }
    }

    fn gap(&mut self, subject: &Subject, issuer: usize, gap: &Gap, pointer: &str) {
        let (reason, detail) = (gap.code.into(), gap.detail.clone());
        self.indeterminate(subject.clone(), Some(&[issuer]), reason, detail, vec![], pointer);
    }

    fn matched(
        &mut self,
        subject: &Subject,
        judged: &Judged,
        stage: Option<&Stage>,
        transit: Option<Transit>,
        pointer: &str,
    ) {
        let fence = self.words.index.fence(judged.fence);
        let way = stage.and_then(|stage| stage.stretch).map(|stretch| {
            let at = |metres: f64| {
                let position = stretch.line.point_at_m(metres);
                [position.lon(), position.lat()]
            };
            Way {
                enters_m: stretch.from_m,
                leaves_m: stretch.to_m,
                inside_m: stretch.to_m - stretch.from_m,
                enters_at: at(stretch.from_m),
                leaves_at: at(stretch.to_m),
                source: stretch.source,
                option: stretch.option,
            }
        });
        let known = self
            .findings
            .iter_mut()
            .find(|f| f.fence.revision == fence.revision.id && &f.subject == subject && f.source_pointer == pointer);
        match known {
            Some(finding) => extend(finding, judged, way),
            None => self.findings.push(Finding {
                subject: subject.clone(),
                travellers: vec![self.id.clone()],
                fence: self.words.fence(fence),
                verdict: judged.verdict,
                placement: judged.placed.placement.into(),
                from: judged.during.from,
                to: judged.during.to,
                way,
                usual_way: stage.and_then(|stage| stage.usual).map(str::to_owned),
                governs: judged.governs,
                outranked_by: judged.outranked_by.clone(),
                exemption: judged.exemption.as_ref().map(|e| ExemptionWords::new(e, self.words.lang)),
                transit,
                legal_effects: self.words.legal_effects(judged),
                source_pointer: pointer.to_owned(),
            }),
        }
    }

    /// The traveller's verdict; what was gathered joins that of the others.
    pub fn finish(self) -> MemberAnswer {
        let Collector { findings, indeterminate } = self.collector;
        for finding in self.findings {
            join(findings, finding, |finding| &mut finding.travellers);
        }
        for entry in self.indeterminate {
            join(indeterminate, entry, |entry| &mut entry.travellers);
        }
        // nobody was asked, so nothing is known
        let start = if self.lines.is_empty() { Verdict::Indeterminate } else { Verdict::Clear };
        MemberAnswer {
            verdict: self.lines.iter().map(|line| line.verdict).fold(start, Verdict::worse),
            traveller: self.id,
            issuers: self.lines,
        }
    }
}

/// Adds what was gathered for one traveller: to what is the same but for whom it concerns, or as something new.
fn join<T: PartialEq>(gathered: &mut Vec<T>, mut new: T, travellers: impl Fn(&mut T) -> &mut Vec<String>) {
    let whom = std::mem::take(travellers(&mut new));
    for known in gathered.iter_mut() {
        let others = std::mem::take(travellers(known));
        let is_same = *known == new;
        *travellers(known) = others;
        if is_same {
            travellers(known).extend(whom);
            return;
        }
    }
    *travellers(&mut new) = whom;
    gathered.push(new);
}

/// An issuer's line over the whole plan shows its worst part; what is missing anywhere stays listed.
fn merge_line(line: &mut Line, new: &IssuerLine, judgement: &Judgement, words: &Words) {
    let verdict = line.verdict.worse(new.verdict);
    let mut gaps = std::mem::take(&mut line.indeterminate);
    for gap in &new.gaps {
        if !gaps.contains(gap) {
            gaps.push(gap.clone());
        }
    }
    if let Some(governing) = new.governing {
        let severity = words.index.fence(judgement.matches[governing].fence).severity;
        let graver = Verdict::from(severity).worse(line.severity.into()) != Verdict::from(line.severity);
        if line.governing.is_none() || graver || (new.verdict == verdict && line.verdict != verdict) {
            *line = words.line(new, judgement);
        }
    }
    line.verdict = verdict;
    line.indeterminate = gaps;
}

/// The same fence touched again along the same way.
fn extend(finding: &mut Finding, judged: &Judged, way: Option<Way>) {
    finding.from = finding.from.min(judged.during.from);
    finding.to = match (finding.to, judged.during.to) {
        (Some(a), Some(b)) => Some(a.max(b)),
        _ => None,
    };
    finding.verdict = finding.verdict.worse(judged.verdict);
    finding.governs |= judged.governs;
    if finding.governs {
        finding.outranked_by = None;
    }
    if judged.placed.placement == geometry::Placement::Inside {
        finding.placement = judged.placed.placement.into();
    }
    // a fence on several of the ways that were found is described along the first
    let way = way.filter(|new| {
        finding.way.as_ref().is_some_and(|known| (known.source, known.option) == (new.source, new.option))
    });
    if let (Some(known), Some(new)) = (&mut finding.way, way) {
        known.inside_m += new.inside_m;
        if new.leaves_m > known.leaves_m {
            known.leaves_m = new.leaves_m;
            known.leaves_at = new.leaves_at;
        }
    }
}
