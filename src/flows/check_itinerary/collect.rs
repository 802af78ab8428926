//! Gathers judgements of stops and legs into findings, reasons and lines: one finding for a fence and a subject, however often the
//! way crosses it, and for everybody it concerns in the same way.

use std::cmp::Reverse;
use std::collections::HashMap;

use super::passages::{Passages, StretchOf};
use super::{Finding, Indeterminate, Reason, Subject};
use crate::flows::answer::{ExemptionWords, Line, Words};
use crate::geometry;
use crate::matching::{FenceId, Gap, IssuerLine, Judged, Judgement};
use crate::model::{Itinerary, Leg, RevisionId, Severity, Transit, Verdict};

/// Everything gathered so far, over all of the party, by the parts of the plan in their order: a stop, the leg that leaves it, the next stop.
pub(super) struct Collector {
    parts: Vec<Part>,
}

#[derive(Clone, Default)]
struct Part {
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

/// What is gathered for one traveller, or for several who are alike.
pub(super) struct Member<'a> {
    pub words: &'a Words<'a>,
    collector: &'a mut Collector,
    ids: &'a [&'a str],
    lines: Vec<Line>,
    /// The part of the plan that is judged, and what was gathered of it.
    part: usize,
    gathered: Vec<Gathered<'a>>,
    /// Where in what was gathered a fence is found: once for each subject.
    of_fence: HashMap<FenceId, Vec<usize>>,
    indeterminate: Vec<Indeterminate>,
}

/// A finding while its fence may be touched again.
struct Gathered<'a> {
    finding: Finding,
    way: Option<Passages<'a>>,
}

impl Collector {
    /// For a plan of which nothing was judged yet.
    pub fn new(itinerary: &Itinerary) -> Self {
        // a watched plan may be over, and have no stop left
        Self { parts: vec![Part::default(); 2 * itinerary.stops.len().max(1)] }
    }

    /// Begins with travellers who are alike; end with [`Member::finish`].
    pub fn member<'a>(&'a mut self, ids: &'a [&'a str], words: &'a Words<'a>) -> Member<'a> {
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
        Member {
            words,
            collector: self,
            ids,
            lines,
            part: 0,
            gathered: vec![],
            of_fence: HashMap::new(),
            indeterminate: vec![],
        }
    }

    /// Everything gathered, in the order of the plan; of a part what governs first, then the gravest.
    pub fn finish(self, itinerary: &Itinerary) -> (Vec<Finding>, Vec<Indeterminate>) {
        let places: HashMap<&str, usize> = itinerary.party.iter().map(|(id, _)| id.as_str()).zip(0..).collect();
        let in_order = |travellers: &mut Vec<String>| travellers.sort_by_key(|id| places.get(id.as_str()));
        let (mut findings, mut indeterminate) = (Vec::new(), Vec::new());
        for mut part in self.parts {
            part.findings.sort_by_key(|finding| (!finding.governs, Reverse(finding.fence.severity)));
            part.findings.iter_mut().for_each(|finding| in_order(&mut finding.travellers));
            part.indeterminate.iter_mut().for_each(|entry| in_order(&mut entry.travellers));
            findings.append(&mut part.findings);
            indeterminate.append(&mut part.indeterminate);
        }
        (findings, indeterminate)
    }
}

impl<'a> Member<'a> {
    /// Goes on with a stop, by its place in the plan.
    pub fn at_stop(&mut self, stop: usize) {
        self.at(2 * stop);
    }

    /// Goes on with a leg.
    pub fn at_leg(&mut self, leg: &Leg) {
        self.at(2 * leg.from + 1);
    }

    /// What was gathered of the part before joins that of the others.
    fn at(&mut self, part: usize) {
        let Part { findings, indeterminate } = &mut self.collector.parts[self.part];
        for Gathered { mut finding, way, .. } in self.gathered.drain(..) {
            finding.way = way.map(Passages::way);
            join(findings, finding, self.ids, |finding| &mut finding.travellers);
        }
        self.of_fence.clear();
        for entry in self.indeterminate.drain(..) {
            join(indeterminate, entry, self.ids, |entry| &mut entry.travellers);
        }
        self.part = part;
    }

