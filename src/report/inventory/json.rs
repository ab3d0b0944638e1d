//! An inventory for machines.

use super::Inventory;
use super::row::Row;
use crate::report::facts::ds_of;
use crate::state::StoredSet;
use crate::time::Timestamp;
use crate::watch::Denial;
use serde_json::{Value, json};

impl Inventory {
    pub(super) fn to_json(&self) -> String {
        let zones: Vec<Value> = self.rows.iter().map(zone).collect();
        let report = json!({
            "schema": "sigtap.inventory/1",
            "as_of": self.now.to_string(),
            "drill": self.is_drill,
            "zones": zones,
        });
        format!("{report}\n")
    }
}

fn time(time: Option<Timestamp>) -> Value {
    time.map_or(Value::Null, |time| time.to_string().into())
}

fn zone(row: &Row) -> Value {
    let facts = &row.facts;
    let links = row.chain.links.iter().map(|link| {
        json!({
            "zone": link.zone.to_string(),
            "state": link.state.name(),
            "key_tags": link.key_tags,
            "detail": link.words,
        })
    });
    let lacks = row.lacks.iter();
    let weaknesses = row.weaknesses.iter();
    let open = facts.open_incidents();
    let declared = row.declared.as_deref();
    json!({
        "zone": row.zone().to_string(),
        "criticality": row.criticality().name(),
        "owner": row.owner(),
        "signer": row.told(|zone| zone.signer.as_ref()),
        "ds_publisher": row.told(|zone| zone.ds_publisher.as_ref()),
        "runbook": row.runbook(),
        "key_plan": row.told(|zone| zone.key_plan.as_ref()),
        "expect": declared.and_then(|zone| zone.expect).map(crate::portfolio::Expected::name),
        "state": row.chain.state.name(),
        "why": row.chain.why,
        "signed": row.is_signed(),
        "chain_intact": row.is_intact(),
        "chain": links.collect::<Vec<_>>(),
        "last_seen": time(facts.last_seen()),
        "gaps": lacks.map(|lack| json!({"gap": lack.kind, "detail": lack.words})).collect::<Vec<_>>(),
        "keys": keys(row),
        "unverified_keys": row.unverified_keys(),
        "dnskey": facts.current_keys().map(set),
        "ds": facts.current_ds().map(ds),
        "servers": facts.servers,
        "denial": facts.standing.denial.map(denial),
        "expires": row.ends.iter()
            .map(|end| json!({"about": end.about, "time": end.time.to_string()}))
            .collect::<Vec<_>>(),
        "resolvers": resolvers(row),
        "rollover": row.steps.iter().map(|step| json!({
            "stands": step.stands,
            "next": step.next,
            "safe_from": step.safe_from.to_string(),
            "formula": step.formula,
            "reference": step.reference,
        })).collect::<Vec<_>>(),
        "weaknesses": weaknesses
            .map(|weakness| json!({"weakness": weakness.kind, "detail": weakness.words}))
            .collect::<Vec<_>>(),
        "open_incidents": open.map(|open| json!({
            "id": open.id,
            "kind": open.kind,
            "cause": open.cause,
            "cause_class": open.cause_class,
            "severity_id": open.severity,
            "since": open.began.to_string(),
            "summary": open.summary,
        })).collect::<Vec<_>>(),
    })
}

fn keys(row: &Row) -> Vec<Value> {
    let keys = row.keys.iter().map(|key| {
        json!({
            "key_tag": key.tag,
            "algorithm": key.algorithm,
            "role": key.role,
            "has_ds": key.has_ds,
            "revoked": key.is_revoked,
        })
    });
    keys.collect()
}

fn resolvers(row: &Row) -> Vec<Value> {
    let resolvers = row.validators.iter().map(|one| {
        json!({
            "address": one.address.to_string(),
            "name": one.title,
            "should_validate": one.is_expected,
            "validated": time(one.authentic),
            "gave_bogus": time(one.passed_on),
            "asked_keys": time(one.asked_keys),
        })
    });
    resolvers.collect()
}

fn set(set: &StoredSet) -> Value {
    json!({
        "ttl": set.ttl.seconds(),
        "first_seen": set.first_seen.to_string(),
        "last_seen": set.last_seen.to_string(),
        "inception": set.inception.to_string(),
        "expiration": set.expiration.to_string(),
        "signed_by": set.key_tag,
    })
}

fn ds(ds: &StoredSet) -> Value {
    let mut value = set(ds);
    if let Value::Object(members) = &mut value {
        members.insert("records".to_owned(), ds.records.clone().into());
        let tags: Vec<u16> = ds_of(ds).iter().map(|ds| ds.key_tag).collect();
        members.insert("key_tags".to_owned(), tags.into());
    }
    value
}

fn denial(denial: Denial) -> Value {
    match denial {
        Denial::Nsec => json!({"type": "NSEC"}),
        Denial::Nsec3 {
            iterations,
            salt_octets,
            has_opt_out,
        } => json!({
            "type": "NSEC3",
            "iterations": iterations,
            "salt_octets": salt_octets,
            "opt_out": has_opt_out,
        }),
    }
}
