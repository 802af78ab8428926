//! The values of settings: what they are, and how each is written.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use jiff::{SignedDuration, Span, SpanRelativeTo};

use crate::model::Scope;
use crate::model::route::EngineAddress;

/// What is open to callers without a key: asking, and watching travellers of their own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Anonymous {
    check: bool,
    watch: bool,
}

impl Anonymous {
    /// Whether what the scope stands for is open to everybody.
    pub fn includes(self, scope: Scope) -> bool {
        match scope {
            Scope::Check => self.check,
            Scope::Watch => self.watch,
            Scope::Publish | Scope::Operate | Scope::Admin => false,
        }
    }
}

/// Networks, each as its first address and the number of bits that count.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Networks(Vec<(IpAddr, u32)>);

impl Networks {
    /// Whether the address lies in one of them.
    pub fn contains(&self, address: IpAddr) -> bool {
        let bits = |address: IpAddr| match address {
            IpAddr::V4(address) => (u128::from(address.to_bits()) << 96, true),
            IpAddr::V6(address) => (address.to_bits(), false),
        };
        let asked = bits(address.to_canonical());
        self.0.iter().any(|(network, length)| {
            let network = bits(*network);
            network.1 == asked.1 && (network.0 ^ asked.0).leading_zeros() >= *length
        })
    }
}

/// The URL of a database, with the password that it may hold: it is never printed.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct SecretUrl(pub String);

impl std::fmt::Debug for SecretUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.0.is_empty() { "none" } else { "given" })
    }
}

/// How log lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line, for machines.
    Json,
}

pub(super) fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| "it is no address and port such as 127.0.0.1:8080 or [::1]:8080".to_owned())
}

pub(super) fn text(text: &str) -> Result<String, String> {
    if text.trim().is_empty() { Err("it is empty".to_owned()) } else { Ok(text.trim().to_owned()) }
}

// the signature that every reader of a setting has
#[allow(clippy::unnecessary_wraps)]
pub(super) fn path(text: &str) -> Result<PathBuf, String> {
    Ok(text.into())
}

#[allow(clippy::unnecessary_wraps)] // as above
pub(super) fn any_text(text: &str) -> Result<String, String> {
    Ok(text.trim().to_owned())
}

#[allow(clippy::unnecessary_wraps)] // as above
pub(super) fn secret_url(text: &str) -> Result<SecretUrl, String> {
    Ok(SecretUrl(text.to_owned()))
}

pub(super) fn web_url(text: &str) -> Result<String, String> {
    let url = url::Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    url.map(|url| url.to_string()).ok_or_else(|| "it is no URL such as https://cordon.example.org".to_owned())
}

pub(super) fn proxy(text: &str) -> Result<String, String> {
    if text.is_empty() { Ok(String::new()) } else { web_url(text) }
}

/// What Apple's push service takes: a plain address of mail, or a page.
pub(super) fn contact(text: &str) -> Result<String, String> {
    let plain = !text.contains([' ', '<', '>']);
    let mail = text
        .strip_prefix("mailto:")
        .is_some_and(|mail| mail.split_once('@').is_some_and(|(to, at)| !to.is_empty() && !at.is_empty()));
    if text.is_empty() || (plain && (mail || text.starts_with("https://"))) {
        Ok(text.to_owned())
    } else {
        Err("it is neither mailto:NAME@HOST nor an https: URL".to_owned())
    }
}

pub(super) fn list<T: std::str::FromStr<Err = String>>(text: &str) -> Result<Vec<T>, String> {
    text.split(',').map(str::trim).filter(|word| !word.is_empty()).map(str::parse).collect()
}

pub(super) fn count(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(count) if count > 0 => Ok(count),
        _ => Err("it is no whole number above 0".to_owned()),
    }
}

/// How many a minute; 0 for any number.
pub(super) fn rate(text: &str) -> Result<u32, String> {
    text.parse().map_err(|_| "it is no whole number, and not 0 for any number".to_owned())
}

pub(super) fn anonymous(text: &str) -> Result<Anonymous, String> {
    let mut open = Anonymous::default();
    for word in text.split(',').map(str::trim) {
        match word {
            "check" => open.check = true,
            "watch" => open.watch = true,
            "none" if text.trim() == "none" => {}
            _ => return Err("it is none of check, watch, check,watch and none".to_owned()),
        }
    }
    Ok(open)
}

