//! How flapping is judged: a noisy phone for a day on the border of Poipet, and a bus through it whose fixes lie now and then.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use cordon::geometry::{Limits, Line, Position};
use cordon::live::Snapshot;
use cordon::matching::judge::Question;
use cordon::matching::{FenceIndex, Whereabouts, diff, whereabouts};
use cordon::model::{CountryCode, MatchSet, Severity, Transition, Traveller};
use jiff::{SignedDuration, Timestamp};

use crate::bundled;

/// The ban of 15 October 2025 is in force.
const START: &str = "2025-10-17T00:00:00Z";

fn bundled() -> Arc<Snapshot> {
    static SNAPSHOT: OnceLock<Arc<Snapshot>> = OnceLock::new();
    let open = || bundled::open(START.parse().expect("an instant")).snapshot();
    Arc::clone(SNAPSHOT.get_or_init(open))
}

/// A small generator, so that a run can be repeated by its seed (xorshift64*).
struct Dice(u64);

impl Dice {
    fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    #[allow(clippy::cast_precision_loss)]
    fn share(&mut self) -> f64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn between(&mut self, from: f64, to: f64) -> f64 {
        from + self.share() * (to - from)
    }

    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)] // small counts
    fn below(&mut self, count: usize) -> usize {
        (self.share() * count as f64) as usize
    }

    /// Metres east and north of an error whose radius holds two cases of three.
    fn error(&mut self, radius_m: f64) -> (f64, f64) {
        let sigma = radius_m / 1.515;
        let length = sigma * (-2.0 * (1.0 - self.share()).ln()).sqrt();
        let (sin, cos) = self.between(0.0, std::f64::consts::TAU).sin_cos();
        (length * cos, length * sin)
    }
}

fn moved(from: Position, (east_m, north_m): (f64, f64), accuracy_m: f64) -> Position {
    let lat = from.lat() + north_m / 111_320.0;
    let lon = from.lon() + east_m / (111_320.0 * from.lat().to_radians().cos());
    Position::new(lat, lon).and_then(|p| p.with_accuracy(accuracy_m)).expect("nearby")
}

/// A Korean's phone, and what it made happen about Poipet and about the areas around it.
struct Phone {
    whereabouts: Whereabouts,
    matches: MatchSet,
    transitions: Vec<(Timestamp, Transition)>,
}

impl Phone {
    fn new() -> Self {
        Self { whereabouts: Whereabouts::default(), matches: MatchSet::new(), transitions: Vec::new() }
    }

    fn report(&mut self, fix: Position, at: Timestamp) {
        let snapshot = bundled();
        let traveller =
            Traveller { nationalities: vec![CountryCode::parse("KR").expect("a code")], ..Traveller::default() };
        let issuers = snapshot.index.issuers_for(&traveller, &[]).expect("none is named");
        let question =
            Question { traveller: &traveller, issuers: &issuers, as_of: at, max_age: FenceIndex::DEFAULT_MAX_AGE };
        let around = whereabouts::around(&snapshot.index, fix, at, &question);
        self.whereabouts.take(fix, at, &around);
        let matches = whereabouts::concerns(&snapshot.index, self.whereabouts.inside(), at, &question);
        let new = diff(&self.matches, &matches);
        self.transitions.extend(new.into_iter().map(|transition| (at, transition)));
        self.matches = matches;
    }

    /// How often Poipet was entered, and how often left.
    fn poipet(&self) -> (usize, usize) {
        let of = |transition: &&(Timestamp, Transition)| transition.1.advisory().as_str() == "kr-mofa:kh-poipet";
        let entered = |t: &&(Timestamp, Transition)| matches!(t.1, Transition::Entered { .. });
        let exited = |t: &&(Timestamp, Transition)| matches!(t.1, Transition::Exited { .. });
        let all = || self.transitions.iter().filter(of);
        (all().filter(entered).count(), all().filter(exited).count())
    }

    /// Everything somebody with the mildest subscription would have been told: entries, exits, and what began to govern.
    fn told(&self) -> usize {
        let governs = |t: &Transition| match t {
            Transition::Entered { after, .. } | Transition::Changed { after, .. } => after.governs,
            // an exit is told to those who were told of the entry
            Transition::Exited { before, .. } => before.governs,
            Transition::Upcoming { .. } | Transition::Cancelled { .. } => true,
        };
        let grave = |t: &Transition| {
            t.after().or(t.before()).is_some_and(|key| key.severity >= Severity::try_from(3).expect("in range"))
        };
        self.transitions.iter().filter(|(_, t)| governs(t) && grave(t)).count()
    }
}

/// A place at the gate of Poipet, on the drawn outline or some metres off it.
fn border(dice: &mut Dice) -> Position {
    let snapshot = bundled();
    let gate = Position::new(13.661_9, 102.549_7).expect("the gate");
    let poipet = cordon::model::AdvisoryId::parse("kr-mofa:kh-poipet").expect("an id");
    let at: Timestamp = START.parse().expect("an instant");
    let fence = whereabouts::fence_in_force(&snapshot.index, &poipet, at, at).expect("the ban is in force");
    let margin = snapshot.index.shapes().margin(snapshot.index.fence(fence).shape, gate);
    let nearest = margin.nearest.expect("a border");
    moved(nearest, (dice.between(-150.0, 150.0), dice.between(-150.0, 150.0)), 0.0)
}

