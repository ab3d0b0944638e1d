//! One incident from its first line to its last.

use super::super::words::{list, plain, plural, span};
use super::timeline::told_at;
use crate::message::Name;
use crate::time::Timestamp;
use serde_json::Value;

/// One incident.
#[derive(Clone, Debug)]
pub(super) struct Case {
    /// What joins its lines.
    pub(super) id: String,
    /// The zone; nothing if it is a resolver's or the sensor's.
    pub(super) zone: Option<Name>,
    /// As `alert.kind`.
    pub(super) kind: String,
    /// What happened, in the sentence of its first line.
    pub(super) first_summary: String,
    /// The same as its last line has it.
    pub(super) summary: String,
    /// As `alert.cause`, each once, in the order in which they were found.
    pub(super) causes: Vec<String>,
    /// As `alert.cause_class` of the last line.
    pub(super) class: String,
    /// In words, the worst it got.
    pub(super) severity: String,
    /// The same from 1, informational, to 5, critical.
    pub(super) severity_id: u64,
    /// In what the judgement is sure, as `confidence_reasons`.
    pub(super) confidence: String,
    /// When what it is about was first seen.
    pub(super) began: Timestamp,
    /// When it was told first.
    pub(super) opened: Timestamp,
    /// When what it is about was last seen.
    pub(super) last_seen: Timestamp,
    /// When it was told that it is over, and how that was known.
    pub(super) ended: Option<(Timestamp, String)>,
    /// How wide it got.
    pub(super) scope: String,
    /// How often it was seen.
    pub(super) count: u64,
    /// Names, servers, resolvers that it met, the first ones, with their totals.
    pub(super) names: (Vec<String>, u64),
    pub(super) servers: (Vec<String>, u64),
    pub(super) resolvers: (Vec<String>, u64),
    /// Clients that it met.
    pub(super) clients: u64,
    /// What speaks for the cause: what was looked at, and what was found.
    pub(super) checks: Vec<(String, String)>,
    /// Where the frames are that prove it.
    pub(super) frames: Vec<String>,
    /// What was recommended, in order.
    pub(super) steps: Vec<String>,
    /// What changed, and by which rule that was judged.
    pub(super) change: Option<CaseChange>,
    /// Who answers for the zone, and for what, as the portfolio says.
    pub(super) contacts: Vec<(String, String)>,
    /// Frames that were lost just before its lines.
    pub(super) lost_frames: u64,
}

/// What changed, if that is what an incident is about.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct CaseChange {
    pub(super) set: String,
    pub(super) before: Vec<String>,
    pub(super) after: Vec<String>,
    pub(super) rule: Option<String>,
    pub(super) why: String,
}

impl Case {
    /// As its first line has it.
    pub(super) fn new(zone: Option<Name>, line: &Value, told: Timestamp) -> Option<Self> {
        let mut case = Self {
            id: text(line, "/incident/id")?.to_owned(),
            zone,
            kind: owned(line, "/alert/kind"),
            first_summary: plain(&owned(line, "/summary")),
            summary: String::new(),
            causes: Vec::new(),
            class: String::new(),
            severity: String::new(),
            severity_id: 0,
            confidence: String::new(),
            began: told,
            opened: told,
            last_seen: told,
            ended: None,
            scope: String::new(),
            count: 0,
            names: Default::default(),
            servers: Default::default(),
            resolvers: Default::default(),
            clients: 0,
            checks: Vec::new(),
            frames: Vec::new(),
            steps: Vec::new(),
            change: None,
            contacts: Vec::new(),
            lost_frames: 0,
        };
        case.take(line, told);
        Some(case)
    }

