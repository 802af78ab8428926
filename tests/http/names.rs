//! What callers name things by: a name that can be none is refused before a database sees it, the same on both.

use cordon::config::SecretUrl;
use serde_json::json;

use crate::databases::Database;
use crate::support::{NOW, TestApp, write_folder};

async fn app(db: &Database) -> TestApp {
    let folder = tempfile::TempDir::new().expect("a folder");
    write_folder(folder.path());
    TestApp::start_at(folder, NOW, |settings| settings.database_url = SecretUrl(db.setting().to_owned())).await
}

on_both! {
    async fn a_control_character_names_nothing(db: Database) {
        let app = app(&db).await;
        let ask = async |path: &str| app.send("GET", path, Some(&app.first_key), None).await;
        let nothing = "404 no_such_path: the paths are listed in /openapi.json";
        for list in ["travellers", "webhooks", "deliveries", "validations", "advisories", "regions"] {
            for sign in ["%00", "a%00b", "%1F"] {
                assert_eq!(ask(&format!("/v1/{list}/{sign}")).await.problem(), nothing, "{list} {sign}");
                let refused = ask(&format!("/v1/{list}?cursor={sign}")).await.problem();
                assert!(refused.starts_with("400 invalid_input invalid_parameter cursor: "), "{list} {sign}: {refused}");
            }
        }
        for below in ["itineraries", "subscriptions"] {
            let made = app.post("/v1/travellers", &json!({})).await.json();
            let path = format!("/v1/travellers/{}/{below}/%00", made["id"].as_str().expect("an id"));
            assert_eq!(app.send("GET", &path, made["token"].as_str(), None).await.problem(), nothing);
        }
        for name in ["webhook", "subscription"] {
            let refused = ask(&format!("/v1/deliveries?{name}=%00")).await.problem();
            assert_eq!(refused, format!("400 invalid_input invalid_parameter {name}: `{name}=\0`: it holds a control character, and names nothing"));
        }
    }

    async fn a_cursor_is_one_that_was_given(db: Database) {
        let app = app(&db).await;
        for list in ["travellers", "webhooks", "deliveries", "validations"] {
            let refused = app.send("GET", &format!("/v1/{list}?cursor=abc"), Some(&app.first_key), None).await;
            assert_eq!(refused.problem(), "400 invalid_input invalid_parameter cursor: `abc` is none that was given: take that of `next`", "{list}");
        }
        for _ in 0..3 {
            let made = app.send("POST", "/v1/travellers", Some(&app.first_key), Some(&json!({}))).await;
            assert_eq!(made.status, 201, "{}", made.text);
        }
        let (mut next, mut found) = (json!("/v1/travellers?limit=2"), vec![]);
        while let Some(path) = next.as_str() {
            let page = app.send("GET", path, Some(&app.first_key), None).await.json();
            found.push(page["travellers"].as_array().expect("a list").len());
            next = page["next"].clone();
        }
        assert_eq!(found, [2, 1]);
    }

    /// A text in a body that PostgreSQL cannot hold is the caller's mistake too.
    async fn a_text_that_cannot_be_stored_is_no_mistake_of_ours(db: Database) {
        let app = app(&db).await;
        let hook = json!({"channel": {"type": "webhook", "webhook": "a\0b"}});
        let made = app.send("POST", "/v1/travellers", Some(&app.first_key), Some(&json!({}))).await.json();
        let path = format!("/v1/travellers/{}/subscriptions", made["id"].as_str().expect("an id"));
        let refused = app.send("POST", &path, Some(&app.first_key), Some(&hook)).await;
        assert_eq!(refused.status, 400, "{}", refused.text);
    }
}
