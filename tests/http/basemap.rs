//! The operator's own tiles: told to the page, served in pieces, the one host named in its policy, nonsense refused at the start.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use cordon::app::App;
use cordon::clock::Manual;
use cordon::config::{SettingArgs, Settings, Tiles};
use serde_json::json;
use tempfile::TempDir;

use crate::support::{Answer, NOW, TestApp};

/// As long as a header with bytes behind it, that can be told apart.
fn archive(folder: &Path, kind: u8) -> PathBuf {
    let mut bytes = b"PMTiles\x03".to_vec();
    bytes.extend((8_u16..1000).map(|i| u8::try_from(i % 251).expect("a byte")));
    bytes[99] = kind;
    let path = folder.join(format!("tiles-{kind}.pmtiles"));
    std::fs::write(&path, bytes).expect("written");
    path
}

fn connect(policy: &str) -> &str {
    policy.split(';').map(str::trim).find(|part| part.starts_with("connect-src")).unwrap_or_default()
}

#[tokio::test]
async fn an_archive_in_a_file_is_served_in_the_pieces_that_are_asked_for() {
    let folder = TempDir::new().expect("a folder");
    let path = archive(folder.path(), 2);
    let bytes = std::fs::read(&path).expect("the archive");
    let app = TestApp::start_with(|settings| {
        settings.tiles = Tiles::File(path.clone());
        settings.tiles_attribution = "© somebody".to_owned();
    })
    .await;
    let told = app.get("/v1/basemap").await;
    assert_eq!(
        told.json(),
        json!({"kind": "archive", "url": "/basemap.pmtiles", "attribution": "© somebody"}),
        "{}",
        told.text
    );
    assert_eq!(connect(app.get("/").await.header("content-security-policy")), "connect-src 'self'");

    let ask = async |headers: &[(&'static str, &str)]| {
        let request = app.client.get(app.url("/basemap.pmtiles")).header("accept-encoding", "gzip");
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        let response = request.send().await.expect("an answer");
        let header = |name: &str| response.headers().get(name).map(|value| value.to_str().expect("text").to_owned());
        let (status, range, tag) = (response.status().as_u16(), header("content-range"), header("etag"));
        assert_eq!(header("content-encoding"), None);
        (status, range, tag.unwrap_or_default(), response.bytes().await.expect("a body").to_vec())
    };
    let (status, range, tag, whole) = ask(&[]).await;
    assert_eq!((status, range, &whole), (200, None, &bytes));
    for (asked, from, to) in [("bytes=0-126", 0, 127), ("bytes=990-2000", 990, 1000), ("bytes=-10", 990, 1000)] {
        let (status, range, same, part) = ask(&[("range", asked)]).await;
        let expected = Some(format!("bytes {from}-{}/1000", to - 1));
        assert_eq!((status, range, &*part, &same), (206, expected, &bytes[from..to], &tag), "{asked}");
    }
    let other = [("range", "bytes=0-9"), ("if-range", "\"another\"")];
    assert_eq!(ask(&other).await.3.len(), 1000, "a part of another archive is of no use");
    assert_eq!(ask(&[("range", "bytes=0-9"), ("if-range", &tag)]).await.3.len(), 10);
    let known = ask(&[("if-none-match", &tag)]).await;
    assert_eq!((known.0, known.3.len()), (304, 0));

    let behind = Answer::of(app.client.get(app.url("/basemap.pmtiles")).header("range", "bytes=1000-")).await;
    assert_eq!(behind.problem(), "416 out_of_range: there are 1000 bytes");
    assert_eq!(behind.header("content-range"), "bytes */1000");
    let head = Answer::of(app.client.head(app.url("/basemap.pmtiles"))).await;
    assert_eq!((head.status, head.header("content-length"), head.header("accept-ranges")), (200, "1000", "bytes"));
}

#[tokio::test]
async fn the_page_may_ask_the_one_host_that_tiles_come_from_and_no_other_page_may() {
    for (written, kind) in [
        ("https://tiles.example.org/{z}/{x}/{y}.png", "raster"),
        ("https://tiles.example.org/{z}/{x}/{y}.mvt", "vector"),
        ("https://tiles.example.org/world.pmtiles", "archive"),
    ] {
        let tiles = Tiles::parse(written).expect("tiles");
        let app = TestApp::start_with(|settings| settings.tiles = tiles).await;
        assert_eq!(app.get("/v1/basemap").await.json(), json!({"kind": kind, "url": written, "attribution": null}));
        let page = app.get("/").await;
        let policy = page.header("content-security-policy");
        assert_eq!(connect(policy), "connect-src 'self' https://tiles.example.org");
        assert_eq!(policy.matches("example.org").count(), 1, "{policy}");
        let list = app.get("/advisories").await;
        assert_eq!(list.header("content-security-policy"), policy.replace(" https://tiles.example.org", ""));
        assert_eq!(app.get("/basemap.pmtiles").await.status, 404);
    }
}

#[tokio::test]
async fn without_tiles_there_is_nothing_to_fetch() {
    let app = TestApp::start().await;
    assert_eq!(app.get("/v1/basemap").await.json(), json!({"kind": "bundled", "url": null, "attribution": null}));
    assert_eq!(app.get("/basemap.pmtiles").await.problem(), "404 no_such_path: the paths are listed in /openapi.json");
}

#[tokio::test]
async fn what_is_no_archive_keeps_the_service_from_starting() {
    let folder = TempDir::new().expect("a folder");
    let file = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).expect("written");
        Tiles::File(path)
    };
    let wrong = [
        (file("text.pmtiles", b"no archive at all"), "it is no PMTiles archive of version 3"),
        (
            file("old.pmtiles", &[b"PMTiles\x02".as_slice(), &[0; 200]].concat()),
            "it is no PMTiles archive of version 3",
        ),
        (
            Tiles::File(archive(folder.path(), 0)),
            "its tiles are neither vector tiles (MVT) nor PNG, JPEG, WebP or AVIF pictures",
        ),
        (Tiles::File(folder.path().join("none.pmtiles")), "No such file or directory (os error 2)"),
        (Tiles::File(folder.path().to_owned()), "Is a directory (os error 21)"),
    ];
    for (tiles, why) in wrong {
        let Tiles::File(path) = tiles.clone() else { unreachable!() };
        assert_eq!(refused(&folder, |settings| settings.tiles = tiles).await, format!("{}: {why}", path.display()));
    }
    let insecure = refused(&folder, |settings| {
        settings.public_url = "https://cordon.example.org/".to_owned();
        settings.tiles = Tiles::parse("http://tiles.example.org/{z}/{x}/{y}.png").expect("tiles");
    });
    assert_eq!(
        insecure.await,
        "http://tiles.example.org is not https, and browsers load nothing from it into https://cordon.example.org/"
    );
}

/// Why a service with these settings does not start.
async fn refused(folder: &TempDir, change: impl FnOnce(&mut Settings)) -> String {
    let mut settings = Settings::resolve_from(&SettingArgs::default(), &|_| None).expect("defaults");
    settings.listen = "127.0.0.1:0".parse().expect("an address");
    settings.regions = folder.path().to_owned();
    settings.data_dir = folder.path().join("data");
    change(&mut settings);
    let clock = Arc::new(Manual::new(NOW.parse().expect("an instant")));
    let error = App::bind(settings, clock).await.err().expect("it does not start").to_string();
    error.strip_prefix("the map tiles cannot be used: ").expect("about the tiles").to_owned()
}
