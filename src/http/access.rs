//! Who asks, and what they may: settled once for each request, before its handler runs.
//!
//! `Authorization: Bearer …` holds an API key or a traveller's own token. A false one is refused, and never taken for nobody: a program
//! whose key has ended must hear of it. Without one the caller is anonymous, and known by the address alone.

use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use moka::future::Cache;

use super::Shared;
use super::problem::Refusal;
use super::rate::{Class, Payer};
use crate::config::Anonymous;
use crate::error::Error;
use crate::model::{ApiKey, Kind, Scope};
use crate::store::{keys, secret, travellers};

/// Where a connection comes from; the accept loop notes it.
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub SocketAddr);

/// Who asks.
#[derive(Clone, Debug)]
pub enum Access {
    /// Nobody in particular.
    Anonymous {
        /// The client's address.
        address: IpAddr,
        /// What is open to everybody.
        may: Anonymous,
    },
    /// The holder of an API key.
    Key(Arc<ApiKey>),
    /// A traveller, who may see and change what is their own.
    Traveller {
        /// By which id.
        id: Arc<str>,
        /// Whether in earnest.
        kind: Kind,
    },
}

impl Access {
    /// Goes on only with what the scope stands for. A traveller may check, and watch what is their own.
    pub fn require(&self, scope: Scope) -> Result<(), Refusal> {
        match self {
            Self::Anonymous { may, .. } => {
                if may.includes(scope) {
                    Ok(())
                } else {
                    Err(Refusal::Unauthenticated("this needs a key"))
                }
            }
            Self::Key(key) => {
                if key.scopes.contains(&scope) {
                    Ok(())
                } else {
                    Err(Refusal::Forbidden(scope))
                }
            }
            Self::Traveller { .. } => {
                let own = matches!(scope, Scope::Check | Scope::Watch);
                if own { Ok(()) } else { Err(Refusal::Forbidden(scope)) }
            }
        }
    }

    /// Whether what is done is in earnest.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Anonymous { .. } => Kind::Actual,
            Self::Key(key) => key.kind,
            Self::Traveller { kind, .. } => *kind,
        }
    }

    /// The API key, where there is one.
    pub fn key(&self) -> Option<&ApiKey> {
        match self {
            Self::Key(key) => Some(key),
            Self::Anonymous { .. } | Self::Traveller { .. } => None,
        }
    }

    /// Tells callers apart in the store; an address is kept as its digest only.
    pub fn principal(&self) -> String {
        match self {
            Self::Anonymous { address, .. } => format!("address:{}", secret::digest(&address.to_string())),
            Self::Key(key) => format!("key:{}", key.id),
            Self::Traveller { id, .. } => format!("traveller:{id}"),
        }
    }

    fn payer(&self) -> Payer<'_> {
        match self {
            Self::Anonymous { address, .. } => Payer::Address(*address),
            Self::Key(key) => Payer::Key(&key.id),
            Self::Traveller { id, .. } => Payer::Traveller(id),
        }
    }
}

impl FromRequestParts<Shared> for Access {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, shared: &Shared) -> Result<Self, Infallible> {
        // `admit` has put it there; outside of it everybody is anonymous, and nothing is open
        let nobody = || Self::Anonymous { address: address(shared, &parts.headers, None), may: Anonymous::default() };
        Ok(parts.extensions.get::<Self>().cloned().unwrap_or_else(nobody))
    }
}

/// Around handlers: settles who asks, keeps them to their share, and lets them ask what everybody may.
pub async fn admit(State(shared): State<Shared>, mut request: Request, next: Next) -> Response {
    let class = Class::of(request.method(), request.uri().path());
    let peer = request.extensions().get::<Peer>().map(|peer| peer.0.ip());
    let address = address(&shared, request.headers(), peer);
    let access = match identify(&shared, request.headers(), address).await {
        Ok(access) => access,
        // guessing costs as much as asking
        Err(refusal) => return refusal_at_cost(&shared, class, address, refusal),
    };
    let allowed = match class {
        Class::Check => access.require(Scope::Check),
        // whoever publishes or watches must be able to read; nobody else, where checks are closed
        Class::Read if access.key().is_none() => access.require(Scope::Check),
        _ => Ok(()),
    };
    let share = shared.rates().spend(class, access.payer());
    if let Err(refusal) = share.verdict().and(allowed) {
        return share.stamp(refusal.into_response());
    }
    request.extensions_mut().insert(access);
    share.stamp(next.run(request).await)
}

fn refusal_at_cost(shared: &Shared, class: Class, address: IpAddr, refusal: Refusal) -> Response {
    let share = shared.rates().spend(class, Payer::Address(address));
    share.stamp(share.verdict().err().unwrap_or(refusal).into_response())
}

