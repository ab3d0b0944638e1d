//! Whether a zone's signatures are made anew before they run out (RFC 6781 §4.4.2).

use super::change::{Change, ChangeKind};
use super::open::draft_at;
use super::signed::Signed;
use crate::message::{Name, Rtype};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::IpAddr;

/// Keys and servers whose newest signature is remembered.
const SOURCES: usize = 24;

/// RRsets whose newest signature is remembered.
const RRSETS: usize = 32;

/// Seconds after which what still holds is told again.
const AGAIN_SECONDS: i64 = 3600;

/// How much of a lifetime is left when something is told, and since how much a signer must not
/// have been seen at work for that: both in percent. Signers make signatures anew one by one,
/// and each in its time; one that was seen at work since has let this signature be on purpose.
const LEVELS: [(u8, u8); 3] = [(5, 10), (10, 25), (25, 50)];

/// Signers set inceptions back, that clocks may differ: BIND by an hour, Knot by an hour and a
/// half. This much of what was there at the first sight is not taken for time that has passed.
const SET_BACK_SECONDS: i64 = 3 * 3600;

/// A signature that has no more than this of its lifetime left when it is made, in percent, is
/// meant so.
const BORN_OLD_PERCENT: u8 = 25;

/// From this level on it is an alarm; what is told before is a record.
const ALARM_PERCENT: u8 = 10;

/// Whose newest signature it is. Keys tell of a signer wherever it is seen; servers, of one that
/// goes over to another key.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
enum Source {
    /// A key, by tag and algorithm.
    Key(u16, u8),
    /// A server.
    Server(IpAddr),
}

/// The newest signature of a source. Over keys and over data, signers work apart.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
struct Newest {
    source: Source,
    is_over_keys: bool,
    inception: Timestamp,
    /// Seconds from inception to sight, at the least.
    youngest: i64,
    /// It was seen to make more than one.
    is_at_work: bool,
}

/// A signature that was told to be near its end.
#[derive(Clone, Debug, Deserialize, Serialize)]
struct Told {
    about: (Name, Rtype),
    /// Tag and algorithm.
    key: (u16, u8),
    server: IpAddr,
    is_over_keys: bool,
    percent: u8,
    inception: Timestamp,
    /// A signer that was at work since has not stopped.
    stopped_before: Timestamp,
    /// The signature in words.
    text: String,
    time: Timestamp,
}

/// What is known of how a zone's signatures are kept fresh.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(super) struct Expiry {
    /// The latest used last.
    newest: Vec<Newest>,
    /// The newest inception over RRsets by their keys, under a number for each; the latest used
    /// last. They tell a server that lags.
    remade: Vec<(u64, Timestamp)>,
    told: Option<Told>,
}

impl Expiry {
    /// Takes a signature in. Tells if it nears its end and its signer was not seen at work, and
    /// if such a one is made anew.
    pub(super) fn note(&mut self, zone: &Name, signed: &Signed<'_>) -> Option<Change> {
        let (tag, algorithm) = key_of(signed);
        let remade_at = self.see_rrset(signed);
        let by_key = self.see(Source::Key(tag, algorithm), signed);
        let mut seen = by_key.inception;
        if signed.is_fresh() {
            let by_server = self.see(Source::Server(signed.server()), signed);
            seen = seen.max(by_server.inception);
        }
        let age = Age::of(signed, &by_key);
        let worked_at = seen.plus_seconds(age.set_back);
        if let Some(told) = self
            .told
            .take_if(|told| told.is_over(signed, &age, worked_at))
        {
            // The first level is a record only, so its end is none.
            return (told.percent <= ALARM_PERCENT).then(|| refreshed(zone, &told, signed));
        }
        if !signed.is_fresh() || remade_at > signed.by.inception {
            return None;
        }
        let (percent, stopped_before) = age.level(worked_at)?;
        let is_news = self.told.as_ref().is_none_or(|told| {
            let is_due = signed.time().seconds_since(told.time) >= AGAIN_SECONDS;
            let is_alarm = percent <= ALARM_PERCENT;
            percent < told.percent || percent == told.percent && is_alarm && is_due
        });
        is_news.then(|| {
            self.told = Some(Told {
                about: signed.about.clone(),
                key: key_of(signed),
                server: signed.server(),
                is_over_keys: signed.is_over_keys(),
                percent,
                inception: signed.by.inception,
                stopped_before,
                text: text(signed),
                time: signed.time(),
            });
            expiring(zone, signed, percent, seen)
        })
    }

    /// Whether a signature was told to be near its end.
    pub(super) fn is_told(&self) -> bool {
        self.told.is_some()
    }

    /// Notes what a source was seen to make; gives the newest that it made so far.
    fn see(&mut self, source: Source, signed: &Signed<'_>) -> Newest {
        let (inception, is_over_keys) = (signed.by.inception, signed.is_over_keys());
        let age = signed.time().seconds_since(inception).max(0);
        let known = self
            .newest
            .iter()
            .position(|known| known.source == source && known.is_over_keys == is_over_keys);
        let mut newest = match known {
            Some(at) => self.newest.remove(at),
            None => Newest {
                source,
                is_over_keys,
                inception,
                youngest: age,
                is_at_work: false,
            },
        };
        newest.is_at_work |= newest.inception != inception;
        newest.inception = newest.inception.max(inception);
        newest.youngest = newest.youngest.min(age);
        if self.newest.len() >= SOURCES {
            self.newest.remove(0);
        }
        self.newest.push(newest);
        newest
    }

