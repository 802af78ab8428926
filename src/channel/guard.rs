//! Where requests to addresses that users chose may go: checked when the address is stored, again when it is used, and once more
//! against what its name resolves to.
//!
//! Subscription endpoints and webhook URLs are targets chosen by strangers (server-side request forgery). Three checks stand in a row:
//! [`Guard::push`] and [`Guard::webhook`] look at the parsed URL, [`Guard::resolve`] at every address a name resolves to, at the moment
//! of connecting and for the connection itself, so that a name that changes its mind gains nothing. Redirects are never followed.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;

use url::{Host, Url};

use super::address::{Allowed, HostPattern, literal, not_public};

/// The push services of the browsers, by host.
pub const PUSH_SERVICES: &[&str] =
    &["fcm.googleapis.com", "*.push.services.mozilla.com", "*.push.apple.com", "*.notify.windows.com"];

/// Names that never lead to the public internet (RFC 6761, RFC 8375, and what private networks use).
const PRIVATE_NAMES: &[&str] = &[
    "localhost",
    "localdomain",
    "local",
    "internal",
    "intranet",
    "lan",
    "home.arpa",
    "onion",
    "test",
    "invalid",
    "example",
];

/// Why a URL is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It cannot be read.
    #[error("it is no URL such as https://example.org/hook")]
    Malformed,
    /// Not over TLS.
    #[error("it must begin with https://")]
    Scheme,
    /// It carries a name or password.
    #[error("it must not carry a user name or password")]
    UserInfo,
    /// A port that belongs to another kind of service.
    #[error("port {0} is not allowed")]
    Port(u16),
    /// A host that is no known push service.
    #[error("its host is not a push service known here; the operator can add it (push_hosts)")]
    UnknownPushService,
    /// A name of a private network.
    #[error("its host is a name of a private network")]
    PrivateName,
    /// An address that is not public, written out or resolved.
    #[error("its address is {0}, not a public one")]
    Address(&'static str),
    /// Longer than anybody needs.
    #[error("it is longer than {MAX_URL} bytes")]
    TooLong,
}

/// The longest URL taken.
pub const MAX_URL: usize = 2048;

/// As much of a URL as its refusal repeats.
const SHOWN: usize = 200;

impl Refused {
    /// The refusal of this URL, for whoever sent it.
    pub fn about(&self, url: &str) -> String {
        match url.char_indices().nth(SHOWN) {
            None => format!("`{url}`: {self}"),
            Some((end, _)) => format!("`{}…`: {self}", &url[..end]),
        }
    }
}

/// A URL that has passed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    url: Url,
}

impl Target {
    /// Scheme, host and port, the port only where it is not the scheme's own: what a VAPID token is made out to, and what shares a fate
    /// (connections, limits, breaker).
    pub fn origin(&self) -> String {
        self.url.origin().ascii_serialization()
    }

    /// The whole URL, in its normal form.
    pub fn url(&self) -> &Url {
        &self.url
    }
}

/// How names are resolved.
pub type Lookup = Arc<dyn Fn(String) -> Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>> + Send + Sync>;

/// What the operator lets requests go to, beside the public internet and the browsers' push services.
#[derive(Clone)]
pub struct Guard {
    push_hosts: Vec<HostPattern>,
    operators_push_hosts: Vec<HostPattern>,
    allowed: Vec<Allowed>,
    lookup: Lookup,
}

impl Guard {
    /// A guard that also lets push requests go to `push_hosts`, and any request to what is `allowed`.
    pub fn new(push_hosts: Vec<HostPattern>, allowed: Vec<Allowed>) -> Self {
        Self::with_lookup(push_hosts, allowed, system_lookup())
    }

    /// As [`Self::new`], with another way to resolve names.
    pub fn with_lookup(push_hosts: Vec<HostPattern>, allowed: Vec<Allowed>, lookup: Lookup) -> Self {
        let known = PUSH_SERVICES.iter().filter_map(|host| host.parse().ok()).collect();
        Self { push_hosts: known, operators_push_hosts: push_hosts, allowed, lookup }
    }

