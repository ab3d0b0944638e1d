//! The incidents that lines told of.

use super::reader::address;
use crate::message::Name;
use crate::time::Timestamp;
use serde_json::Value;
use std::collections::BTreeMap;
use std::net::IpAddr;

/// What an incident's last line says.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Incident {
    /// What joins its lines.
    pub id: String,
    /// The zone; nothing if it is a resolver's or the sensor's.
    pub zone: Option<Name>,
    /// As `alert.kind`.
    pub kind: String,
    /// As `alert.cause`.
    pub cause: String,
    /// As `alert.cause_class`.
    pub cause_class: String,
    /// As `incident.scope`: how wide it is.
    pub scope: String,
    /// From 1, informational, to 5, critical.
    pub severity: u64,
    /// What happened, in a sentence.
    pub summary: String,
    /// When its first line was told.
    pub opened: Timestamp,
    /// When it began: the first sight of what it is about.
    pub began: Timestamp,
    /// When its last line was told.
    pub told: Timestamp,
    /// How it ended; nothing while it is open.
    pub resolution: Option<String>,
    /// Names that it names.
    pub names: Vec<Name>,
    /// Servers that it names.
    pub servers: Vec<IpAddr>,
    /// Resolvers that it names.
    pub resolvers: Vec<IpAddr>,
    /// What changed.
    pub change: Option<Changed>,
}

/// The change that an incident is about.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Changed {
    /// What kind of set: `ds`, `dnskey`, `ns`.
    pub set: String,
    /// Its records before.
    pub before: Vec<String>,
    /// Its records after.
    pub after: Vec<String>,
    /// The rule by which it was judged.
    pub rule: Option<String>,
    /// When validating resolvers begin to fail by it.
    pub breaks_at: Option<Timestamp>,
    /// Until when it can be taken back without harm.
    pub undo_until: Option<Timestamp>,
}

impl Incident {
    /// Whether it has not ended.
    pub const fn is_open(&self) -> bool {
        self.resolution.is_none()
    }
}

/// Incidents as their lines are read in order.
#[derive(Debug, Default)]
pub(super) struct Incidents {
    all: Vec<Incident>,
    places: BTreeMap<String, usize>,
}

impl Incidents {
    /// Takes an alert line in. One that this version cannot read tells nothing.
    pub(super) fn take(&mut self, zone: Option<Name>, line: &str) {
        let Ok(line) = serde_json::from_str::<Value>(line) else {
            return;
        };
        let Some(told) = incident(zone, &line) else {
            return;
        };
        let place = self.places.get(&told.id);
        let Some(known) = place.and_then(|at| self.all.get_mut(*at)) else {
            self.places.insert(told.id.clone(), self.all.len());
            self.all.push(told);
            return;
        };
        *known = Incident {
            opened: known.opened,
            began: known.began.min(told.began),
            // The line that ends it may leave out what changed.
            change: told.change.or_else(|| known.change.take()),
            ..told
        };
    }

    /// All of them, in the order of their first lines.
    pub(super) fn into_all(self) -> Vec<Incident> {
        self.all
    }
}

fn incident(zone: Option<Name>, line: &Value) -> Option<Incident> {
    let text = |pointer: &str| line.pointer(pointer).and_then(Value::as_str);
    let owned = |pointer: &str| text(pointer).unwrap_or_default().to_owned();
    let told = moment(text("/timestamp"))?;
    Some(Incident {
        id: text("/incident/id")?.to_owned(),
        zone,
        kind: owned("/alert/kind"),
        cause: owned("/alert/cause"),
        cause_class: owned("/alert/cause_class"),
        scope: owned("/incident/scope"),
        severity: line.pointer("/severity_id").and_then(Value::as_u64)?,
        summary: owned("/summary"),
        opened: told,
        began: moment(text("/incident/first_seen")).unwrap_or(told),
        told,
        resolution: text("/incident/resolution").map(str::to_owned),
        names: texts(line.pointer("/incident/names"))
            .iter()
            .filter_map(|name| Name::parse(name).ok())
            .collect(),
        servers: addresses(line.pointer("/incident/servers")),
        resolvers: addresses(line.pointer("/incident/resolvers")),
        change: line.get("change").and_then(changed),
    })
}

fn changed(change: &Value) -> Option<Changed> {
    let text = |key: &str| change.get(key).and_then(Value::as_str);
    Some(Changed {
        set: text("set")?.to_owned(),
        before: texts(change.get("before")),
        after: texts(change.get("after")),
        rule: text("rule").map(str::to_owned),
        breaks_at: moment(text("breaks_at")),
        undo_until: moment(text("undo_until")),
    })
}

fn texts(value: Option<&Value>) -> Vec<String> {
    let items = value.and_then(Value::as_array).into_iter().flatten();
    items.filter_map(Value::as_str).map(str::to_owned).collect()
}

fn addresses(value: Option<&Value>) -> Vec<IpAddr> {
    texts(value)
        .iter()
        .filter_map(|text| address(text))
        .collect()
}

/// A time as lines have it: RFC 3339, but for the colon in the offset.
fn moment(text: Option<&str>) -> Option<Timestamp> {
    let text = text?;
    let utc = text.strip_suffix("+0000").map(|rest| format!("{rest}Z"));
    Timestamp::parse(utc.as_deref().unwrap_or(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn line(status: &str, time: &str, resolution: Option<&str>, change: &Value) -> String {
        json!({
            "timestamp": format!("2026-10-12T08:{time}:00.000000+0000"),
            "summary": status,
            "severity_id": 4,
            "alert": {"kind": "ds_mismatch", "cause": "ds_mismatch"},
            "incident": {
                "id": "1", "status": status, "resolution": resolution,
                "first_seen": "2026-10-12T08:05:00.000000+0000", "servers": ["192.0.2.1"],
            },
            "change": change,
        })
        .to_string()
    }

    #[test]
    fn the_last_line_counts_and_the_first_tells_when_it_opened() {
        let mut incidents = Incidents::default();
        let change = json!({"set": "ds", "before": ["1 13 2 00"], "after": [], "rule": null});
        incidents.take(None, &line("opened", "10", None, &change));
        incidents.take(None, "no line");
        incidents.take(
            None,
            &line("resolved", "20", Some("verified"), &Value::Null),
        );
        let all = incidents.into_all();
        assert_eq!(all.len(), 1);
        let minute = |minute| Timestamp::from_utc([2026, 10, 12], [8, minute, 0]).unwrap();
        assert_eq!((all[0].opened, all[0].told), (minute(10), minute(20)));
        assert_eq!(all[0].began, minute(5));
        assert!(!all[0].is_open());
        assert_eq!(all[0].change.as_ref().unwrap().before, ["1 13 2 00"]);
        assert_eq!(all[0].servers.len(), 1);
    }
}
