//! Every setting: its type, default, environment name and meaning, and the one order in which they are looked for.
//!
//! A flag wins over an environment variable, that over the TOML file, that over the default. In the file a setting has its own name
//! (`max_data_age = "30 days"`); a name that is no setting is refused.

mod tiles;
mod values;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::SignedDuration;

use crate::channel::address::{Allowed, HostPattern};
use crate::geometry::Limits;
use crate::model::route::EngineAddress;

pub use self::tiles::{Elsewhere, Tiles};
pub use self::values::{Anonymous, LogFormat, Networks, SecretUrl};
use self::values::{
    address, anonymous, any_text, bytes, contact, count, days, filter, list, log_format, networks, path, proxy, rate,
    router, seconds, secret_url, text, web_url,
};

/// What one setting is, for documents and help.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// Its name in the file; the flag is the same with dashes.
    pub name: &'static str,
    /// Its environment variable.
    pub env: &'static str,
    /// What holds when nobody says otherwise.
    pub default: &'static str,
    /// What it decides.
    pub meaning: &'static str,
}

/// A value that cannot be used: which setting, what was written, where, and why not.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("setting `{setting}`: `{value}` ({origin}) cannot be used: {reason}")]
pub struct SettingError {
    /// The setting's name.
    pub setting: String,
    /// The value as written.
    pub value: String,
    /// Where it was written.
    pub origin: String,
    /// Why it cannot be used.
    pub reason: String,
}

macro_rules! settings {
    ($( $name:ident: $type:ty = $default:literal, $env:literal, $value_name:literal, $parse:expr, $meaning:literal; )*) => {
        /// Settings as flags of a command; each is optional, see [`Settings::resolve`].
        #[derive(Clone, Debug, Default, clap::Args)]
        #[command(next_help_heading = "Settings")]
        pub struct SettingArgs {
            #[doc = "A TOML file with settings; a flag or an environment variable wins over it."]
            #[arg(long, value_name = "FILE", help = "A TOML file with settings; a flag or an environment variable wins over it [env: CORDON_CONFIG]")]
            pub config: Option<PathBuf>,
            $(
                #[doc = $meaning]
                #[arg(long, value_name = $value_name, help = concat!($meaning, " [env: ", $env, "] [default: ", $default, "]"))]
                pub $name: Option<String>,
            )*
        }

        /// All settings, resolved.
        #[derive(Clone, Debug, PartialEq)]
        pub struct Settings {
            $(
                #[doc = $meaning]
                pub $name: $type,
            )*
        }

        impl Settings {
            /// Every setting but the file's own name, `CORDON_CONFIG`.
            pub const ALL: &[Setting] = &[
                $( Setting { name: stringify!($name), env: $env, default: $default, meaning: $meaning }, )*
            ];

            fn from_sources(args: &SettingArgs, sources: &Sources) -> Result<Self, SettingError> {
                Ok(Self {
                    $( $name: sources.get(stringify!($name), args.$name.as_deref(), $env, $default, $parse)?, )*
                })
            }
        }
    };
}

