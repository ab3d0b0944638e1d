//! Known-good sets for machines.

use super::Restore;
use crate::state::StoredSet;
use serde_json::{Value, json};

impl Restore {
    pub(super) fn to_json(&self) -> String {
        let ways = self.ways.iter().map(|way| {
            let commands = way.commands.iter();
            let commands = commands
                .map(|(resolver, command)| json!({"resolver": resolver, "command": command}));
            json!({
                "way": way.kind,
                "risk": way.risk,
                "do": way.action,
                "who": way.who,
                "condition": way.condition,
                "danger": way.danger,
                "seconds": way.seconds,
                "ready_at": way.ready(self.now).map(|ready| ready.to_string()),
                "formula": way.formula,
                "reference": way.reference,
                "undo": way.undo,
                "commands": commands.collect::<Vec<_>>(),
            })
        });
        let held = self.held.iter().map(|held| {
            json!({"what": held.what, "ttl": held.ttl.seconds(), "until": held.until.to_string()})
        });
        let differences = self.differences.iter().map(|one| {
            json!({
                "set": one.set,
                "surplus": one.surplus,
                "missing": one.missing,
                "verified": !one.is_unverified,
            })
        });
        let checks = self.checks.iter();
        let checks = checks
            .map(|one| json!({"check": one.check, "result": one.result, "detail": one.detail}));
        let report = json!({
            "schema": "sigtap.restore/1",
            "as_of": self.now.to_string(),
            "drill": self.is_drill,
            "zone": self.facts.zone.to_string(),
            "state": self.chain.state.name(),
            "why": self.chain.why,
            "advice": self.advice(),
            "known_good": {
                "at": self.good.at.to_string(),
                "why": self.good.why,
                "linked": self.good.is_linked,
                "servers": self.good.servers,
                "ds": self.good.ds.as_ref().map(set),
                "dnskey": self.good.keys.as_ref().map(set),
            },
            "differences": differences.collect::<Vec<_>>(),
            "caches": held.collect::<Vec<_>>(),
            "ways": ways.collect::<Vec<_>>(),
            "key_sync": checks.collect::<Vec<_>>(),
        });
        format!("{report}\n")
    }
}

fn set(set: &StoredSet) -> Value {
    let zone_file = set.rrset.as_ref().map(crate::message::zone_file::write);
    json!({
        "records": set.records,
        "ttl": set.ttl.seconds(),
        "first_seen": set.first_seen.to_string(),
        "last_seen": set.last_seen.to_string(),
        "expiration": set.expiration.to_string(),
        "zone_file": zone_file,
    })
}
