//! The description of the interface is part of the contract: it changes only on purpose.

use crate::support::TestApp;

/// Where the description lies that was agreed on. `CORDON_UPDATE=1 cargo test --test http openapi` writes it anew.
const AGREED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/http/openapi.json");

#[tokio::test]
async fn the_description_is_the_one_agreed_on() {
    let app = TestApp::start().await;
    let served = app.get("/openapi.json").await;
    assert_eq!(served.json()["openapi"].as_str().expect("a version").split_at(3).0, "3.1");
    if std::env::var_os("CORDON_UPDATE").is_some() {
        std::fs::write(AGREED, &served.text).expect("written");
    }
    let agreed = std::fs::read_to_string(AGREED).unwrap_or_default();
    assert!(
        agreed == served.text,
        "the interface has changed; if that is meant, write the description anew (see {AGREED})"
    );
}

#[tokio::test]
async fn every_operation_tells_what_can_go_wrong() {
    let app = TestApp::start().await;
    let document = app.get("/openapi.json").await.json();
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("operations") {
            assert!(
                operation["summary"].is_string() && operation["operationId"].is_string(),
                "{method} {path} has no summary or id"
            );
            if path.starts_with("/v1/") {
                let responses = operation["responses"].as_object().expect("responses");
                assert!(
                    responses.keys().any(|status| status.starts_with('2')),
                    "{method} {path} does not tell what it answers"
                );
                for status in ["400", "503", "default"] {
                    assert!(responses.contains_key(status), "{method} {path} does not tell of {status}");
                }
            }
        }
    }
}

#[tokio::test]
async fn the_page_to_read_it_on_loads_nothing_from_elsewhere() {
    let app = TestApp::start().await;
    let page = app.get("/docs/").await;
    assert_eq!(page.status, 200);
    assert!(page.text.contains("swagger-ui"));
    assert!(!page.text.contains("//cdn") && !page.text.contains("https://"), "{}", page.text);
    assert!(page.header("content-security-policy").starts_with("default-src 'self'"));
    assert!(app.get("/docs/swagger-initializer.js").await.text.contains("/openapi.json"));
}