    /// As a later line has it.
    pub(super) fn take(&mut self, line: &Value, told: Timestamp) {
        self.summary = plain(&owned(line, "/summary"));
        let cause = owned(line, "/alert/cause");
        if !cause.is_empty() && self.causes.last() != Some(&cause) {
            self.causes.push(cause);
        }
        self.class = owned(line, "/alert/cause_class");
        let severity_id = number(line, "/severity_id");
        if severity_id >= self.severity_id {
            self.severity_id = severity_id;
            self.severity = owned(line, "/severity");
        }
        let confidence = match number(line, "/confidence_id") {
            3 => "high",
            2 => "medium",
            _ => "low",
        };
        let reasons = texts(line, "/confidence_reasons")
            .join(", ")
            .replace('_', " ");
        self.confidence = if reasons.is_empty() {
            confidence.to_owned()
        } else {
            format!("{confidence} ({reasons})")
        };
        self.began = told_at(text(line, "/incident/first_seen")).unwrap_or(self.began);
        self.last_seen = told_at(text(line, "/incident/last_seen")).unwrap_or(told);
        self.ended = text(line, "/incident/resolution").map(|how| (told, how.to_owned()));
        self.scope = owned(line, "/incident/scope");
        self.count = number(line, "/incident/count");
        let some = |what: &str| {
            let total = number(line, &format!("/incident/{what}_total"));
            let some = texts(line, &format!("/incident/{what}"));
            (some.iter().map(|text| plain(text)).collect(), total)
        };
        self.names = some("names");
        self.servers = some("servers");
        self.resolvers = some("resolvers");
        self.clients = self.clients.max(number(line, "/incident/clients_total"));
        self.lost_frames += ["kernel", "interface", "queue"]
            .iter()
            .map(|stage| number(line, &format!("/capture/{stage}_drops")))
            .sum::<u64>();
        self.take_evidence(line);
    }

    fn take_evidence(&mut self, line: &Value) {
        let checks = line
            .pointer("/containment/checks")
            .and_then(Value::as_array);
        let checks: Vec<_> = checks
            .into_iter()
            .flatten()
            .map(|check| {
                let what = owned(check, "/check").replace('_', " ");
                (what, plain(&owned(check, "/detail")))
            })
            .collect();
        if !checks.is_empty() {
            self.checks = checks;
        }
        let steps = line
            .pointer("/containment/next_steps")
            .and_then(Value::as_array);
        let steps: Vec<_> = steps
            .into_iter()
            .flatten()
            .map(|step| plain(&owned(step, "/do")))
            .collect();
        if !steps.is_empty() && self.ended.is_none() {
            self.steps = steps;
        }
        let frame = number(line, "/evidence/observed_frame");
        let source = text(line, "/evidence/pcap")
            .or_else(|| text(line, "/pcap_filename"))
            .or_else(|| text(line, "/in_iface"));
        if let Some(source) = source.filter(|_| frame > 0) {
            let frame = format!("frame {frame} of {}", plain(source));
            if !self.frames.contains(&frame) {
                self.frames.push(frame);
            }
        }
        if let Some(change) = line.get("change").filter(|change| !change.is_null()) {
            self.change = Some(CaseChange {
                set: owned(change, "/set"),
                before: texts(change, "/before"),
                after: texts(change, "/after"),
                rule: text(change, "/rule").map(str::to_owned),
                why: plain(&owned(change, "/why")),
            });
        }
        let contacts: Vec<_> = [
            ("owner", "/asset/owner"),
            ("signer", "/asset/signer"),
            ("DS publisher", "/asset/ds_publisher"),
            ("runbook", "/asset/runbook"),
        ]
        .into_iter()
        .filter_map(|(role, pointer)| Some((role.to_owned(), plain(text(line, pointer)?))))
        .collect();
        if !contacts.is_empty() {
            self.contacts = contacts;
        }
    }

    /// Of whom or what it is: the zone, else the resolver.
    pub(super) fn subject(&self) -> String {
        match (&self.zone, self.resolvers.0.first()) {
            (Some(zone), _) => zone.to_string(),
            (None, Some(resolver)) => format!("the resolver {resolver}"),
            (None, None) => "the sensor".to_owned(),
        }
    }

