//! What is written down beside the capture.

use super::files::{ANCHORS, CAPTURE, PORTFOLIO};
use super::key::Key;
use super::sheet::{Finding, Scenario, Whose};
use super::stage::Stage;
use super::zone::Zone;
use crate::message::Name;
use crate::time::Timestamp;
use serde_json::{Value, json};
use std::fmt::Write;

/// Everything there is to say about a drill that was told.
pub(super) struct Answers<'a> {
    pub(super) scenario: &'a Scenario,
    pub(super) seed: &'a str,
    pub(super) start: Timestamp,
    pub(super) zones: &'a [Name],
    pub(super) stage: &'a Stage,
    pub(super) frames: usize,
    /// A line for each zone of the portfolio, or none.
    pub(super) pins: Vec<String>,
}

/// The `pinned_ds` line of each zone, as the zones are now.
pub(super) fn pins(stage: &Stage, zones: &[Name]) -> Vec<String> {
    let quoted = |zone: &Name| {
        let ds = stage.world.zone(zone).map(Zone::ds).unwrap_or_default();
        let ds: Vec<_> = ds.iter().map(|ds| format!("\"{ds}\"")).collect();
        format!("pinned_ds = [{}]\n", ds.join(", "))
    };
    zones.iter().map(quoted).collect()
}

/// The DS records of the root's keys.
pub(super) fn anchors(stage: &Stage) -> String {
    let root = Name::root();
    let keys = stage.world.root_anchors();
    let line = |key: &Key| format!(". 86400 IN DS {}", key.ds(&root));
    let lines: Vec<_> = keys.iter().map(line).collect();
    lines.join("\n") + "\n"
}

fn command() -> String {
    format!("sigtap read --drill --trust-anchor {ANCHORS} --portfolio {PORTFOLIO} {CAPTURE}")
}

impl Answers<'_> {
    /// Zone and resolver that an alert is about.
    fn names(&self, whose: Whose) -> (Option<String>, Option<String>) {
        let resolver = |who: usize| {
            let resolver = self.stage.world.resolvers.get(who);
            resolver.map(|resolver| resolver.addresses[0].to_string())
        };
        match whose {
            Whose::Zone => (Some(self.stage.zone.to_string()), None),
            Whose::Tld => (Some(self.stage.tld().to_string()), None),
            Whose::Root => (Some(Name::root().to_string()), None),
            Whose::Resolver(who) => (None, resolver(who)),
        }
    }

    /// For programs: a test, a SIEM, a score board.
    pub(super) fn json(&self) -> String {
        let alert = |finding: &Finding| {
            let (zone, resolver) = self.names(finding.whose);
            json!({
                "kind": finding.kind.name(),
                "zone": zone,
                "resolver": resolver,
                "cause": finding.cause.name(),
                "cause_class": finding.class.name(),
                "severity": finding.severity.name(),
                "playbook": playbook(finding),
            })
        };
        let Scenario {
            name,
            title,
            model,
            lesson,
            way_back,
            questions,
            ..
        } = self.scenario;
        let moments = self.stage.moments.iter();
        let moments: Vec<_> = moments
            .map(|moment| json!({"time": moment.time.to_string(), "what": moment.what}))
            .collect();
        let records = self.scenario.records.iter();
        let records: Vec<_> = records
            .map(|(kind, whose)| json!({"kind": kind.name(), "zone": self.names(*whose).0}))
            .collect();
        let sheet: Value = json!({
            "schema": "sigtap.drill/1",
            "scenario": name,
            "title": title,
            "modelled_on": model,
            "seed": self.seed,
            "start": self.start.to_string(),
            "zone": self.stage.zone.to_string(),
            "zones": self.zones.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "frames": self.frames,
            "read_with": command(),
            "timeline": moments,
            "alerts": self.scenario.alerts.iter().map(alert).collect::<Vec<_>>(),
            "changes": records,
            "lesson": lesson,
            "way_back": way_back,
            "questions": questions,
        });
        format!("{sheet:#}\n")
    }

    /// For people.
    pub(super) fn markdown(&self) -> String {
        let Scenario {
            name,
            title,
            model,
            lesson,
            way_back,
            questions,
            ..
        } = self.scenario;
        let zone = &self.stage.zone;
        let mut text = format!(
            "# Answers to the drill {name}\n\nFor whoever leads the exercise, not for those who take it.\n\n\
             {zone}: {title}. Modelled on: {model}. Names, addresses and keys are made up or play a part; nobody's real keys \
             or servers are in it.\n\n    {}\n\n## What happened\n\n",
            command()
        );
        for moment in &self.stage.moments {
            // Writing to a string never fails.
            let _ = writeln!(text, "- {}: {}", moment.time, moment.what);
        }
        text.push_str("\n## What the sensor must say\n\n");
        if self.scenario.alerts.is_empty() {
            text.push_str("No alert at all: who raises an alarm has failed.\n");
        }
        for finding in self.scenario.alerts {
            let (zone, resolver) = self.names(finding.whose);
            let whose = zone.or(resolver).unwrap_or_default();
            let (kind, cause, severity) = (
                finding.kind.name(),
                finding.cause.name(),
                finding.severity.name(),
            );
            let _ = writeln!(
                text,
                "- `{kind}` of `{whose}`, cause `{cause}` (class `{}`), {severity}; playbook `{}`",
                finding.class.name(),
                playbook(finding)
            );
        }
        if !self.scenario.records.is_empty() {
            text.push_str("\nAs `change` lines, no alarms:\n\n");
        }
        for (kind, whose) in self.scenario.records {
            let zone = self.names(*whose).0.unwrap_or_default();
            let _ = writeln!(text, "- `{}` of `{zone}`", kind.name());
        }
        let _ = write!(
            text,
            "\n## Outage, mistake or attack\n\n{lesson}\n\n## The way back\n\n{way_back}\n\n## For the review\n\n"
        );
        for question in *questions {
            let _ = writeln!(text, "- {question}");
        }
        text
    }

    /// Zones and resolvers, as their operator would declare them.
    pub(super) fn portfolio(&self) -> String {
        let mut text =
            "# The portfolio of a drill: names and contacts are made up or play a part.\n"
                .to_owned();
        let mut pins = self.pins.iter().map(String::as_str);
        for zone in self.zones {
            let name = quoted(zone);
            let _ = write!(
                text,
                "\n[[zone]]\nname = {name}\nowner = \"Drill owner <owner@drill.example>\"\n\
                 signer = \"Drill signer <signer@drill.example>\"\nds_publisher = \"Drill registrar <registrar@drill.example>\"\n\
                 runbook = \"https://runbooks.drill.example/dnssec\"\nkey_plan = \"https://runbooks.drill.example/keys\"\n\
                 expect = \"secure\"\n"
            );
            text.extend(pins.next());
        }
        for (place, resolver) in (1..).zip(&self.stage.world.resolvers) {
            let address = resolver.addresses[0];
            let _ = write!(
                text,
                "\n[[resolver]]\naddress = \"{address}\"\nname = \"res{place}\"\nsoftware = \"unbound\"\nvalidates = true\n"
            );
        }
        text
    }
}

/// A name as a TOML string: without its final dot, its escapes escaped.
fn quoted(name: &Name) -> String {
    let text = name.to_string();
    let text = text.strip_suffix('.').unwrap_or(&text);
    let text = text.replace('\\', "\\\\").replace('"', "\\\"");
    format!("\"{text}\"")
}

fn playbook(finding: &Finding) -> String {
    format!("docs/playbooks/{}.md", finding.kind.name())
}