settings! {
    listen: SocketAddr = "127.0.0.1:8080", "CORDON_LISTEN", "ADDRESS:PORT", address,
        "Where to listen; port 0 takes a free one";
    data_dir: PathBuf = "./data", "CORDON_DATA_DIR", "FOLDER", path,
        "Where the service keeps what it must remember";
    database_url: SecretUrl = "", "CORDON_DATABASE_URL", "URL", secret_url,
        "The database, as `postgres://USER:PASSWORD@HOST/DATABASE` or `sqlite:FILE`; the file cordon.db in the data folder if not given";
    regions: PathBuf = "./regions", "CORDON_REGIONS", "FOLDER", path,
        "The data folder: issuers, places and advisories";
    max_data_age: SignedDuration = "30 days", "CORDON_MAX_DATA_AGE", "DURATION", days,
        "How long statements are trusted after they were last compared with their source; older ones make answers indeterminate";
    watch_rest: SignedDuration = "1 day", "CORDON_WATCH_REST", "DURATION", days,
        "How long a saved trip is watched after its last part";
    position_retention: SignedDuration = "1 day", "CORDON_POSITION_RETENTION", "DURATION", days,
        "How long the one last position of a traveller is kept";
    traveller_retention: SignedDuration = "400 days", "CORDON_TRAVELLER_RETENTION", "DURATION", days,
        "How long a traveller is kept who registered themselves, has nothing watched and does not come back";
    body_limit: usize = "2 MiB", "CORDON_BODY_LIMIT", "BYTES", bytes,
        "The largest request body taken, other than a stream of lines";
    validation_limit: usize = "64 MiB", "CORDON_VALIDATION_LIMIT", "BYTES", bytes,
        "The largest booking file taken";
    line_limit: usize = "64 KiB", "CORDON_LINE_LIMIT", "BYTES", bytes,
        "The longest line taken in a stream of lines";
    request_timeout: Duration = "30 s", "CORDON_REQUEST_TIMEOUT", "DURATION", seconds,
        "How long a request may take to arrive and be answered, other than a stream of lines";
    idle_timeout: Duration = "30 s", "CORDON_IDLE_TIMEOUT", "DURATION", seconds,
        "How long a connection or a stream of lines may stand still";
    shutdown_grace: Duration = "20 s", "CORDON_SHUTDOWN_GRACE", "DURATION", seconds,
        "How long requests under way may take to finish when the service is told to stop";
    concurrency_limit: usize = "512", "CORDON_CONCURRENCY_LIMIT", "COUNT", count,
        "How many requests may be under way at once; more are turned away with 503";
    stream_limit: usize = "32", "CORDON_STREAM_LIMIT", "COUNT", count,
        "How many streams of lines may be under way at once; more are turned away with 503";
    connection_limit: usize = "4096", "CORDON_CONNECTION_LIMIT", "COUNT", count,
        "How many connections may be open at once; more wait until one is closed";
    anonymous: Anonymous = "check,watch", "CORDON_ANONYMOUS", "LIST", anonymous,
        "What is open without a key: check, watch, both, or none";
    trusted_proxies: Networks = "", "CORDON_TRUSTED_PROXIES", "NETWORKS", networks,
        "Proxies whose X-Forwarded-For tells the client's address: addresses and networks such as 10.0.0.0/8, with commas";
    rate_check: u32 = "600", "CORDON_RATE_CHECK", "COUNT", rate,
        "Checks a minute from one address, ten times as many with one key; 0 means any number";
    rate_read: u32 = "600", "CORDON_RATE_READ", "COUNT", rate,
        "Readings a minute from one address, ten times as many with one key; 0 means any number";
    rate_watch: u32 = "300", "CORDON_RATE_WATCH", "COUNT", rate,
        "Requests a minute about travellers and what they are told, from one address or one traveller, ten times as many with one key; 0 means any number";
    rate_publish: u32 = "60", "CORDON_RATE_PUBLISH", "COUNT", rate,
        "Publications a minute from one address, ten times as many with one key; 0 means any number";
    rate_operate: u32 = "60", "CORDON_RATE_OPERATE", "COUNT", rate,
        "Requests a minute about keys and deliveries from one address, ten times as many with one key; 0 means any number";
    max_vertices: usize = "10000000", "CORDON_MAX_VERTICES", "COUNT", count,
        "The most vertices one geometry may have";
    max_polygons: usize = "500000", "CORDON_MAX_POLYGONS", "COUNT", count,
        "The most polygons, or pieces of a line, one geometry may have";
    max_depth: usize = "16", "CORDON_MAX_DEPTH", "COUNT", count,
        "How deep geometry collections, and areas in areas, may be nested";
    max_file_bytes: usize = "256 MiB", "CORDON_MAX_FILE_BYTES", "BYTES", bytes,
        "The largest file of the data folder, unpacked";
    extractor: String = "auto", "CORDON_EXTRACTOR", "auto|off|PATH", text,
        "kitinerary-extractor, which reads mails and papers that carry no data of their own: where it is installed, never, or at a path";
    router: Option<EngineAddress> = "none", "CORDON_ROUTER", "ENGINE:URL", router,
        "The routing engine asked for the way of an overland leg: valhalla:http://127.0.0.1:8002, osrm:http://127.0.0.1:5000, or none";
    router_timeout: Duration = "5 s", "CORDON_ROUTER_TIMEOUT", "DURATION", seconds,
        "How long the routing engine may take for one answer; after that the leg is indeterminate";
    router_vertices: usize = "100", "CORDON_ROUTER_VERTICES", "COUNT", count,
        "How many vertices the areas may have together that the routing engine is told to keep out of; Valhalla takes 100 unless it is told otherwise";
    public_url: String = "http://localhost:8080", "CORDON_PUBLIC_URL", "URL", web_url,
        "Where people reach this service: links in messages lead there";
    push_contact: String = "", "CORDON_PUSH_CONTACT", "URL", contact,
        "Whom push services may write to about us, as mailto: or https: URL; the public URL if not given";
    push_hosts: Vec<HostPattern> = "", "CORDON_PUSH_HOSTS", "HOSTS", list,
        "Push services beside those of the browsers: hosts such as push.example.org or *.example.org, with commas";
    outbound_allow: Vec<Allowed> = "", "CORDON_OUTBOUND_ALLOW", "LIST", list,
        "What messages may go to beside the public internet, also without TLS: networks, addresses and hosts, with commas";
    outbound_proxy: String = "", "CORDON_OUTBOUND_PROXY", "URL", proxy,
        "A proxy that every message goes through; none if not given";
    extra_ca: PathBuf = "", "CORDON_EXTRA_CA", "FILE", path,
        "Certificates trusted beside the well-known ones when messages are sent, as PEM";
    push_connections: usize = "8", "CORDON_PUSH_CONNECTIONS", "COUNT", count,
        "How many connections to one push service there may be; each carries a hundred messages at once";
    push_silence: SignedDuration = "180 days", "CORDON_PUSH_SILENCE", "DURATION", days,
        "After how long a browser's subscription is deleted that its page has not renewed";
    event_retention: SignedDuration = "30 days", "CORDON_EVENT_RETENTION", "DURATION", days,
        "How long events are kept for those who listen";
    event_stream_limit: usize = "1024", "CORDON_EVENT_STREAM_LIMIT", "COUNT", count,
        "How many may listen to events at once; more are turned away with 503";
    delivery_retention: SignedDuration = "90 days", "CORDON_DELIVERY_RETENTION", "DURATION", days,
        "How long it is kept what was delivered to whom";
    tiles: Tiles = "none", "CORDON_TILES", "FILE|URL", Tiles::parse,
        "Map tiles under the advisories: a PMTiles file or its URL, or a URL with {z}, {x} and {y}; none for the outlines that come along";
    tiles_attribution: String = "", "CORDON_TILES_ATTRIBUTION", "TEXT", any_text,
        "Whom the tiles are owed to, shown under the map; may hold links as HTML";
    log_format: LogFormat = "text", "CORDON_LOG_FORMAT", "text|json", log_format,
        "How log lines are written: text for people, json for machines";
    log_filter: String = "info", "CORDON_LOG", "FILTER", filter,
        "What is logged: error, warn, info, debug or trace, or a list such as warn,cordon=debug";
}

