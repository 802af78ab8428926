//! The real `kitinerary-extractor` on a mail whose only data is a boarding pass as its bar code reads (IATA resolution 792).

use cordon::format::document::kitinerary::Extractor;

use crate::support::{file, queries, told};

#[test]
fn a_boarding_pass_in_a_mail_goes_through_the_extractor() {
    let extractor = Extractor::find().expect("make tools installs it");
    let mail = file("extracted", "boarding-pass.eml");
    let query = queries("boarding-pass.eml", &mail, Some(&extractor)).expect("a plan").remove(0);
    assert_eq!(query.itinerary.reference.as_deref(), Some("ABC123"));
    let told = told(&query);
    assert_eq!(told.len(), 3, "{told:?}");
    // the pass says a day of the year, the mail which year
    assert!(told[0].contains("to 10-21 00:00 @ extracted: /0/reservationFor/departureAirport"), "{told:?}");
    assert!(query.notes.iter().any(|note| note.detail.contains("kitinerary-extractor")), "{:?}", query.notes);
}

#[test]
fn what_is_written_into_the_text_of_a_page_goes_through_the_extractor() {
    let extractor = Extractor::find().expect("make tools installs it");
    let page = file("extracted", "microdata.html");
    let query = queries("microdata.html", &page, Some(&extractor)).expect("a plan").remove(0);
    let told = told(&query);
    assert!(told.iter().any(|line| line.starts_with("Poipet 10-20 14:00 to 10-22 11:00")), "{told:?}");
    assert!(query.itinerary.stops.iter().all(|stop| stop.doubts.is_empty()), "{:?}", query.notes);
}

#[test]
fn without_the_extractor_the_mail_is_refused() {
    let issues = queries("boarding-pass.eml", &file("extracted", "boarding-pass.eml"), None).expect_err("no data");
    assert!(issues[0].detail.contains("no reservation"), "{issues:?}");
}

#[test]
fn what_is_no_document_is_refused_within_the_limits() {
    let extractor = Extractor::find().expect("make tools installs it");
    let noise: Vec<u8> = b"%PDF-1.7\n"
        .iter()
        .copied()
        .chain((0..200_000_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8))
        .collect();
    assert!(queries("noise.pdf", &noise, Some(&extractor)).is_err());
}
