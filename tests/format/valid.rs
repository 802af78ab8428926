//! What each format says, as one plan: places, local times, ways, and where in the document each part is.

use cordon::model::Verdict;

use crate::support::{answer, check, file, queries, told};

fn plan(name: &str) -> Vec<String> {
    let queries = queries(name, &file("valid", name), None).unwrap_or_else(|e| panic!("{name}: {e:?}"));
    queries.iter().flat_map(told).collect()
}

#[test]
fn the_same_bus_in_every_form_of_json_ld() {
    for (name, at) in [
        ("google-bus.jsonld", ""),
        ("bus.html", "script 1: "),
        ("bus.eml", "part 3: script 1: "),
        ("kde.ics", "line 4: X-KDE-KITINERARY-RESERVATION/0"),
    ] {
        let trip = format!("{at}/reservationFor");
        assert_eq!(
            plan(name),
            [
                format!("Bangkok 10-19 08:00 to 10-20 08:00 @ {trip}/departureBusStop"),
                format!("  bus @ {trip}"),
                format!("Siem Reap 10-20 18:00 to 10-21 18:00 @ {trip}/arrivalBusStop"),
            ],
            "{name}"
        );
        let answer = answer(name, &file("valid", name)).expect("an answer");
        assert_eq!(answer.verdict, Verdict::Prohibited, "{name}: the usual way runs through Poipet");
        let banned = answer.findings.iter().find(|finding| finding.verdict == Verdict::Prohibited).expect("a finding");
        assert_eq!(banned.source_pointer, trip, "{name}");
    }
}

#[test]
fn a_graph_of_one_reservation_a_person_is_one_flight_for_both() {
    let queries = queries("x.jsonld", &file("valid", "google-flight-graph.jsonld"), None).expect("plans");
    let [query] = &queries[..] else { panic!("{queries:?}") };
    assert_eq!(query.itinerary.party.len(), 2);
    assert_eq!(query.itinerary.legs.len(), 1);
    let notes: Vec<&str> = query.notes.iter().map(|note| note.pointer.as_str()).collect();
    assert_eq!(notes, ["/@graph/2"], "a cancelled hotel is said to be left out: {:?}", query.notes);
    assert_eq!(check(query).verdict, Verdict::Notice, "a flight over a ban is no entry");
}

#[test]
fn kitinerary_writes_zones_and_coordinates() {
    assert_eq!(
        plan("kitinerary.json"),
        [
            "Bangkok 10-19 08:00 to 10-20 08:00 @ /0/reservationFor/departureAirport",
            "  air @ /0/reservationFor",
            "Siem Reap Angkor 10-20 09:10 to 10-20 15:00 @ /0/reservationFor/arrivalAirport",
            "  unknown @ /1",
            "House in Siem Reap 10-20 15:00 to 10-23 11:00 @ /1",
        ]
    );
}

#[test]
fn a_calendar_is_read_by_its_places_and_zones() {
    assert_eq!(
        plan("places.ics"),
        [
            "Bangkok 10-20 08:00 to 10-20 09:00 @ line 4",
            "  unknown @ line 12",
            "Poipet 10-21 00:00 to 10-23 00:00 @ line 12",
        ]
    );
    let answer = answer("places.ics", &file("valid", "places.ics")).expect("an answer");
    assert_eq!(answer.verdict, Verdict::Prohibited);
    assert_eq!(answer.notes.len(), 1, "the call without a place is said to be left out: {:?}", answer.notes);
}

#[test]
fn ways_are_read_from_every_form_of_line() {
    for name in ["road.gpx", "road.geojson", "polyline-5.json", "polyline-6.json", "mixed-group.csv"] {
        let text = file("valid", name);
        let answer = answer(name, &text).unwrap_or_else(|e| panic!("{name}: {e:?}"));
        assert_eq!(answer.verdict, Verdict::Prohibited, "{name}");
        let banned = answer.findings.iter().find(|f| f.verdict == Verdict::Prohibited).expect("a finding");
        let inside_km = banned.way.as_ref().expect("a way").inside_m / 1000.0;
        assert!((24.0..25.0).contains(&inside_km), "{name}: {inside_km}");
    }
    // a route has no times: it may be driven at any time from now on, and now it is forbidden
    assert_eq!(answer("route.gpx", &file("valid", "route.gpx")).expect("an answer").verdict, Verdict::Prohibited);
}

#[test]
fn everybody_of_a_mixed_group_hears_their_own_issuers() {
    let answer = answer("mixed-group.csv", &file("valid", "mixed-group.csv")).expect("an answer");
    let of = |traveller: &str| {
        let member = answer.party.iter().find(|member| member.traveller == traveller).expect("a member");
        member.issuers.iter().map(|line| line.issuer.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(of("1"), ["kr-mofa"]);
    assert!(!of("2").contains(&"kr-mofa".to_owned()), "{:?}", of("2"));
    let both: Vec<String> = of("3");
    assert!(both.contains(&"kr-mofa".to_owned()) && of("2").iter().all(|issuer| both.contains(issuer)), "{both:?}");
}

#[test]
fn a_korean_table_in_cp949_with_semicolons() {
    assert_eq!(
        plan("korean.csv"),
        [
            "Suvarnabhumi Airport 10-19 08:00 to 10-20 08:00 @ row 2, column \"출발지\"",
            "  air @ row 2",
            "Siem Reap Angkor International Airport 10-20 09:10 to 10-21 00:00 @ row 2, column \"도착지\"",
            "  unknown @ row 3, column \"출발지\"",
            "Siem Reap 10-20 00:00 to 10-24 00:00 @ row 3, column \"출발지\"",
        ]
    );
}

#[test]
fn orders_have_local_times_and_passports() {
    let text = file("valid", "duffel.json");
    let query = queries("duffel.json", &text, None).expect("plans").remove(0);
    assert_eq!(query.itinerary.reference.as_deref(), Some("RZPNX8"));
    let assumed: Vec<&str> = query.notes.iter().map(|note| note.pointer.as_str()).collect();
    assert_eq!(assumed, ["/data/passengers/0"], "the issuer of the passport stands in, and that is said");
    assert_eq!(query.itinerary.party[0].0, "pas_1");
    assert_eq!(query.itinerary.stops.len(), 3, "{:?}", told(&query));
    let query = queries("amadeus.json", &file("valid", "amadeus.json"), None).expect("plans").remove(0);
    let nationalities: Vec<String> =
        query.itinerary.party.iter().map(|(_, t)| format!("{:?}", t.nationalities)).collect();
    assert_eq!(nationalities, ["[KR]", "[DE]"], "D on a passport is Germany");
    assert_eq!(query.notes.len(), 1);
    assert_eq!(query.itinerary.legs[0].pointer, "/data/flightOffers/0/itineraries/0/segments/0");
}