impl Settings {
    /// The settings of this process: flags, then its environment, then the file, then defaults.
    ///
    /// # Errors
    /// Names the first setting that cannot be used, its value and where it was written.
    pub fn resolve(args: &SettingArgs) -> Result<Self, SettingError> {
        Self::resolve_from(args, &|name| std::env::var(name).ok())
    }

    /// As [`Self::resolve`], with an environment of the caller's.
    ///
    /// # Errors
    /// As [`Self::resolve`].
    pub fn resolve_from(args: &SettingArgs, env: &dyn Fn(&str) -> Option<String>) -> Result<Self, SettingError> {
        let named = args.config.clone().map(|path| (path, "from the flag --config")).or_else(|| {
            given(env("CORDON_CONFIG")).map(|path| (path.into(), "from the environment variable CORDON_CONFIG"))
        });
        let (file, path) = match named {
            Some((path, origin)) => (read_file(&path, origin)?, path),
            None => (toml::Table::new(), PathBuf::new()),
        };
        Self::from_sources(args, &Sources { env, file, path: &path })
    }

    /// Where resolved areas are kept from one start to the next; the file may be deleted at any time.
    pub fn kept_areas(&self) -> PathBuf {
        self.data_dir.join("areas.kept")
    }

    /// What geometry read from outside may cost.
    pub fn geometry_limits(&self) -> Limits {
        Limits {
            max_bytes: self.max_file_bytes,
            max_vertices: self.max_vertices,
            max_polygons: self.max_polygons,
            max_depth: self.max_depth,
        }
    }
}

/// Where settings are looked for beside the flags.
struct Sources<'a> {
    env: &'a dyn Fn(&str) -> Option<String>,
    file: toml::Table,
    path: &'a Path,
}

impl Sources<'_> {
    fn get<T>(
        &self,
        name: &str,
        flag: Option<&str>,
        env: &str,
        default: &str,
        parse: fn(&str) -> Result<T, String>,
    ) -> Result<T, SettingError> {
        let (value, origin) = if let Some(value) = flag {
            (value.to_owned(), format!("from the flag --{}", name.replace('_', "-")))
        } else if let Some(value) = given((self.env)(env)) {
            (value, format!("from the environment variable {env}"))
        } else if let Some(value) = self.file.get(name) {
            (written(value), format!("from {}", self.path.display()))
        } else {
            (default.to_owned(), "the default".to_owned())
        };
        parse(&value).map_err(|reason| SettingError { setting: name.to_owned(), value, origin, reason })
    }
}