/// A phone lies still: most fixes are as good as they say, some are of a mast kilometres away and do not say so, some come twice or late.
fn lie_still(seed: u64) -> Phone {
    let mut dice = Dice::new(seed);
    let home = border(&mut dice);
    let mut phone = Phone::new();
    let start: Timestamp = START.parse().expect("an instant");
    let mut seconds = 0.0;
    let mut old = Vec::new();
    while seconds < 24.0 * 3600.0 {
        seconds += dice.between(20.0, 240.0);
        let at = start + SignedDuration::from_secs_f64(seconds);
        let accuracy_m = dice.between(5.0, 120.0);
        let lies = dice.share() < 0.05;
        let radius_m = if lies { dice.between(1_000.0, 30_000.0) } else { accuracy_m };
        let error = dice.error(radius_m);
        let fix = moved(home, error, accuracy_m);
        phone.report(fix, at);
        old.push((fix, at));
        if dice.share() < 0.1 {
            let (fix, at) = old[dice.below(old.len())];
            phone.report(fix, at);
        }
    }
    assert!(old.len() > 500);
    phone
}

#[test]
fn a_noisy_phone_on_the_border_for_a_day_enters_at_most_once_and_never_leaves() {
    for seed in 0..8 {
        let phone = lie_still(seed);
        let (entered, exited) = phone.poipet();
        assert!(
            entered <= 1 && exited == 0,
            "seed {seed}: {entered} entered, {exited} exited: {:?}",
            phone.transitions
        );
        // nor do the areas around it flicker
        assert!(phone.told() <= 2, "seed {seed}: {:?}", phone.transitions);
    }
}

/// A phone lies still some way outside of Poipet, and every few minutes its fix is of a mast or of the network.
fn lie_outside(seed: u64, distance_m: f64, accuracies_m: &[f64]) -> Phone {
    let mut dice = Dice::new(seed);
    let snapshot = bundled();
    let poipet = cordon::model::AdvisoryId::parse("kr-mofa:kh-poipet").expect("an id");
    let start: Timestamp = START.parse().expect("an instant");
    let fence = whereabouts::fence_in_force(&snapshot.index, &poipet, start, start).expect("the ban is in force");
    let shape = snapshot.index.fence(fence).shape;
    let margin_m = |home: Position| snapshot.index.shapes().margin(shape, home).signed_m;
    // southwards from the middle, as far as it takes
    let south = |metres: f64| moved(Position::new(13.6, 102.6).expect("south of it"), (0.0, -metres), 0.0);
    let home = (0..4_000).map(|i| south(f64::from(i) * 5.0)).find(|home| margin_m(*home) >= distance_m);
    let home = home.expect("a place so far away");
    let mut phone = Phone::new();
    let mut seconds = 0.0;
    while seconds < 24.0 * 3600.0 {
        seconds += dice.between(60.0, 180.0);
        let accuracy_m = accuracies_m[dice.below(accuracies_m.len())];
        let fix = moved(home, dice.error(accuracy_m), accuracy_m);
        phone.report(fix, start + SignedDuration::from_secs_f64(seconds));
    }
    phone
}

#[test]
fn a_still_phone_outside_with_fixes_of_masts_is_never_told_that_it_came_in() {
    let phone = [8.0, 15.0, 30.0, 60.0];
    let network = [8.0, 15.0, 30.0, 60.0, 200.0, 800.0];
    let masts = [8.0, 15.0, 30.0, 60.0, 200.0, 800.0, 2_500.0];
    // the outline is good to 500 m: farther than that and the best of the fixes, nobody is in doubt
    for distance_m in [600.0, 800.0, 1_200.0, 2_000.0, 3_000.0] {
        for (seed, accuracies_m) in (0..).zip([&phone[..], &network, &masts, &masts]) {
            let phone = lie_outside(seed, distance_m, accuracies_m);
            assert_eq!(phone.poipet(), (0, 0), "{distance_m} m, seed {seed}: {:?}", phone.transitions);
            // the province around it begins and stays
            assert!(phone.told() <= 2, "{distance_m} m, seed {seed}: {:?}", phone.transitions);
        }
    }
}

/// Along the road from Thailand through Poipet to Sisophon, a bus with the fixes of a phone by its window.
fn ride(seed: u64) -> Phone {
    let mut dice = Dice::new(seed);
    let road = std::fs::read_to_string(
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/trips/bangkok-siem-reap-bus.json"),
    )
    .expect("the trip");
    let road: serde_json::Value = serde_json::from_str(&road).expect("JSON");
    let geometry = &road["legs"][0]["geometry"];
    let road = Line::from_geojson(geometry, &Limits::default(), cordon::geometry::Edges::Planar).expect("the road");
    let mut phone = Phone::new();
    let start: Timestamp = START.parse().expect("an instant");
    let (mut seconds, mut metres) = (0.0, 150_000.0);
    while metres < 340_000.0 {
        let step = dice.between(15.0, 90.0);
        seconds += step;
        metres += step * dice.between(8.0, 22.0);
        let at = start + SignedDuration::from_secs_f64(seconds);
        let accuracy_m = dice.between(5.0, 80.0);
        let here = road.point_at_m(metres);
        // one fix in fifteen is where the bus was a while ago, or far away, and says that it is exact
        let fix = match dice.share() {
            lie if lie < 0.03 => moved(road.point_at_m(metres - dice.between(2_000.0, 25_000.0)), (0.0, 0.0), 10.0),
            lie if lie < 0.066 => moved(here, dice.error(60_000.0), 10.0),
            _ => moved(here, dice.error(accuracy_m), accuracy_m),
        };
        phone.report(fix, at);
    }
    phone
}

#[test]
fn a_bus_through_poipet_enters_once_and_leaves_once() {
    for seed in 0..32 {
        let phone = ride(seed);
        assert_eq!(phone.poipet(), (1, 1), "seed {seed}: {:?}", phone.transitions);
    }
}
