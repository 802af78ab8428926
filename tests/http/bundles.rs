//! Bundles: signed, the same until the fences change, and about countries that are known.

use cordon::format::evidence::{PublicKey, verify};

use crate::support::{TestApp, write_advisories};

#[tokio::test]
async fn a_bundle_is_signed_with_the_key_of_the_service_and_kept_by_its_tag() {
    let app = TestApp::start().await;
    let bundle = app.get("/v1/bundles/KH").await;
    assert_eq!(bundle.status, 200, "{}", bundle.text);
    let key = app.get("/v1/evidence/key").await.json();
    let key = PublicKey::from_pem(key["pem"].as_str().expect("a key")).expect("a key");
    let (evidence, _) = verify(bundle.text.as_bytes(), Some(&key)).expect("it is what the service signed");
    let statement = evidence.statement;
    assert_eq!((statement["type"].as_str(), statement["country"].as_str()), (Some("cordon-bundle"), Some("KH")));
    let advisories: Vec<_> =
        statement["advisories"].as_array().expect("advisories").iter().map(|one| one["advisory"].clone()).collect();
    assert_eq!(advisories, ["kr-mofa:kh", "kr-mofa:kh-town", "us-state:kh-east"]);

    let tag = bundle.header("etag").to_owned();
    let again =
        app.client.get(app.url("/v1/bundles/khm")).header("if-none-match", &tag).send().await.expect("an answer");
    assert_eq!(again.status(), 304, "the same country by its longer code, unchanged");

    // another level for the town: another bundle, of another epoch
    write_advisories(app.folder.path(), "1");
    assert!(app.reloader.reload().await);
    let changed =
        app.client.get(app.url("/v1/bundles/KH")).header("if-none-match", &tag).send().await.expect("an answer");
    assert_eq!(changed.status(), 200);
    let changed: serde_json::Value = serde_json::from_str(&changed.text().await.expect("a body")).expect("JSON");
    assert!(changed["statement"]["epoch"].as_u64() > statement["epoch"].as_u64());
}

#[tokio::test]
async fn what_is_no_country_or_has_no_outline_is_not_found() {
    let app = TestApp::start().await;
    for (path, problem) in [
        ("/v1/bundles/DE", "404 not_found: there is no country with an outline `DE`"),
        ("/v1/bundles/Cambodia", "404 not_found: there is no country `Cambodia`"),
    ] {
        assert_eq!(app.get(path).await.problem(), problem);
    }
    // a position has no place in the question, not even by mistake
    assert_eq!(app.get("/v1/bundles/KH?lat=10.5&lon=100.5").await.status, 400);
}
