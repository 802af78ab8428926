//! The real `kitinerary-extractor`, where it is installed, on a boarding pass as its bar code reads (IATA resolution 792).

use cordon::format::document::kitinerary::Extractor;

use crate::support::queries;

#[test]
fn a_paper_goes_through_the_extractor() {
    let Some(extractor) = Extractor::find() else {
        // scripts/test-tools.sh installs it where the system has it
        return;
    };
    let page = "<html><body><p>Your boarding pass</p><p>M1TRAVELLER/ONE       EABC123 BKKREPXX 0610 293Y012A0001 100</p></body></html>";
    let mail = format!(
        "From: a@example.org\r\nTo: b@example.org\r\nDate: Wed, 01 Oct 2025 09:00:00 +0700\r\nMessage-ID: <2@example.org>\r\n\
         MIME-Version: 1.0\r\nSubject: boarding\r\nContent-Type: text/html; charset=utf-8\r\n\r\n{page}\r\n"
    );
    // whether it finds a flight in so little is the extractor's affair; that it ends within its limits is ours
    match queries("boarding.eml", mail.as_bytes(), Some(&extractor)) {
        Ok(plans) => assert!(plans[0].notes.iter().any(|note| note.detail.contains("kitinerary-extractor"))),
        Err(issues) => assert!(issues[0].detail.starts_with("no journey"), "{issues:?}"),
    }
}
