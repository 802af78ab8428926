//! The operator's own map tiles: a PMTiles archive, here or elsewhere, or a template of addresses.

use std::path::PathBuf;

use url::Url;

/// Where the page's basemap comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Tiles {
    /// The outlines that the page brings along.
    #[default]
    Bundled,
    /// An archive in a file, served by this service.
    File(PathBuf),
    /// An archive on another host.
    Archive(Elsewhere),
    /// Pictures, by zoom, column and row.
    Pictures(Elsewhere),
    /// Vector tiles, by zoom, column and row.
    Vectors(Elsewhere),
}

/// An address on another host, as written, and the one origin that the page may therefore ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Elsewhere {
    /// The address, or the template.
    pub url: String,
    /// Its scheme, host and port.
    pub origin: String,
}

/// What a template holds, each once.
const PARTS: [&str; 3] = ["{z}", "{x}", "{y}"];

impl Tiles {
    /// Reads the setting. Whether a file is an archive is seen when it is opened.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if text.is_empty() || text == "none" {
            return Ok(Self::Bundled);
        }
        if !text.contains("://") {
            // a template without a host would be taken for a file that is missing
            return if text.contains('{') { Err(NEITHER.to_owned()) } else { Ok(Self::File(text.into())) };
        }
        let url = Url::parse(text).map_err(|e| format!("it is no address: {e}"))?;
        let elsewhere = Elsewhere { url: text.to_owned(), origin: origin(&url)? };
        let ending = url.path().rsplit('/').next().and_then(|name| name.rsplit_once('.')).map(|(_, ending)| ending);
        if !text.contains('{') {
            return if ending == Some("pmtiles") { Ok(Self::Archive(elsewhere)) } else { Err(NEITHER.to_owned()) };
        }
        let mut rest = text.to_owned();
        for part in PARTS {
            if text.matches(part).count() != 1 {
                return Err(format!("a template names {part} once"));
            }
            rest = rest.replace(part, "");
        }
        if let Some(at) = rest.find(['{', '}']) {
            return Err(format!("a template holds nothing in braces but {{z}}, {{x}} and {{y}}: `{}`", &rest[at..]));
        }
        Ok(if matches!(ending, Some("mvt" | "pbf")) { Self::Vectors(elsewhere) } else { Self::Pictures(elsewhere) })
    }

    /// The one host beside this service that the page asks for tiles.
    pub fn origin(&self) -> Option<&str> {
        match self {
            Self::Bundled | Self::File(_) => None,
            Self::Archive(there) | Self::Pictures(there) | Self::Vectors(there) => Some(&there.origin),
        }
    }
}

const NEITHER: &str = "it is neither a PMTiles archive (world.pmtiles, https://tiles.example.org/world.pmtiles) nor a template such as \
    https://tiles.example.org/{z}/{x}/{y}.png";

/// The origin, where it can stand in a policy: one host with a name.
fn origin(url: &Url) -> Result<String, String> {
    if !matches!(url.scheme(), "http" | "https") {
        return Err("its scheme is neither http nor https".to_owned());
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("everybody who opens the page would read its user and password".to_owned());
    }
    if url.fragment().is_some() {
        return Err("what stands behind # is sent to no host".to_owned());
    }
    let host = url.host_str().unwrap_or_default();
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    if host.is_empty() || !host.chars().all(plain) {
        return Err(format!("its host `{host}` is not the name of one host"));
    }
    Ok(url.origin().ascii_serialization())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_it_is_shows_in_how_it_is_written() {
        let there = |url: &str, origin: &str| Elsewhere { url: url.to_owned(), origin: origin.to_owned() };
        let read = |text: &str| Tiles::parse(text).expect(text);
        assert_eq!(read(""), Tiles::Bundled);
        assert_eq!(read("none"), Tiles::Bundled);
        assert_eq!(read("maps/world.pmtiles"), Tiles::File("maps/world.pmtiles".into()));
        let archive = "https://tiles.example.org/world.pmtiles";
        assert_eq!(read(archive), Tiles::Archive(there(archive, "https://tiles.example.org")));
        let pictures = "http://127.0.0.1:8081/{z}/{x}/{y}@2x.png?key=a";
        assert_eq!(read(pictures), Tiles::Pictures(there(pictures, "http://127.0.0.1:8081")));
        let bare = "https://tiles.example.org:443/t?z={z}&x={x}&y={y}";
        assert_eq!(read(bare), Tiles::Pictures(there(bare, "https://tiles.example.org")));
        let vectors = "https://tiles.example.org/{z}/{x}/{y}.mvt";
        assert_eq!(read(vectors), Tiles::Vectors(there(vectors, "https://tiles.example.org")));
        assert_eq!((read(archive).origin(), read("world.pmtiles").origin()), (Some("https://tiles.example.org"), None));
    }

    #[test]
    fn nonsense_is_refused_and_said() {
        let wrong = [
            "ftp://tiles.example.org/{z}/{x}/{y}.png",
            "https://tiles.example.org/",
            "https://tiles.example.org/{z}/{x}.png",
            "https://tiles.example.org/{z}/{x}/{y}/{y}.png",
            "https://{s}.tiles.example.org/{z}/{x}/{y}.png",
            "https://tiles.example.org/{z}/{x}/{-y}.png",
            "https://tiles.example.org/{z}/{x}/{y}{r}.png",
            "https://me:secret@tiles.example.org/{z}/{x}/{y}.png",
            "https://tiles.example.org/world.pmtiles#3",
            "https://a;script-src/{z}/{x}/{y}.png",
            "https://*/{z}/{x}/{y}.png",
            "https://[::1]/{z}/{x}/{y}.png",
            "/tiles/{z}/{x}/{y}.png",
        ];
        let said: Vec<String> = wrong.iter().map(|text| Tiles::parse(text).expect_err(text)).collect();
        insta::assert_snapshot!(said.join("\n"), @r"
        its scheme is neither http nor https
        it is neither a PMTiles archive (world.pmtiles, https://tiles.example.org/world.pmtiles) nor a template such as https://tiles.example.org/{z}/{x}/{y}.png
        a template names {y} once
        a template names {y} once
        its host `{s}.tiles.example.org` is not the name of one host
        a template names {y} once
        a template holds nothing in braces but {z}, {x} and {y}: `{r}.png`
        everybody who opens the page would read its user and password
        what stands behind # is sent to no host
        its host `a;script-src` is not the name of one host
        its host `*` is not the name of one host
        its host `[::1]` is not the name of one host
        it is neither a PMTiles archive (world.pmtiles, https://tiles.example.org/world.pmtiles) nor a template such as https://tiles.example.org/{z}/{x}/{y}.png
        ");
    }
}
