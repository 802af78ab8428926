//! Everybody's share: how many requests of a class a key, a traveller or an address may send a minute, said in `RateLimit` headers
//! (draft-ietf-httpapi-ratelimit-headers-10).
//!
//! A share fills up evenly and may be spent at once. Memory is bounded: keys and travellers are as many as the store holds and pay under
//! their name only once they are known; addresses, which anybody may have many of, pay from one of a fixed number of purses. Whoever has
//! not asked for a minute is forgotten.

use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::time::Duration;

use axum::http::{HeaderName, HeaderValue, Method};
use axum::response::Response;
use governor::clock::{Clock as _, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::DefaultKeyedStateStore;
use governor::{Quota, RateLimiter};

use super::problem::Refusal;
use crate::config::Settings;

/// The span a share is for.
const WINDOW: Duration = Duration::from_mins(1);
/// How many times the share of an address that of a key is: behind a key stands somebody with many travellers.
const KEY_FACTOR: u32 = 10;
/// Purses for addresses; which one an address pays from nobody can foresee. Two of a thousand share one by a chance of 1 in 500.
const PURSES: u64 = 1 << 19;

const LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// What a request is about; each class has its own share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Questions.
    Check,
    /// Reading what is known.
    Read,
    /// Travellers and what they are told.
    Watch,
    /// Publishing.
    Publish,
    /// Keys and the running service.
    Operate,
}

impl Class {
    const ALL: [Self; 5] = [Self::Check, Self::Read, Self::Watch, Self::Publish, Self::Operate];

    /// The class of a request.
    pub fn of(method: &Method, path: &str) -> Self {
        let mut parts = path.trim_start_matches('/').split('/');
        let topic = if parts.next() == Some("v1") { parts.next().unwrap_or_default() } else { "" };
        let reads = method == Method::GET || method == Method::HEAD;
        match topic {
            "check" | "validations" => Self::Check,
            "travellers" | "subscriptions" | "push" | "webhooks" | "events" => Self::Watch,
            "keys" | "deliveries" => Self::Operate,
            "advisories" | "drafts" | "roll-calls" if !reads => Self::Publish,
            _ => Self::Read,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Check => "check",
            Self::Read => "read",
            Self::Watch => "watch",
            Self::Publish => "publish",
            Self::Operate => "operate",
        }
    }

    /// Requests a minute from one address; 0 means any number.
    fn setting(self, settings: &Settings) -> u32 {
        match self {
            Self::Check => settings.rate_check,
            Self::Read => settings.rate_read,
            Self::Watch => settings.rate_watch,
            Self::Publish => settings.rate_publish,
            Self::Operate => settings.rate_operate,
        }
    }
}