/// A variable that is set to nothing is not set: `CORDON_LISTEN= cordon serve` asks for the default.
fn given(value: Option<String>) -> Option<String> {
    value.filter(|value| !value.is_empty())
}

/// A TOML value as it would stand in a flag.
fn written(value: &toml::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn read_file(path: &Path, origin: &str) -> Result<toml::Table, SettingError> {
    let unusable = |reason: String| SettingError {
        setting: "config".to_owned(),
        value: path.display().to_string(),
        origin: origin.to_owned(),
        reason,
    };
    let text = std::fs::read_to_string(path).map_err(|e| unusable(e.to_string()))?;
    let table: toml::Table = text.parse().map_err(|e: toml::de::Error| unusable(e.to_string()))?;
    match table.iter().find(|(name, _)| Settings::ALL.iter().all(|setting| setting.name != *name)) {
        None => Ok(table),
        Some((name, value)) => Err(SettingError {
            setting: name.clone(),
            value: written(value),
            origin: format!("from {}", path.display()),
            reason: "there is no such setting".to_owned(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(args: &SettingArgs, env: &[(&str, &str)]) -> Result<Settings, SettingError> {
        Settings::resolve_from(args, &|name| env.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned()))
    }

    fn file(text: &str) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), text).expect("written");
        file
    }

    #[test]
    fn every_default_can_be_used() {
        let settings = resolve(&SettingArgs::default(), &[]).expect("defaults");
        assert_eq!(settings.listen.to_string(), "127.0.0.1:8080");
        assert_eq!(settings.max_data_age, SignedDuration::from_hours(30 * 24));
        assert_eq!(settings.body_limit, 2 << 20);
        assert_eq!(settings.request_timeout, Duration::from_secs(30));
    }

    #[test]
    fn a_flag_wins_over_the_environment_that_over_the_file_that_over_the_default() {
        let file = file("regions = 'file'\ndata_dir = 'file'\nbody_limit = 1000\nmax_data_age = 7");
        let args =
            SettingArgs { config: Some(file.path().into()), regions: Some("flag".into()), ..SettingArgs::default() };
        let env = [("CORDON_REGIONS", "env"), ("CORDON_DATA_DIR", "env"), ("CORDON_LINE_LIMIT", "")];
        let settings = resolve(&args, &env).expect("settings");
        assert_eq!(settings.regions, PathBuf::from("flag"));
        assert_eq!(settings.data_dir, PathBuf::from("env"));
        assert_eq!(settings.body_limit, 1000);
        assert_eq!(settings.max_data_age, SignedDuration::from_hours(7 * 24));
        assert_eq!(settings.line_limit, 64 << 10);
    }

    #[test]
    fn an_unusable_value_is_named_with_its_origin() {
        let env = resolve(&SettingArgs::default(), &[("CORDON_LISTEN", "here")]).expect_err("refused");
        insta::assert_snapshot!(env, @"setting `listen`: `here` (from the environment variable CORDON_LISTEN) cannot be used: it is no address and port such as 127.0.0.1:8080 or [::1]:8080");
        let args = SettingArgs { max_data_age: Some("-3 days".into()), ..SettingArgs::default() };
        insta::assert_snapshot!(resolve(&args, &[]).expect_err("refused"), @"setting `max_data_age`: `-3 days` (from the flag --max-data-age) cannot be used: it is no span above zero such as 30 days, 36 h or P30D");
    }

    #[test]
    fn a_password_in_the_database_url_is_never_shown() {
        let args =
            SettingArgs { database_url: Some("postgres://cordon:hunter2@db/cordon".into()), ..SettingArgs::default() };
        let settings = resolve(&args, &[]).expect("settings");
        assert!(!format!("{settings:?}").contains("hunter2"));
    }

    #[test]
    fn a_name_in_the_file_that_is_no_setting_is_refused() {
        let file = file("lissten = '127.0.0.1:1'");
        let args = SettingArgs { config: Some(file.path().into()), ..SettingArgs::default() };
        let error = resolve(&args, &[]).expect_err("refused");
        assert_eq!((error.setting.as_str(), error.reason.as_str()), ("lissten", "there is no such setting"));
    }
}
