//! The form that JSON lines have.

use super::ecs::ecs;
use super::line::{Object, shortened};
use super::ocsf::ocsf;
use serde_json::Value;
use std::borrow::Cow;

/// Whose field names lines use.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Format {
    /// Ours, in the envelope of Suricata's EVE.
    #[default]
    Eve,
    /// Elastic Common Schema 9; what it has no name for stands under `sigtap`.
    Ecs,
    /// OCSF 1.8: alerts and changes as Detection Findings, the rest as Base Events; what it has no
    /// name for stands under `unmapped`.
    Ocsf,
}

impl Format {
    /// All.
    pub const ALL: [Self; 3] = [Self::Eve, Self::Ecs, Self::Ocsf];

    /// As `--format` names it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Eve => "eve",
            Self::Ecs => "ecs",
            Self::Ocsf => "ocsf",
        }
    }
}

/// A native line in another form. What is no native line stays as it is.
pub fn rendered(line: &str, format: Format) -> Cow<'_, str> {
    let (render, rest): (fn(&Native) -> Object, _) = match format {
        Format::Eve => return Cow::Borrowed(line),
        Format::Ecs => (ecs, "sigtap"),
        Format::Ocsf => (ocsf, "unmapped"),
    };
    match serde_json::from_str(line) {
        Ok(Value::Object(read)) => Cow::Owned(shortened(render(&Native(read)), rest)),
        Ok(_) | Err(_) => Cow::Borrowed(line),
    }
}

/// A native line that was read.
pub(super) struct Native(Object);

impl Native {
    /// What stands at a path of keys; null where nothing does.
    pub(super) fn at(&self, path: &[&str]) -> &Value {
        let mut keys = path.iter();
        let first = keys.next().and_then(|key| self.0.get(*key));
        let found = keys.try_fold(first, |value, key| Some(value?.get(*key)));
        found.flatten().unwrap_or(&Value::Null)
    }

    pub(super) fn text(&self, path: &[&str]) -> Option<&str> {
        self.at(path).as_str()
    }

    /// Whether it is about something that a packet showed.
    pub(super) fn has_flow(&self) -> bool {
        self.0.contains_key("src_ip")
    }

    /// The texts of a list.
    pub(super) fn texts(&self, path: &[&str]) -> Vec<String> {
        let list = self.at(path).as_array().map(Vec::as_slice);
        let texts = list.unwrap_or_default().iter().filter_map(Value::as_str);
        texts.map(str::to_owned).collect()
    }

    /// What is told in words.
    pub(super) fn message(&self) -> String {
        let health = || {
            let event = self.text(&["health", "event"])?;
            Some(match self.text(&["health", "detail"]) {
                Some(detail) => format!("sensor {event}: {detail}"),
                None => format!("sensor {event}"),
            })
        };
        let summary = self.text(&["summary"]).map(str::to_owned);
        let message = summary.or_else(health);
        message.unwrap_or_else(|| "figures since the start".to_owned())
    }

    /// All but these keys.
    pub(super) fn without(&self, keys: &[&str]) -> Object {
        let kept = self
            .0
            .iter()
            .filter(|(key, _)| !keys.contains(&key.as_str()));
        kept.map(|(key, value)| (key.clone(), value.clone()))
            .collect()
    }
}

/// Adds a key, unless there is nothing to say.
pub(super) fn put_known(object: &mut Object, key: &str, value: impl Into<Value>) {
    let value = value.into();
    let is_empty = match &value {
        Value::Null => true,
        Value::Array(list) => list.is_empty(),
        Value::Object(members) => members.is_empty(),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    };
    if !is_empty {
        object.insert(key.to_owned(), value);
    }
}

/// An object of what there is something to say of.
pub(super) fn known(members: impl IntoIterator<Item = (&'static str, Value)>) -> Object {
    let mut object = Object::new();
    for (key, value) in members {
        put_known(&mut object, key, value);
    }
    object
}
