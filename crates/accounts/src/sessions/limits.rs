//! How often somebody may try to sign in.

use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;

use base::{Error, Kind, Result};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

/// Tries of one account: ten at once, then one every 30 seconds.
const ACCOUNT_BURST: NonZeroU32 = NonZeroU32::new(10).expect("ten");
/// Tries from one address: sixty at once, then one a second (a whole office may share one address).
const ADDRESS_BURST: NonZeroU32 = NonZeroU32::new(60).expect("sixty");

/// Counts tries per account and per address, in memory.
pub struct SignInLimits {
    accounts: DefaultKeyedRateLimiter<String>,
    addresses: DefaultKeyedRateLimiter<IpAddr>,
}

impl Default for SignInLimits {
    fn default() -> Self {
        let every_30_seconds = Quota::with_period(std::time::Duration::from_secs(30))
            .unwrap_or(Quota::per_minute(ACCOUNT_BURST));
        Self {
            accounts: RateLimiter::keyed(every_30_seconds.allow_burst(ACCOUNT_BURST)),
            addresses: RateLimiter::keyed(Quota::per_second(NonZeroU32::MIN).allow_burst(ADDRESS_BURST)),
        }
    }
}

impl SignInLimits {
    pub(crate) fn check_account(&self, name: &str) -> Result<()> {
        self.accounts.check_key(&base::names::cut(name, 63)).map_err(|_| refused(30))
    }

    pub(crate) fn check_address(&self, address: Option<IpAddr>) -> Result<()> {
        let Some(address) = address else { return Ok(()) };
        self.addresses.check_key(&network(address)).map_err(|_| refused(5))
    }

    /// Forgets keys that are full again, so that the tables stay small.
    pub fn clean_up(&self) {
        self.accounts.retain_recent();
        self.addresses.retain_recent();
    }
}

/// One person easily has a whole IPv6 /64.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => {
            let s = v6.segments();
            IpAddr::V6(Ipv6Addr::new(s[0], s[1], s[2], s[3], 0, 0, 0, 0))
        }
    }
}

fn refused(seconds: u64) -> Error {
    Error::new(Kind::TooManyRequests, "too_many_tries", "Too many tries to sign in.")
        .with_hint(format!("Wait {seconds} seconds, then try again."))
        .with_retry_after(seconds)
}
