//! One declared change of a DS set, and how a change that was seen differs from it.

use crate::message::Ds;
use crate::time::Timestamp;

/// A declaration whose window is further from a change than this does not explain it.
const NEAR_SECONDS: i64 = 7 * 86_400;

/// Digits of a digest that a sentence shows.
const DIGITS: usize = 8;

/// Records of a set that a sentence shows.
const RECORDS: usize = 3;

/// A change of a zone's DS set that was declared beforehand.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Plan {
    /// Its name in the change management.
    pub ticket: String,
    /// Who allowed it.
    pub approver: Option<String>,
    /// From when on it may happen.
    pub from: Timestamp,
    /// Until when.
    pub until: Timestamp,
    /// The set that it starts from, sorted; any if it is not told.
    pub ds_before: Option<Vec<Ds>>,
    /// The set that it leads to, sorted; empty if the DS set is to be withdrawn.
    pub ds_after: Vec<Ds>,
}

impl Plan {
    /// Whether it leads to this set.
    pub fn leads_to(&self, after: &[Ds]) -> bool {
        self.ds_after == after
    }

    /// Whether its window is open.
    pub fn is_open(&self, time: Timestamp) -> bool {
        (self.from..=self.until).contains(&time)
    }

    /// How a change is not the one that is declared, in words; nothing if it is.
    pub fn miss(&self, before: &[Ds], after: &[Ds], time: Timestamp) -> Option<String> {
        let ticket = &self.ticket;
        let (declared, found) = (brief(&self.ds_after), brief(after));
        if !self.leads_to(after) {
            return Some(format!("{ticket} declares {declared}, this is {found}"));
        }
        if time < self.from {
            let early = span(self.from.seconds_since(time));
            let from = self.from;
            return Some(format!(
                "{ticket} declares {declared} from {from} on, this is {early} earlier"
            ));
        }
        if time > self.until {
            let late = span(time.seconds_since(self.until));
            let until = self.until;
            return Some(format!(
                "{ticket} declares {declared} until {until}, this is {late} later"
            ));
        }
        let expected = self.ds_before.as_deref().filter(|set| *set != before)?;
        Some(format!(
            "{ticket} declares a change from {}, this one is from {}",
            brief(expected),
            brief(before)
        ))
    }

    /// Whether it could be meant by a change to this set at this time.
    pub(super) fn is_near(&self, after: &[Ds], time: Timestamp) -> bool {
        self.leads_to(after) || self.apart(time) <= NEAR_SECONDS
    }

    /// How far it is from a change: one that leads to the same set before all others.
    pub(super) fn distance(&self, after: &[Ds], time: Timestamp) -> (bool, i64) {
        (!self.leads_to(after), self.apart(time))
    }

    /// Seconds between its window and a moment.
    fn apart(&self, time: Timestamp) -> i64 {
        let early = self.from.seconds_since(time);
        early.max(time.seconds_since(self.until)).max(0)
    }

    /// What it is called in a sentence: the ticket, who allowed it, and its window.
    pub fn title(&self) -> String {
        let Self { ticket, until, .. } = self;
        let approved = match &self.approver {
            Some(approver) => format!(", approved by {approver}"),
            None => String::new(),
        };
        let from = self.from;
        format!("{ticket}{approved}, from {from} until {until}")
    }
}

/// A DS set for a sentence: `4711 13 2 C0DE2B1F…`.
pub(super) fn brief(set: &[Ds]) -> String {
    let record = |ds: &Ds| {
        let text = ds.to_string();
        let digest = text.rfind(' ').map_or(0, |at| at + 1);
        let mut short: String = text.chars().take(digest + DIGITS).collect();
        if short.len() < text.len() {
            short.push('…');
        }
        short
    };
    let mut records: Vec<String> = set.iter().take(RECORDS).map(record).collect();
    match set.len().checked_sub(RECORDS) {
        _ if set.is_empty() => "no DS".to_owned(),
        Some(more @ 1..) => {
            records.push(format!("{more} more"));
            records.join(" and ")
        }
        Some(0) | None => records.join(" and "),
    }
}

/// Seconds in the unit that reads best.
fn span(seconds: i64) -> String {
    match seconds {
        ..121 => format!("{seconds} s"),
        121..7201 => format!("{} min", seconds / 60),
        7201..172_801 => format!("{} h", seconds / 3600),
        _ => format!("{} days", seconds / 86_400),
    }
}
