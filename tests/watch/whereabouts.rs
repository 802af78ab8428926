//! From fixes to entries and exits: the cases of `tests/cases/watch/whereabouts.json`, and what holds for any fixes.

use std::path::Path;

use cordon::geometry::Position;
use cordon::matching::Whereabouts;
use cordon::matching::whereabouts::{Evidence, Surroundings};
use cordon::model::AdvisoryId;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use serde_json::{Value, json};

/// One degree of longitude on the equator, in kilometres.
const KM_PER_DEGREE: f64 = 111.32;

fn town() -> AdvisoryId {
    AdvisoryId::parse("kr-mofa:town").expect("an id")
}

fn instant(minutes: f64) -> Timestamp {
    let start: Timestamp = "2025-10-20T00:00:00Z".parse().expect("an instant");
    start + SignedDuration::from_secs_f64(minutes * 60.0)
}

fn place(km: f64) -> Position {
    place_within(km, 10.0)
}

fn place_within(km: f64, accuracy_m: f64) -> Position {
    Position::new(0.0, 10.0 + km / KM_PER_DEGREE).and_then(|p| p.with_accuracy(accuracy_m)).expect("a position")
}

fn around(says: Option<Evidence>) -> Surroundings {
    says.into_iter().map(|evidence| (town(), evidence)).collect()
}

fn is_inside(whereabouts: &Whereabouts) -> bool {
    whereabouts.inside().any(|(advisory, _)| advisory == &town())
}

/// A restart between any two fixes: what is remembered is what is written down.
fn restarted(whereabouts: &Whereabouts) -> Whereabouts {
    let text = serde_json::to_string(whereabouts).expect("written");
    serde_json::from_str(&text).expect("read again")
}

#[test]
fn every_case_holds() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/watch/whereabouts.json");
    let document: Value = serde_json::from_str(&std::fs::read_to_string(file).expect("the cases")).expect("JSON");
    let mut wrong = Vec::new();
    let cases = document["cases"].as_array().expect("cases");
    for case in cases {
        let mut whereabouts = Whereabouts::default();
        for fix in case["fixes"].as_array().expect("fixes") {
            let says = Some(&fix["says"]).filter(|says| *says != "outside");
            let says = says.map(|says| serde_json::from_value(says.clone()).expect("evidence"));
            let km = fix.get("km").map_or(0.0, |km| km.as_f64().expect("kilometres"));
            let accuracy_m = fix.get("accuracy_m").map_or(10.0, |m| m.as_f64().expect("metres"));
            let at = instant(fix["min"].as_f64().expect("minutes"));
            let taken = json!(whereabouts.take(place_within(km, accuracy_m), at, &around(says)));
            let expected = fix.get("taken").cloned().unwrap_or_else(|| json!("accepted"));
            if taken != expected || json!(is_inside(&whereabouts)) != fix["inside"] {
                wrong.push(format!("{}: at {} it is {taken}, and {whereabouts:?}", case["reason"], fix["min"]));
            }
            whereabouts = restarted(&whereabouts);
        }
    }
    assert!(cases.len() >= 15, "{} cases", cases.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_new_area_around_a_still_traveller_is_an_entry_at_once_and_a_withdrawal_an_exit() {
    let mut whereabouts = Whereabouts::default();
    whereabouts.take(place(0.0), instant(0.0), &around(None));
    assert!(!is_inside(&whereabouts));
    whereabouts.reconsider(&around(Some(Evidence::Possible)), |_| true, |_| true);
    assert!(is_inside(&whereabouts), "possible counts as inside");
    whereabouts.reconsider(&around(Some(Evidence::Near)), |_| true, |_| true);
    assert!(is_inside(&whereabouts), "an exit needs certainty, whoever moved");
    whereabouts.reconsider(&around(None), |_| false, |_| true);
    assert!(is_inside(&whereabouts), "an advisory that did not change is left alone");
    whereabouts.reconsider(&around(None), |_| true, |_| true);
    assert!(!is_inside(&whereabouts));
}

#[test]
fn a_raised_level_does_not_end_a_stay_whose_exit_is_not_certain() {
    let mut whereabouts = Whereabouts::default();
    whereabouts.take(place(0.0), instant(0.0), &around(Some(Evidence::Inside)));
    whereabouts.take(place(5.0), instant(5.0), &around(None));
    assert!(whereabouts.is_leaving());
    // same outline, other level: not around the last fix, since that moved away
    whereabouts.reconsider(&around(None), |_| true, |_| false);
    assert!(is_inside(&whereabouts));
}

#[test]
fn the_position_that_is_kept_is_rounded_and_never_better_than_it_was() {
    let exact = Position::new(13.658_051_7, 102.563_654_9).and_then(|p| p.with_accuracy(7.5)).expect("a position");
    let mut whereabouts = Whereabouts::default();
    whereabouts.take(exact, instant(0.0), &around(None));
    let kept = whereabouts.last().expect("a position").position().expect("sound");
    assert!((kept.lat() - 13.658).abs() < 1e-12 && (kept.lon() - 102.564).abs() < 1e-12, "{kept:?}");
    assert!(exact.distance_m(kept) + exact.accuracy_m() <= kept.accuracy_m());
    let text = serde_json::to_string(&whereabouts).expect("written");
    assert!(!text.contains("13.65805") && !text.contains("102.56365"), "{text}");
}

fn evidence() -> impl Strategy<Value = Option<Evidence>> {
    prop_oneof![Just(None), Just(Some(Evidence::Inside)), Just(Some(Evidence::Possible)), Just(Some(Evidence::Near))]
}

/// Fixes within a few kilometres, seconds to hours apart.
fn fixes() -> impl Strategy<Value = Vec<(f64, f64, Option<Evidence>)>> {
    proptest::collection::vec((0.01..90.0_f64, -3.0..3.0_f64, evidence()), 1..40).prop_map(|steps| {
        let mut minutes = 0.0;
        let at = |(step, km, says)| {
            minutes += step;
            (minutes, km, says)
        };
        steps.into_iter().map(at).collect()
    })
}

proptest! {
    #[test]
    fn late_and_repeated_fixes_change_nothing(
        fixes in fixes(),
        again in proptest::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>()), 0..40),
    ) {
        let mut plain = Whereabouts::default();
        let mut disturbed = Whereabouts::default();
        for (i, (minutes, km, says)) in fixes.iter().enumerate() {
            plain.take(place(*km), instant(*minutes), &around(*says));
            disturbed.take(place(*km), instant(*minutes), &around(*says));
            for (_, which) in again.iter().filter(|(after, _)| after.index(fixes.len()) == i) {
                let (minutes, km, says) = fixes[which.index(i + 1)];
                disturbed.take(place(km), instant(minutes), &around(says));
            }
            prop_assert_eq!(&plain, &disturbed);
        }
    }

    #[test]
    fn a_still_phone_never_leaves_while_some_fix_in_ten_minutes_is_not_outside(
        steps in proptest::collection::vec((0.1..1.9_f64, evidence()), 1..200),
    ) {
        // at least every fifth fix says that the phone may be inside
        let mut whereabouts = Whereabouts::default();
        whereabouts.take(place(0.0), instant(0.0), &around(Some(Evidence::Inside)));
        let mut minutes = 0.0;
        for (i, (step, says)) in steps.into_iter().enumerate() {
            minutes += step;
            let says = if i % 5 == 4 { Some(Evidence::Possible) } else { says };
            whereabouts.take(place(0.0), instant(minutes), &around(says));
            prop_assert!(is_inside(&whereabouts));
        }
    }
}
