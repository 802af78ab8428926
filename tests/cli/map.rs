//! `--map`: the page stands alone, shows everything the words say, and trusts no text.

use crate::cordon::{data, run_with};

const TRIP: &str = r#"{"party": [{"id": "p1", "nationalities": ["KR"]}],
 "stops": [{"id": "a", "place": {"lat": 13.5, "lon": 102.1, "name": "West <script>"}, "depart": "2025-11-01T08:00:00+07:00"},
           {"id": "b", "place": {"lat": 13.5, "lon": 102.9, "name": "East"}, "arrive": "2025-11-01T12:00:00+07:00", "depart": "2025-11-02"},
           {"id": "c", "place": {"lat": 13.1, "lon": 102.9, "name": "South"}, "arrive": "2025-11-02", "depart": "2025-11-03"},
           {"id": "d", "place": {"lat": 13.1, "lon": 102.1, "name": "Home"}, "arrive": "2025-11-03"}],
 "legs": [{"id": "l", "from": "a", "to": "b", "mode": "bus", "geometry": {"type": "LineString", "coordinates": [[102.1, 13.5], [102.5, 13.5], [102.9, 13.5]]}},
          {"id": "m", "from": "b", "to": "c", "mode": "car"},
          {"id": "n", "from": "c", "to": "d", "mode": "air"}]}"#;

fn page(name: &str) -> String {
    let folder = data(name);
    let map = folder.path().join("trip.html");
    let map = map.to_str().expect("UTF-8");
    let run = run_with(folder.path(), &["check", "-", "--as-of", "2025-11-01T00:00Z", "--map", map], &[], Some(TRIP));
    assert_eq!(run.code, 1, "{}{}", run.out, run.err);
    assert_eq!(run.err, format!("The map is in {map}\n"));
    std::fs::read_to_string(map).expect("a page")
}

#[test]
fn the_page_loads_nothing() {
    let page = page("offline");
    assert!(page.contains("default-src 'none'"));
    for tag in ["<script", "<link", "<img", "<iframe", "<image", "@import", "src=", "url(http", "xlink:href"] {
        assert!(!page.contains(tag), "{tag} would load something");
    }
    // addresses only stand in links that a reader may follow, and in words
    let loads = page.match_indices("=\"http").filter(|(i, _)| !page[..*i].ends_with("<a href"));
    assert_eq!(loads.count(), 0);
}

#[test]
fn the_page_shows_ways_fences_parts_inside_and_stops() {
    let page = page("shown");
    for piece in [
        r#"class="way given""#,
        r#"class="way air""#,
        r#"class="way unknown""#,
        r#"<path class="mark" d="M"#,
        "way not known (straight line)",
        "4 · Travel ban · 여행금지",
        "Country outlines for orientation, not authoritative.",
        "prefers-color-scheme: dark",
        ">East</span>",
        "#000000",
    ] {
        assert!(page.contains(piece), "{piece:?} is missing");
    }
}

#[test]
fn findings_and_picture_link_to_each_other() {
    let page = page("links");
    let ids: Vec<&str> = page.split(" id=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    let targets = page.split("href=\"#").skip(1).filter_map(|rest| rest.split('"').next());
    let mut count = 0;
    for target in targets {
        count += 1;
        assert!(ids.contains(&target), "#{target} leads nowhere");
    }
    assert!(count > 10);
    let mut unique = ids.clone();
    unique.sort_unstable();
    unique.dedup();
    assert_eq!(unique.len(), ids.len(), "ids are unique");
}

#[test]
fn texts_cannot_become_markup() {
    let page = page("escaped");
    assert!(!page.contains("<script>") && !page.contains("<b>at all") && !page.contains("<town>"));
    assert!(page.contains("West &#60;script&#62;") && page.contains("Poipet &#60;town&#62;"), "names are still shown");
}

#[test]
fn a_page_that_cannot_be_written_is_an_error() {
    let folder = data("unwritable");
    let run = run_with(folder.path(), &["check", "-", "--map", "/nowhere/trip.html"], &[], Some(TRIP));
    assert_eq!(run.code, 2);
    assert!(run.err.contains("cannot write /nowhere/trip.html"), "{}", run.err);
}