/// Who pays for a request.
#[derive(Clone, Copy, Debug)]
pub enum Payer<'a> {
    /// An address.
    Address(IpAddr),
    /// An API key.
    Key(&'a str),
    /// A traveller.
    Traveller(&'a str),
}

type Limiter = RateLimiter<u64, DefaultKeyedStateStore<u64>, DefaultClock, StateInformationMiddleware>;

/// What everybody has left.
pub struct Rates {
    /// By class; none where there is no limit.
    classes: [Option<Purses>; Class::ALL.len()],
    hasher: RandomState,
}

/// One class: what addresses and travellers have left, and keys.
struct Purses {
    addresses: Limiter,
    keys: Limiter,
}

impl Rates {
    /// Everybody with a full purse.
    pub fn new(settings: &Settings) -> Self {
        let purses = |class: Class| {
            let each = NonZeroU32::new(class.setting(settings))?;
            let limiter = |each| RateLimiter::keyed(Quota::per_minute(each)).with_middleware();
            Some(Purses { addresses: limiter(each), keys: limiter(each.saturating_mul(KEY_FACTOR_NON_ZERO)) })
        };
        Self { classes: Class::ALL.map(purses), hasher: RandomState::new() }
    }

    /// Forgets purses that are full again: they are as if they had never been.
    pub fn sweep(&self) {
        for purses in self.classes.iter().flatten() {
            purses.addresses.retain_recent();
            purses.keys.retain_recent();
        }
    }

    /// Takes one request off somebody's share.
    pub fn spend(&self, class: Class, payer: Payer<'_>) -> Share {
        let Some(purses) = &self.classes[class as usize] else { return Share::Unlimited };
        let (limiter, purse) = match payer {
            Payer::Address(address) => (&purses.addresses, self.hasher.hash_one(network(address)) % PURSES),
            // a whole hash: no key or traveller meets another by accident
            Payer::Traveller(id) => (&purses.addresses, self.hasher.hash_one(("traveller", id)) | PURSES),
            Payer::Key(id) => (&purses.keys, self.hasher.hash_one(id)),
        };
        let (quota, left, wait) = match limiter.check_key(&purse) {
            Ok(state) => (state.quota(), state.remaining_burst_capacity(), None),
            Err(not_yet) => (not_yet.quota(), 0, Some(not_yet.wait_time_from(DefaultClock::default().now()))),
        };
        Share::Limited { class, quota: quota.burst_size().get(), left, wait }
    }
}

const KEY_FACTOR_NON_ZERO: NonZeroU32 = NonZeroU32::new(KEY_FACTOR).expect("not 0");

/// What counts as one place on the network: an IPv6 customer has at least a /64 and may use any address in it.
fn network(address: IpAddr) -> u128 {
    match address.to_canonical() {
        IpAddr::V4(address) => u128::from(address.to_bits()),
        IpAddr::V6(address) => address.to_bits() >> 64 << 64,
    }
}

/// What is left after a request.
#[derive(Clone, Copy, Debug)]
pub enum Share {
    /// There is no limit.
    Unlimited,
    /// There is one.
    Limited {
        /// Of which class.
        class: Class,
        /// Requests in a window.
        quota: u32,
        /// How many may be sent at once now.
        left: u32,
        /// How long until this one may be sent, where it was too much.
        wait: Option<Duration>,
    },
}

impl Share {
    /// Whether the request may go on.
    pub fn verdict(&self) -> Result<(), Refusal> {
        match self {
            Self::Limited { wait: Some(wait), .. } => Err(Refusal::TooMany(seconds(*wait))),
            Self::Limited { wait: None, .. } | Self::Unlimited => Ok(()),
        }
    }

    /// Says on an answer what is left: of how many in how many seconds, and when the purse is full again.
    pub fn stamp(&self, mut response: Response) -> Response {
        let Self::Limited { class, quota, left, .. } = self else { return response };
        let word = class.word();
        let window = WINDOW.as_secs();
        let refill = (u64::from(quota - left) * window).div_ceil(u64::from(*quota));
        let fields =
            [(POLICY, format!("\"{word}\";q={quota};w={window}")), (LIMIT, format!("\"{word}\";r={left};t={refill}"))];
        for (name, value) in fields {
            if let Ok(value) = HeaderValue::try_from(value) {
                response.headers_mut().insert(name, value);
            }
        }
        response
    }
}

/// Rounded up: a client that waits so long is not too early.
fn seconds(wait: Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
}

#[cfg(test)]
mod tests {
    use std::net::Ipv6Addr;

    use super::*;
    use crate::config::SettingArgs;

    #[test]
    fn a_request_has_its_class_by_method_and_path() {
        let class = |method: &Method, path: &str| Class::of(method, path);
        assert_eq!(class(&Method::GET, "/v1/check/location"), Class::Check);
        assert_eq!(class(&Method::POST, "/v1/check/itinerary"), Class::Check);
        assert_eq!(class(&Method::GET, "/v1/advisories/kr-mofa:kh"), Class::Read);
        assert_eq!(class(&Method::POST, "/v1/advisories/kr-mofa:kh/revisions"), Class::Publish);
        assert_eq!(class(&Method::DELETE, "/v1/keys/1"), Class::Operate);
        assert_eq!(class(&Method::PUT, "/v1/travellers/1/itineraries/2"), Class::Watch);
        assert_eq!(class(&Method::GET, "/v1"), Class::Read);
        assert_eq!(class(&Method::GET, "/elsewhere/check"), Class::Read);
    }

    #[test]
    fn whoever_pays_once_in_a_while_is_forgotten_and_memory_is_bounded() {
        let mut settings = Settings::resolve_from(&SettingArgs::default(), &|_| None).expect("defaults");
        settings.rate_check = u32::MAX; // full again after some nanoseconds
        let rates = Rates::new(&settings);
        let purses = || rates.classes[Class::Check as usize].as_ref().expect("a limit").addresses.len() as u64;
        for network in 0..2 * PURSES {
            rates.spend(Class::Check, Payer::Address(IpAddr::from(Ipv6Addr::from_bits(u128::from(network) << 64))));
        }
        assert!(purses() <= PURSES, "{} for {} networks", purses(), 2 * PURSES);
        rates.sweep();
        assert_eq!(purses(), 0);
    }

    #[test]
    fn addresses_of_one_network_share_a_purse() {
        let one = |address: &str| network(address.parse().expect("an address"));
        assert_eq!(one("2001:db8:1:2::1"), one("2001:db8:1:2:ffff::9"));
        assert_ne!(one("2001:db8:1:2::1"), one("2001:db8:1:3::1"));
        assert_eq!(one("::ffff:192.0.2.1"), one("192.0.2.1"));
        assert_ne!(one("192.0.2.1"), one("192.0.2.2"));
    }
}
