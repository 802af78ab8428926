//! Which addresses a request may go to: the public ones, and those the operator names.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use ipnet::IpNet;

/// Networks that are not the public internet, each with the word for it (IANA's special-purpose registries, and what embeds an IPv4
/// address, since that may be a private one).
const NOT_PUBLIC: &[(&str, &str)] = &[
    ("0.0.0.0/8", "unspecified"),
    ("10.0.0.0/8", "private"),
    ("100.64.0.0/10", "shared by a provider's customers"),
    ("127.0.0.0/8", "loopback"),
    ("169.254.0.0/16", "link-local"),
    ("172.16.0.0/12", "private"),
    ("192.0.0.0/24", "reserved for protocols"),
    ("192.0.2.0/24", "for documentation"),
    ("192.88.99.0/24", "a 6to4 relay"),
    ("192.168.0.0/16", "private"),
    ("198.18.0.0/15", "for benchmarks"),
    ("198.51.100.0/24", "for documentation"),
    ("203.0.113.0/24", "for documentation"),
    ("224.0.0.0/4", "multicast"),
    ("240.0.0.0/4", "reserved"),
    ("::/128", "unspecified"),
    ("::1/128", "loopback"),
    ("::ffff:0:0/96", "an IPv4 address in IPv6"),
    ("::/96", "an IPv4 address in IPv6"),
    ("64:ff9b::/96", "translated to IPv4"),
    ("64:ff9b:1::/48", "translated to IPv4"),
    ("100::/64", "discarded"),
    ("2001::/23", "reserved for protocols"),
    ("2001:db8::/32", "for documentation"),
    ("2002::/16", "6to4"),
    ("3fff::/20", "for documentation"),
    ("fc00::/7", "private"),
    ("fe80::/10", "link-local"),
    ("fec0::/10", "private"),
    ("ff00::/8", "multicast"),
];

/// What keeps an address from being a public one; `None` for a public one.
pub fn not_public(address: IpAddr) -> Option<&'static str> {
    static NETWORKS: std::sync::LazyLock<Vec<(IpNet, &'static str)>> = std::sync::LazyLock::new(|| {
        NOT_PUBLIC.iter().filter_map(|(net, word)| Some((IpNet::from_str(net).ok()?, *word))).collect()
    });
    let known = NETWORKS.iter().find(|(net, _)| net.contains(&address)).map(|(_, word)| *word);
    // of IPv6 only 2000::/3 is given out at all
    let given_out = match address {
        IpAddr::V4(_) => true,
        IpAddr::V6(v6) => v6.segments()[0] & 0xe000 == 0x2000,
    };
    known.or_else(|| (!given_out).then_some("not given out"))
}

/// Something beside the public internet that the operator lets requests go to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Allowed {
    /// A network, or one address.
    Net(IpNet),
    /// A host by name, whatever it resolves to.
    Host(HostPattern),
}

impl FromStr for Allowed {
    type Err = String;

    /// `127.0.0.0/8`, `::1`, `push.example.org`, `*.example.org`.
    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(net) = text.parse::<IpNet>() {
            return Ok(Self::Net(net));
        }
        if let Ok(address) = text.parse::<IpAddr>() {
            return Ok(Self::Net(address.into()));
        }
        text.parse().map(Self::Host).map_err(|_| format!("`{text}` is no network, address or host"))
    }
}

/// A host name, or with `*.` in front every name below it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostPattern {
    /// Lower case, without the `*.`.
    name: String,
    below: bool,
}

impl HostPattern {
    /// Whether a parsed host matches: whole labels, never a part of the text.
    pub fn matches(&self, host: &str) -> bool {
        let host = host.strip_suffix('.').unwrap_or(host);
        if self.below {
            host.strip_suffix(self.name.as_str())
                .and_then(|front| front.strip_suffix('.'))
                .is_some_and(|front| !front.is_empty())
        } else {
            host == self.name
        }
    }
}

impl FromStr for HostPattern {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (below, name) = text.strip_prefix("*.").map_or((false, text), |name| (true, name));
        let label = |label: &str| {
            (1..=63).contains(&label.len()) && label.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
        };
        let name = name.to_ascii_lowercase();
        if name.len() <= 253 && name.split('.').all(label) {
            Ok(Self { name, below })
        } else {
            Err(format!("`{text}` is no host name such as push.example.org or *.example.org"))
        }
    }
}

/// The address that a literal in a URL stands for.
pub(super) fn literal(host: &url::Host<&str>) -> Option<IpAddr> {
    match host {
        url::Host::Domain(_) => None,
        url::Host::Ipv4(v4) => Some(Ipv4Addr::into(*v4)),
        url::Host::Ipv6(v6) => Some(Ipv6Addr::into(*v6)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_network_of_the_table_can_be_read() {
        for (net, word) in NOT_PUBLIC {
            let net: IpNet = net.parse().expect(net);
            assert!(not_public(net.addr()).is_some() && not_public(net.broadcast()).is_some(), "{net} is {word}");
        }
    }

    #[test]
    fn public_addresses_are_public() {
        for address in
            ["1.1.1.1", "8.8.8.8", "172.15.255.255", "172.32.0.0", "100.128.0.0", "2606:4700::1111", "2a00:1450::1"]
        {
            assert_eq!(not_public(address.parse().expect(address)), None, "{address}");
        }
    }

    #[test]
    fn hosts_match_by_label() {
        let below: HostPattern = "*.push.apple.com".parse().expect("a pattern");
        assert!(below.matches("web.push.apple.com"));
        for wrong in [
            "push.apple.com",
            "evilpush.apple.com",
            "web.push.apple.com.evil.example",
            ".push.apple.com",
            "xpush.apple.com",
        ] {
            assert!(!below.matches(wrong), "{wrong}");
        }
        let one: HostPattern = "fcm.googleapis.com".parse().expect("a pattern");
        assert!(one.matches("fcm.googleapis.com") && !one.matches("a.fcm.googleapis.com"));
    }
}