    /// Checks the endpoint of a push subscription.
    ///
    /// # Errors
    /// Why it is not taken.
    pub fn push(&self, url: &str) -> Result<Target, Refused> {
        let url = self.read(url)?;
        let host = url.host_str().unwrap_or_default();
        let known = self.push_hosts.iter().any(|pattern| pattern.matches(host));
        let operators = self.operators_push_hosts.iter().any(|pattern| pattern.matches(host));
        if !known && !operators && !self.trusts(&url) {
            self.check_address(&url)?;
            return Err(Refused::UnknownPushService);
        }
        if !operators && !self.trusts(&url) && url.port().is_some() {
            return Err(Refused::Port(url.port().unwrap_or_default()));
        }
        self.check_address(&url)?;
        Ok(Target { url })
    }

    /// Checks the URL of a webhook.
    ///
    /// # Errors
    /// Why it is not taken.
    pub fn webhook(&self, url: &str) -> Result<Target, Refused> {
        let url = self.read(url)?;
        self.check_address(&url)?;
        match url.port() {
            // ports below are those of other services, which must not be spoken to with our bodies
            Some(port) if port < 1024 && !self.trusts(&url) => Err(Refused::Port(port)),
            _ => Ok(Target { url }),
        }
    }

    /// The addresses of a name that may be connected to.
    ///
    /// # Errors
    /// When it has none, or the name cannot be resolved.
    pub async fn resolve(&self, host: String) -> Result<Vec<SocketAddr>, Box<dyn std::error::Error + Send + Sync>> {
        let trusted = self.trusted_name(&host);
        let addresses = (self.lookup)(host).await?;
        let mut refused = None;
        let mut open = Vec::new();
        for address in addresses {
            match not_public(address) {
                Some(word) if !trusted && !self.in_allowed_net(address) => refused = Some(word),
                _ => open.push(SocketAddr::new(address, 0)),
            }
        }
        match refused {
            Some(word) if open.is_empty() => Err(Box::new(Refused::Address(word))),
            _ => Ok(open),
        }
    }

    fn read(&self, text: &str) -> Result<Url, Refused> {
        if text.len() > MAX_URL {
            return Err(Refused::TooLong);
        }
        let url = Url::parse(text).map_err(|_| Refused::Malformed)?;
        let host = url.host().ok_or(Refused::Malformed)?;
        if matches!(host, Host::Domain("")) {
            return Err(Refused::Malformed);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Refused::UserInfo);
        }
        if url.port() == Some(0) {
            return Err(Refused::Port(0));
        }
        let plain_to_trusted = url.scheme() == "http" && self.trusts(&url);
        if url.scheme() == "https" || plain_to_trusted { Ok(url) } else { Err(Refused::Scheme) }
    }

    fn check_address(&self, url: &Url) -> Result<(), Refused> {
        let host = url.host().ok_or(Refused::Malformed)?;
        if self.trusts(url) {
            return Ok(());
        }
        match (literal(&host), host) {
            (Some(address), _) => not_public(address).map_or(Ok(()), |word| Err(Refused::Address(word))),
            (None, Host::Domain(name)) => {
                let name = name.strip_suffix('.').unwrap_or(name);
                let operators = self.operators_push_hosts.iter().any(|pattern| pattern.matches(name));
                let below = |suffix: &str| {
                    name == suffix || name.strip_suffix(suffix).is_some_and(|front| front.ends_with('.'))
                };
                // a single label is looked up in the private network's own domain
                let private = !name.contains('.') || PRIVATE_NAMES.iter().any(|suffix| below(suffix));
                if private && !operators { Err(Refused::PrivateName) } else { Ok(()) }
            }
            (None, _) => Err(Refused::Malformed),
        }
    }

    /// Whether the operator named this very host, or a network that its literal address lies in.
    fn trusts(&self, url: &Url) -> bool {
        match url.host() {
            Some(Host::Domain(name)) => self.trusted_name(name),
            Some(host) => literal(&host).is_some_and(|address| self.in_allowed_net(address)),
            None => false,
        }
    }

    fn trusted_name(&self, name: &str) -> bool {
        self.allowed.iter().any(|allowed| matches!(allowed, Allowed::Host(pattern) if pattern.matches(name)))
    }

    fn in_allowed_net(&self, address: IpAddr) -> bool {
        self.allowed.iter().any(|allowed| matches!(allowed, Allowed::Net(net) if net.contains(&address)))
    }
}

/// Asks the system's resolver.
fn system_lookup() -> Lookup {
    Arc::new(|host| {
        Box::pin(async move { Ok(tokio::net::lookup_host((host, 0)).await?.map(|address| address.ip()).collect()) })
    })
}