    /// Attack, mistake or outage, and the cause, in words.
    pub(super) fn verdict(&self) -> String {
        let class = match self.class.as_str() {
            "attack" => "it points to an attack",
            "misconfiguration" => "it points to a mistake",
            "outage" => "an outage",
            "sensor" => "trouble of the sensor's own",
            _ => "cause not known",
        };
        let causes: Vec<_> = self
            .causes
            .iter()
            .filter(|cause| *cause != "unknown")
            .map(|cause| cause.replace('_', " "))
            .collect();
        match causes.as_slice() {
            [] => class.to_owned(),
            [one] => format!("{class} ({one})"),
            several => format!("{class} ({}, as more was seen)", several.join(", then ")),
        }
    }

    /// How it ended, or that it did not, in words.
    pub(super) fn outcome(&self) -> String {
        let Some((told, how)) = &self.ended else {
            return "still open at the end of what was seen".to_owned();
        };
        let lasted = span(told.seconds_since(self.began));
        match how.as_str() {
            "verified" => format!("the zone verifies again, confirmed after {lasted}"),
            "reverted" => format!("taken back after {lasted}"),
            "declared" => format!("declared in the portfolio afterwards, after {lasted}"),
            "quiet" => format!("not seen any more; closed as quiet after {lasted}"),
            other => format!("closed as {} after {lasted}", plain(other)),
        }
    }

    /// From the first sight to the first line.
    pub(super) fn time_to_detect(&self) -> String {
        span(self.opened.seconds_since(self.began))
    }

    /// From the first sight to the last bad one, and to the proof that it is over.
    pub(super) fn time_to_recover(&self) -> String {
        let failing = span(self.last_seen.seconds_since(self.began));
        match &self.ended {
            Some((told, how)) if how == "verified" => format!(
                "failures were seen for {failing}; that it is good for a whole TTL again was \
                 proven {} after the first",
                span(told.seconds_since(self.began))
            ),
            Some((told, _)) => format!(
                "seen for {failing}; closed {} after the first sight",
                span(told.seconds_since(self.began))
            ),
            None => format!("not recovered as far as was seen; seen for {failing} so far"),
        }
    }

    /// Whom it met, in words.
    pub(super) fn impact(&self) -> String {
        let some = |what: &(Vec<String>, u64), noun: &str| {
            let (some, total) = what;
            if *total == 0 && some.is_empty() {
                return None;
            }
            let total = usize::try_from(*total)
                .unwrap_or(usize::MAX)
                .max(some.len());
            let more = total - some.len();
            let mut shown = some.clone();
            if more > 0 {
                shown.push(format!("{more} more"));
            }
            Some(format!("{}: {}", plural(total, noun), list(shown)))
        };
        let clients = usize::try_from(self.clients).unwrap_or(usize::MAX);
        let parts: Vec<String> = [
            some(&self.names, "name"),
            some(&self.resolvers, "resolver"),
            some(&self.servers, "server"),
            (clients > 0).then(|| plural(clients, "client")),
        ]
        .into_iter()
        .flatten()
        .collect();
        if parts.is_empty() {
            "nobody that was seen".to_owned()
        } else {
            parts.join("; ")
        }
    }
}

/// A text of a line.
pub(super) fn text<'a>(line: &'a Value, pointer: &str) -> Option<&'a str> {
    line.pointer(pointer).and_then(Value::as_str)
}

/// The same, empty if there is none.
pub(super) fn owned(line: &Value, pointer: &str) -> String {
    text(line, pointer).unwrap_or_default().to_owned()
}

/// The texts of a list of a line.
pub(super) fn texts(line: &Value, pointer: &str) -> Vec<String> {
    let items = line.pointer(pointer).and_then(Value::as_array);
    let items = items.into_iter().flatten().filter_map(Value::as_str);
    items.map(str::to_owned).collect()
}

fn number(line: &Value, pointer: &str) -> u64 {
    line.pointer(pointer)
        .and_then(Value::as_u64)
        .unwrap_or_default()
}