    /// Takes in what was judged of a subject, or of a stage of it.
    pub fn judged(
        &mut self,
        subject: &Subject,
        judgement: &Judgement,
        stage: Option<Stage<'a>>,
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
            travellers: vec![],
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
        let reason = Reason::from(gap.code);
        let code = &self.words.index.issuers().issuers[issuer].code;
        // a way through many areas meets the same gap in each of its stretches
        let is_known = self.indeterminate.iter().any(|entry| {
            (entry.reason, entry.issuer.as_ref(), &entry.detail) == (reason, Some(code), &gap.detail)
                && (&entry.subject, entry.source_pointer.as_str()) == (subject, pointer)
        });
        if !is_known {
            self.indeterminate(subject.clone(), Some(&[issuer]), reason, gap.detail.clone(), vec![], pointer);
        }
    }

    fn matched(
        &mut self,
        subject: &Subject,
        judged: &Judged,
        stage: Option<Stage<'a>>,
        transit: Option<Transit>,
        pointer: &str,
    ) {
        let stretch = stage.and_then(|stage| stage.stretch);
        let of_fence = self.of_fence.entry(judged.fence).or_default();
        let is_known = |&&i: &&usize| {
            let finding = &self.gathered[i].finding;
            (&finding.subject, finding.source_pointer.as_str()) == (subject, pointer)
        };
        if let Some(&known) = of_fence.iter().find(is_known) {
            self.gathered[known].extend(judged, stretch);
            return;
        }
        of_fence.push(self.gathered.len());
        let fence = self.words.index.fence(judged.fence);
        let finding = Finding {
            subject: subject.clone(),
            travellers: vec![],
            fence: self.words.fence(fence),
            verdict: judged.verdict,
            placement: judged.placed.placement.into(),
            from: judged.during.from,
            to: judged.during.to,
            way: None,
            usual_way: stage.and_then(|stage| stage.usual).map(str::to_owned),
            governs: judged.governs,
            stands: judged.stands,
            outranked_by: judged.outranked_by.clone(),
            exemption: judged.exemption.as_ref().map(|e| ExemptionWords::new(e, self.words.lang)),
            transit,
            legal_effects: self.words.legal_effects(judged),
            source_pointer: pointer.to_owned(),
        };
        let way = stretch.map(|stretch| Passages::new(stretch, judged));
        self.gathered.push(Gathered { finding, way });
    }

    /// The verdict of these travellers and what each of their issuers says; what was gathered joins that of the others.
    pub fn finish(mut self) -> (Verdict, Vec<Line>) {
        self.at(0);
        // nobody was asked, so nothing is known
        let start = if self.lines.is_empty() { Verdict::Indeterminate } else { Verdict::Clear };
        (self.lines.iter().map(|line| line.verdict).fold(start, Verdict::worse), self.lines)
    }
}

/// Adds what was gathered for some travellers: to what is the same but for whom it concerns, or as something new.
fn join<T: PartialEq>(
    gathered: &mut Vec<T>,
    mut new: T,
    ids: &[&str],
    travellers: impl Fn(&mut T) -> &mut Vec<String>,
) {
    let whom = ids.iter().map(|id| (*id).to_owned());
    for known in gathered.iter_mut() {
        let others = std::mem::take(travellers(known));
        let is_same = *known == new;
        *travellers(known) = others;
        if is_same {
            travellers(known).extend(whom);
            return;
        }
    }
    travellers(&mut new).extend(whom);
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

impl<'a> Gathered<'a> {
    /// Takes in that the same fence is touched again along the same way.
    fn extend(&mut self, judged: &Judged, stretch: Option<StretchOf<'a>>) {
        let finding = &mut self.finding;
        finding.from = finding.from.min(judged.during.from);
        finding.to = match (finding.to, judged.during.to) {
            (Some(a), Some(b)) => Some(a.max(b)),
            _ => None,
        };
        finding.verdict = finding.verdict.worse(judged.verdict);
        finding.governs |= judged.governs;
        finding.stands |= judged.stands;
        if finding.governs {
            finding.outranked_by = None;
        }
        if judged.placed.placement == geometry::Placement::Inside {
            finding.placement = judged.placed.placement.into();
        }
        if let (Some(passages), Some(stretch)) = (&mut self.way, stretch) {
            passages.extend(stretch, judged);
        }
    }
}