pub(super) fn networks(text: &str) -> Result<Networks, String> {
    let words = text.split(',').map(str::trim).filter(|word| !word.is_empty());
    words
        .map(|word| network(word).ok_or_else(|| format!("`{word}` is no address and no network such as 10.0.0.0/8")))
        .collect::<Result<_, _>>()
        .map(Networks)
}

fn network(word: &str) -> Option<(IpAddr, u32)> {
    let (address, length) = word.split_once('/').map_or((word, None), |(address, length)| (address, Some(length)));
    let address: IpAddr = address.parse().ok()?;
    let most = if address.is_ipv4() { 32 } else { 128 };
    let length = length.map_or(Some(most), |length| length.parse().ok())?;
    (length <= most).then_some((address, length))
}

/// Bytes: `2 MiB`, `64KiB`, `1000`.
pub(super) fn bytes(text: &str) -> Result<usize, String> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let unit = match text[digits..].trim() {
        "" | "B" => Some(1),
        "KiB" => Some(1 << 10),
        "MiB" => Some(1 << 20),
        "GiB" => Some(1 << 30),
        _ => None,
    };
    let size = text[..digits].parse::<usize>().ok().zip(unit).and_then(|(n, unit)| n.checked_mul(unit));
    size.filter(|size| *size > 0).ok_or_else(|| "it is no size such as 2 MiB, 64 KiB or 1000".to_owned())
}

/// A span of time; a bare number counts days, and a day has 24 hours.
pub(super) fn days(text: &str) -> Result<SignedDuration, String> {
    let span = if text.bytes().all(|b| b.is_ascii_digit()) { format!("{text} days") } else { text.to_owned() };
    positive(&span).ok_or_else(|| "it is no span above zero such as 30 days, 36 h or P30D".to_owned())
}

/// A span of time; a bare number counts seconds.
pub(super) fn seconds(text: &str) -> Result<Duration, String> {
    let span = if text.bytes().all(|b| b.is_ascii_digit()) { format!("{text} s") } else { text.to_owned() };
    let duration = positive(&span).and_then(|duration| duration.try_into().ok());
    duration.ok_or_else(|| "it is no span above zero such as 30 s, 500 ms or PT30S".to_owned())
}

fn positive(text: &str) -> Option<SignedDuration> {
    let span: Span = text.parse().ok()?;
    span.to_duration(SpanRelativeTo::days_are_24_hours()).ok().filter(SignedDuration::is_positive)
}

pub(super) fn router(text: &str) -> Result<Option<EngineAddress>, String> {
    if text == "none" { Ok(None) } else { EngineAddress::parse(text).map(Some) }
}

pub(super) fn log_format(text: &str) -> Result<LogFormat, String> {
    match text {
        "text" => Ok(LogFormat::Text),
        "json" => Ok(LogFormat::Json),
        _ => Err("it is neither text nor json".to_owned()),
    }
}

pub(super) fn filter(text: &str) -> Result<String, String> {
    text.parse::<tracing_subscriber::filter::Targets>().map(|_| text.to_owned()).map_err(|e| e.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_lies_in_a_network_by_its_leading_bits() {
        let trusted = networks("10.0.0.0/8, 192.0.2.7, 2001:db8::/32").expect("networks");
        let contains = |address: &str| trusted.contains(address.parse().expect("an address"));
        assert!(
            contains("10.255.0.1")
                && contains("::ffff:10.1.2.3")
                && contains("192.0.2.7")
                && contains("2001:db8:ffff::1")
        );
        assert!(!contains("11.0.0.1") && !contains("192.0.2.8") && !contains("2001:db9::1"));
        assert!(networks("0.0.0.0/0").expect("all").contains("203.0.113.9".parse().expect("an address")));
        assert!(
            !networks("0.0.0.0/0").expect("all").contains("2001:db8::1".parse().expect("an address")),
            "the other family is another network"
        );
        for wrong in ["10.0.0.0/33", "10.0.0/8", "proxy", "10.0.0.0/-1"] {
            assert!(networks(wrong).is_err(), "{wrong}");
        }
    }
}