    /// Notes a signature over an RRset; gives the newest inception by this key.
    fn see_rrset(&mut self, signed: &Signed<'_>) -> Timestamp {
        // Two RRsets with one number only make it less likely that something is told.
        let mut hasher = DefaultHasher::new();
        (signed.about, key_of(signed)).hash(&mut hasher);
        let number = hasher.finish();
        let known = self.remade.iter().position(|known| known.0 == number);
        let known = known.map(|at| self.remade.remove(at).1);
        let newest = known.map_or(signed.by.inception, |known| known.max(signed.by.inception));
        if self.remade.len() >= RRSETS {
            self.remade.remove(0);
        }
        self.remade.push((number, newest));
        newest
    }
}

impl Told {
    /// Whether this signature, and when its key or server was at work last, show that the signer
    /// works again.
    fn is_over(&self, signed: &Signed<'_>, age: &Age, worked_at: Timestamp) -> bool {
        let is_of_signer = self.key == key_of(signed) || self.server == signed.server();
        let is_same_work = self.is_over_keys == signed.is_over_keys();
        let is_remade = self.about == *signed.about && signed.by.inception > self.inception;
        is_of_signer
            && (is_same_work && worked_at >= self.stopped_before
                || is_remade && age.left > share(age.lifetime, ALARM_PERCENT))
    }
}

/// How old a signature is.
#[derive(Clone, Copy, Debug)]
struct Age {
    /// Seconds by which the signer set the inception back, as far as that is known.
    set_back: i64,
    /// Seconds from when it was made to its end.
    lifetime: i64,
    /// Seconds until the last of the signatures ends that came with the RRset.
    left: i64,
    expiration: Timestamp,
}

impl Age {
    fn of(signed: &Signed<'_>, newest: &Newest) -> Self {
        let whole = signed.by.expiration.seconds_since(signed.by.inception);
        let is_born_old = newest.is_at_work
            && whole.saturating_sub(newest.youngest) <= share(whole, BORN_OLD_PERCENT);
        let set_back = if is_born_old {
            newest.youngest
        } else {
            newest.youngest.min(SET_BACK_SECONDS)
        };
        Self {
            set_back,
            lifetime: whole.saturating_sub(set_back),
            left: signed.last_expiration().seconds_since(signed.time()),
            expiration: signed.by.expiration,
        }
    }

    /// How near its end it is, and when its signer must have been at work last for that to be
    /// told.
    fn level(&self, worked_at: Timestamp) -> Option<(u8, Timestamp)> {
        let is_near = |(percent, _): &(u8, u8)| self.left <= share(self.lifetime, *percent);
        let mut levels = LEVELS.into_iter().filter(|_| self.lifetime > 0);
        let (percent, since) = levels.find(is_near)?;
        let stopped_before = self.expiration.plus_seconds(-share(self.lifetime, since));
        (worked_at < stopped_before).then_some((percent, stopped_before))
    }
}

fn share(seconds: i64, percent: u8) -> i64 {
    seconds.saturating_mul(i64::from(percent)) / 100
}

fn key_of(signed: &Signed<'_>) -> (u16, u8) {
    (signed.by.key_tag, signed.by.algorithm)
}

/// A signature in words: over what, by whom, from when until when.
fn text(signed: &Signed<'_>) -> String {
    let (owner, rtype) = signed.about;
    let (tag, algorithm) = key_of(signed);
    format!(
        "{owner} {rtype} {tag} {algorithm} {} {}",
        signed.by.inception, signed.by.expiration
    )
}

fn expiring(zone: &Name, signed: &Signed<'_>, percent: u8, newest: Timestamp) -> Change {
    let (owner, rtype) = signed.about;
    let end = signed.last_expiration();
    let is_record = percent > ALARM_PERCENT;
    let why = format!(
        "the signature over {owner} {rtype} by key {}, valid from {}, runs out at {end}: no more \
         than {percent} % of that is left, and nothing signed after {newest} was seen; validating \
         resolvers fail from then on",
        signed.by.key_tag, signed.by.inception
    );
    Change {
        before: vec![text(signed)],
        before_seen: Some(signed.time()),
        is_expected: is_record,
        why,
        breaks_at: Some(end),
        undo_until: Some(end),
        left_percent: Some(percent),
        ..draft_at(
            zone,
            ChangeKind::SignatureExpiring,
            signed.time(),
            signed.exchange(),
        )
    }
}

fn refreshed(zone: &Name, told: &Told, signed: &Signed<'_>) -> Change {
    Change {
        before: vec![told.text.clone()],
        before_seen: Some(told.time),
        after: vec![text(signed)],
        is_expected: true,
        why: format!(
            "a signature by key {} from {} was seen: the signer works again",
            signed.by.key_tag, signed.by.inception
        ),
        reverts: Some(ChangeKind::SignatureExpiring),
        ..draft_at(
            zone,
            ChangeKind::SignatureExpiring,
            signed.time(),
            signed.exchange(),
        )
    }
}
