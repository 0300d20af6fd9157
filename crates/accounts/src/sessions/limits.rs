//! Rate limits: how often somebody may try to sign in.

use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::time::Duration;

use base::{Error, ErrorKind, Result};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

/// Tries of one account from one address: ten at once, then one every 30 seconds. From elsewhere its owner still gets
/// in, so whoever guesses does not lock them out.
const ACCOUNT_BURST: NonZeroU32 = NonZeroU32::new(10).expect("ten");
const ACCOUNT_SECONDS: u64 = 30;
/// Tries of one account from everywhere: a hundred at once, then one every three seconds.
const EVERYWHERE_BURST: NonZeroU32 = NonZeroU32::new(100).expect("a hundred");
const EVERYWHERE_SECONDS: u64 = 3;
/// Tries from one address: sixty at once, then one a second (a whole office may share one address).
const ADDRESS_BURST: NonZeroU32 = NonZeroU32::new(60).expect("sixty");

/// Counts tries per account and per address, in memory.
pub struct SignInLimits {
    accounts: DefaultKeyedRateLimiter<(String, Option<IpAddr>)>,
    everywhere: DefaultKeyedRateLimiter<String>,
    addresses: DefaultKeyedRateLimiter<IpAddr>,
}

impl Default for SignInLimits {
    fn default() -> Self {
        let one_every = |seconds, burst| {
            Quota::with_period(Duration::from_secs(seconds))
                .unwrap_or(Quota::per_minute(NonZeroU32::MIN))
                .allow_burst(burst)
        };
        Self {
            accounts: RateLimiter::keyed(one_every(ACCOUNT_SECONDS, ACCOUNT_BURST)),
            everywhere: RateLimiter::keyed(one_every(EVERYWHERE_SECONDS, EVERYWHERE_BURST)),
            addresses: RateLimiter::keyed(Quota::per_second(NonZeroU32::MIN).allow_burst(ADDRESS_BURST)),
        }
    }
}

impl SignInLimits {
    pub(crate) fn check_account(&self, name: &str, address: Option<IpAddr>) -> Result<()> {
        let name = base::names::cut(name, 63);
        let here = (name.clone(), address.map(network));
        self.accounts.check_key(&here).map_err(|_| refused(ACCOUNT_SECONDS))?;
        self.everywhere.check_key(&name).map_err(|_| refused(EVERYWHERE_SECONDS))
    }

    pub(crate) fn check_address(&self, address: Option<IpAddr>) -> Result<()> {
        let Some(address) = address else { return Ok(()) };
        self.addresses.check_key(&network(address)).map_err(|_| refused(5))
    }

    /// Forgets keys that are full again, so that the tables stay small.
    pub fn clean_up(&self) {
        self.accounts.retain_recent();
        self.everywhere.retain_recent();
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
    Error::new(ErrorKind::TooManyRequests, "too_many_tries", "Too many tries to sign in.")
        .with_hint(format!("Wait {seconds} seconds, then try again."))
        .with_retry_after(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_guesses_does_not_lock_the_owner_out() {
        let limits = SignInLimits::default();
        let address = |last| Some(IpAddr::from([192, 0, 2, last]));
        let tries =
            |last, times| (0..times).filter(|_| limits.check_account("ada", address(last)).is_ok()).count();
        assert_eq!(tries(1, 30), 10);
        assert_eq!(tries(2, 1), 1, "from another address");
        let everywhere: usize = (3..=30).map(|last| tries(last, 10)).sum();
        assert!((89..=91).contains(&everywhere), "{everywhere} tries of one account from everywhere");
    }
}
