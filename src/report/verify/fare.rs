//! How a zone fares at one server or resolver.

use crate::portfolio::Portfolio;
use crate::report::words::plain;
use crate::time::{Timestamp, Ttl};
use crate::watch::Sight;
use std::net::IpAddr;

/// Whose answers they are.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Role {
    /// A server of the zone.
    Server,
    /// A resolver.
    Resolver,
}

impl Role {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::Resolver => "resolver",
        }
    }
}

/// How a zone fares at one address.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Fare {
    pub(super) role: Role,
    pub(super) address: IpAddr,
    /// What it is called.
    pub(super) title: String,
    /// It must be seen: it was asked, or the portfolio says that it validates.
    pub(super) is_needed: bool,
    /// Its last answer in order.
    pub(super) good: Option<Timestamp>,
    /// The first one since the last that was not.
    pub(super) good_since: Option<Timestamp>,
    /// The last that was not, and what was wrong.
    pub(super) bad: Option<(Timestamp, String)>,
}

/// What that comes to.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Stand {
    /// In order for one TTL.
    Recovered { since: Timestamp },
    /// In order, and not yet for long enough.
    Good { since: Timestamp, until: Timestamp },
    /// Not in order.
    Bad { at: Timestamp, what: String },
    /// Nothing passed since the moment that counts.
    NotSeen,
}

impl Stand {
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::Recovered { .. } => "recovered",
            Self::Good { .. } => "good",
            Self::Bad { .. } => "bad",
            Self::NotSeen => "not_seen",
        }
    }
}

impl Fare {
    /// Of an address of which nothing was seen.
    pub(super) fn new(role: Role, address: IpAddr, portfolio: &Portfolio) -> Self {
        let declared = portfolio
            .resolver(&address)
            .filter(|_| role == Role::Resolver);
        Self {
            role,
            address,
            title: declared.map_or_else(|| address.to_string(), |one| plain(&one.title())),
            is_needed: declared.is_some_and(|one| one.validates == Some(true)),
            good: None,
            good_since: None,
            bad: None,
        }
    }

    /// As traffic showed it.
    pub(super) fn of(role: Role, sight: &Sight, portfolio: &Portfolio) -> Self {
        Self {
            good: sight.good,
            good_since: sight.good_since,
            bad: sight
                .bad
                .map(|(time, trouble)| (time, trouble.name().to_owned())),
            ..Self::new(role, sight.address, portfolio)
        }
    }

    /// Takes in a later answer; nothing is wrong with one that is in order.
    pub(super) fn add(&mut self, time: Timestamp, wrong: Option<String>) {
        if let Some(wrong) = wrong {
            self.bad = Some((time, wrong));
            self.good_since = None;
        } else {
            self.good = self.good.max(Some(time));
            self.good_since.get_or_insert(time);
        }
    }

    /// What was seen from `since` until `now` comes to, where caches hold what was before for
    /// `ttl`. Who was good for too short and silent since is not seen any more: a server that was
    /// left, or a resolver that nobody asks.
    pub(super) fn stand(&self, since: Timestamp, ttl: Ttl, now: Timestamp) -> Stand {
        let bad = self.bad.as_ref().filter(|(time, _)| *time >= since);
        let good = self.good.filter(|good| *good >= since);
        match (good, self.good_since, bad) {
            (Some(good), Some(first), _) => {
                let first = first.max(since);
                let until = first.plus_ttl(ttl);
                if good >= until {
                    Stand::Recovered { since: first }
                } else if now > good.plus_ttl(ttl) {
                    Stand::NotSeen
                } else {
                    Stand::Good {
                        since: first,
                        until,
                    }
                }
            }
            (_, _, Some((at, what))) => Stand::Bad {
                at: *at,
                what: what.clone(),
            },
            (_, _, None) => Stand::NotSeen,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::new(1_800_000_000 + second, 0)
    }

    /// At which seconds, and whether in order.
    type Answers = &'static [(i64, bool)];

    #[test]
    fn only_what_is_good_for_one_ttl_has_recovered() {
        const BAD: bool = false;
        const GOOD: bool = true;
        // Since second 100; a TTL of 60 s.
        let table: [(&str, Answers, &str); 9] = [
            ("nothing", &[], "not_seen"),
            ("good before", &[(50, GOOD)], "not_seen"),
            ("bad before", &[(50, BAD)], "not_seen"),
            ("good once", &[(110, GOOD)], "good"),
            ("good for a TTL", &[(110, GOOD), (170, GOOD)], "recovered"),
            (
                "good long before and once since",
                &[(10, GOOD), (110, GOOD)],
                "good",
            ),
            (
                "bad in between",
                &[(110, GOOD), (150, BAD), (180, GOOD)],
                "good",
            ),
            ("silent since", &[(101, GOOD), (110, GOOD)], "not_seen"),
            ("bad last", &[(110, GOOD), (170, GOOD), (180, BAD)], "bad"),
        ];
        for (what, answers, expected) in table {
            let portfolio = Portfolio::default();
            let mut fare = Fare::new(Role::Resolver, [192, 0, 2, 1].into(), &portfolio);
            let last = answers.last().map_or(0, |(second, _)| *second);
            let now = at(if what == "silent since" { 171 } else { last });
            for (second, is_good) in answers {
                let wrong = (!is_good).then(|| "servfail".to_owned());
                fare.add(at(*second), wrong);
            }
            let stand = fare.stand(at(100), Ttl::new(60), now);
            assert_eq!(stand.name(), expected, "{what}");
        }
    }
}