/// Who shows what is in the header.
async fn identify(shared: &Shared, headers: &HeaderMap, address: IpAddr) -> Result<Access, Refusal> {
    let Some(shown) = headers.get(header::AUTHORIZATION) else {
        return Ok(Access::Anonymous { address, may: shared.settings().anonymous });
    };
    let text = shown.to_str().map_err(|_| FALSE)?;
    let (scheme, token) = text.split_once(' ').ok_or(FALSE)?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(FALSE);
    }
    let token = secret::read(token.trim()).ok_or(FALSE)?;
    match token.prefix {
        "crd_t" => traveller(shared, &token).await,
        _ => Ok(Access::Key(shared.known_keys().find(shared, &token).await?)),
    }
}

const FALSE: Refusal = Refusal::Unauthenticated("what is shown opens nothing: it is unknown, has ended or was revoked");

/// The traveller whose token it is.
async fn traveller(shared: &Shared, token: &secret::Shown<'_>) -> Result<Access, Refusal> {
    let mut tx = shared.store().read().await.map_err(Error::from)?;
    let found = travellers::by_token(&mut tx, &token.hash).await.map_err(Error::from)?;
    found.map(|(id, kind)| Access::Traveller { id: id.into(), kind }).ok_or(FALSE)
}

/// How long a key is taken for right without asking the store: how late a revocation by another instance is heard of.
const TRUSTED: Duration = Duration::from_secs(5);
/// The most keys remembered.
const REMEMBERED: u64 = 10_000;

/// Keys that were found right a moment ago, by their digest.
pub struct KnownKeys(Cache<String, Known>);

/// A key, and until when the secret that was shown opens it.
#[derive(Clone)]
struct Known(Arc<ApiKey>, Option<Timestamp>);

impl Default for KnownKeys {
    fn default() -> Self {
        Self(Cache::builder().max_capacity(REMEMBERED).time_to_live(TRUSTED).build())
    }
}

impl KnownKeys {
    async fn find(&self, shared: &Shared, shown: &secret::Shown<'_>) -> Result<Arc<ApiKey>, Refusal> {
        let now = shared.now();
        if let Some(known) = self.0.get(&shown.hash).await.filter(|known| known.1.is_none_or(|end| now < end)) {
            return Ok(known.0);
        }
        let mut tx = shared.store().read().await.map_err(Error::from)?;
        let open = keys::by_token(&mut tx, shown, now).await.map_err(Error::from)?.ok_or(FALSE)?;
        drop(tx);
        let key = Arc::new(open.key);
        self.0.insert(shown.hash.clone(), Known(Arc::clone(&key), open.until)).await;
        if keys::is_use_news(&key, now) {
            // beside the request, which need not wait for a writer
            let (store, id) = (shared.store().clone(), key.id.clone());
            tokio::spawn(async move {
                let noted = async {
                    let mut tx = store.begin().await?;
                    keys::note_use(&mut tx, &id, now).await?;
                    tx.commit().await
                };
                if let Err(e) = noted.await {
                    tracing::warn!("that a key was used could not be noted: {e}");
                }
            });
        }
        Ok(key)
    }

    /// Forgets a key, so that its revocation holds at once here.
    pub fn forget(&self) {
        self.0.invalidate_all();
    }
}

/// The client's address: the peer's, or behind proxies that are trusted the rightmost that is not one of them.
fn address(shared: &Shared, headers: &HeaderMap, peer: Option<IpAddr>) -> IpAddr {
    let peer = peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.to_canonical());
    let trusted = |address: &IpAddr| shared.settings().trusted_proxies.contains(*address);
    if !trusted(&peer) {
        return peer;
    }
    let lines: Vec<&str> = headers.get_all("x-forwarded-for").iter().filter_map(|line| line.to_str().ok()).collect();
    let hops = lines.iter().flat_map(|line| line.split(',')).rev().map_while(|hop| hop_address(hop.trim()));
    let mut client = peer;
    for hop in hops {
        client = hop;
        if !trusted(&hop) {
            break;
        }
    }
    client
}

/// `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]:80`.
fn hop_address(hop: &str) -> Option<IpAddr> {
    let address = hop.parse::<IpAddr>().or_else(|_| hop.parse::<SocketAddr>().map(|address| address.ip()));
    let bare = || hop.strip_prefix('[')?.strip_suffix(']')?.parse::<IpAddr>().ok();
    address.ok().or_else(bare).map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hop_is_an_address_with_or_without_a_port() {
        let read = |hop: &str| hop_address(hop).map(|address| address.to_string());
        assert_eq!(read("192.0.2.1").as_deref(), Some("192.0.2.1"));
        assert_eq!(read("192.0.2.1:80").as_deref(), Some("192.0.2.1"));
        assert_eq!(read("::ffff:192.0.2.1").as_deref(), Some("192.0.2.1"));
        assert_eq!(read("2001:db8::1").as_deref(), Some("2001:db8::1"));
        assert_eq!(read("[2001:db8::1]:80").as_deref(), Some("2001:db8::1"));
        assert_eq!(read("[2001:db8::1]").as_deref(), Some("2001:db8::1"));
        assert_eq!(read("unknown"), None);
    }
}
