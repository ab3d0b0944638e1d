//! What is wrong, the worst first: with what is watched, or with the watching.

use super::board::Moment;
use super::snapshot::Snapshot;
use super::words::span;
use crate::alert::{CauseClass, Kind, Severity};
use crate::time::Timestamp;

/// A tail that has said nothing for so many seconds stands still.
pub(super) const STUCK_SECONDS: u64 = 15;

/// Without DNS for so many seconds, somebody should wonder.
const QUIET_SECONDS: i64 = 60;

/// Without DNS, or with nothing that could be judged, for so many seconds the sensor is blind.
const BLIND_SECONDS: i64 = 300;

/// So many seconds behind the traffic, alerts come late.
const LATE_SECONDS: u64 = 10;

/// Zones not seen for so long are named: nothing is known of them.
pub(super) const UNSEEN_SECONDS: i64 = 86_400;

/// Zones of a list that are named, at most.
const NAMED: usize = 3;

/// How bad something is.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Level {
    /// To be known.
    Note,
    /// Look at it today.
    Warning,
    /// Look at it now.
    Alarm,
}

impl Level {
    /// As the page and JSON name it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Alarm => "alarm",
        }
    }

    const fn of(severity: Severity) -> Self {
        match severity {
            Severity::Critical | Severity::High => Self::Alarm,
            Severity::Medium => Self::Warning,
            Severity::Low | Severity::Informational => Self::Note,
        }
    }
}

/// Something that is wrong.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Concern {
    /// How bad.
    pub level: Level,
    /// What, in some words.
    pub what: String,
    /// What that means, and what to do first.
    pub then: String,
    /// Since when, as far as that is known.
    pub since: Option<Timestamp>,
}

/// All that is wrong. Of two that are as bad, blindness comes first: whatever else is said is
/// worth less for it.
pub fn concerns(snapshot: &Snapshot, moment: &Moment) -> Vec<Concern> {
    let blind = [
        stuck(snapshot, moment),
        quiet(snapshot),
        unjudged(snapshot),
        lossy(snapshot),
        late(moment),
        deaf_sinks(snapshot),
        forgetful(snapshot),
        faulty(snapshot),
    ];
    let mut all: Vec<Concern> = blind.into_iter().flatten().collect();
    all.extend(open(snapshot));
    all.extend(unseen(snapshot));
    all.sort_by_key(|concern| std::cmp::Reverse(concern.level));
    all
}

fn stuck(snapshot: &Snapshot, moment: &Moment) -> Option<Concern> {
    let seconds = moment.age.as_secs();
    (seconds >= STUCK_SECONDS).then(|| Concern {
        level: Level::Alarm,
        what: format!("Stands still for {}", span(seconds)),
        then: "Nothing is judged, and everything below is as old. First look at what the process \
               waits for: a full disk, a stopped reader of its output; then restart it."
            .to_owned(),
        since: Some(snapshot.now),
    })
}

fn quiet(snapshot: &Snapshot) -> Option<Concern> {
    let last = snapshot.last_message.or(snapshot.started)?;
    let seconds = snapshot.now.seconds_since(last);
    let level = level_of_silence(seconds)?;
    let source = &snapshot.source;
    let what = match snapshot.last_message {
        None => format!("No DNS message on {source} since the start"),
        Some(_) => format!("No DNS message on {source} for {}", positive(seconds)),
    };
    let then = if snapshot.lately.frames > 0 {
        "Frames pass, but no DNS: first look at --port and --filter, then at what the tap mirrors."
    } else {
        "Nothing passes at all: first look at the tap or SPAN port, its cable and its \
         configuration. This page knows of no failure while it is blind."
    };
    Some(Concern {
        level,
        what,
        then: then.to_owned(),
        since: Some(last),
    })
}

fn unjudged(snapshot: &Snapshot) -> Option<Concern> {
    // Without messages there is nothing to judge, which is said already.
    if snapshot.lately.messages == 0 {
        return None;
    }
    let last = snapshot.last_told.or(snapshot.started)?;
    let seconds = snapshot.now.seconds_since(last);
    let level = level_of_silence(seconds).filter(|level| *level == Level::Alarm)?;
    let why = snapshot.hints.join("; ");
    let why = if why.is_empty() {
        "the reasons stand under Figures".to_owned()
    } else {
        why
    };
    Some(Concern {
        level,
        what: format!("Nothing could be judged for {}", positive(seconds)),
        then: format!("DNS passes, but no response tells whether it is right: {why}."),
        since: Some(last),
    })
}

fn lossy(snapshot: &Snapshot) -> Option<Concern> {
    let lately = &snapshot.lately;
    let lost = lately.loss.total();
    let share = lost.saturating_mul(100) / lost.saturating_add(lately.frames).max(1);
    let level = if share >= 1 {
        Level::Alarm
    } else {
        Level::Warning
    };
    let of = if share >= 1 {
        format!("{share} %")
    } else {
        "less than 1 %".to_owned()
    };
    (lost > 0).then(|| Concern {
        level,
        what: format!(
            "{lost} packets lost in the last {} s ({of})",
            lately.seconds
        ),
        then: format!(
            "By the kernel {}, the interface {}, a full queue {}: what is missing may hide a \
             failure or look like one. First see whether the machine is busy, then give a larger \
             --buffer.",
            lately.loss.kernel_drops, lately.loss.interface_drops, lately.loss.queue_drops
        ),
        since: None,
    })
}

fn late(moment: &Moment) -> Option<Concern> {
    let seconds = moment.lag.as_secs();
    (seconds >= LATE_SECONDS).then(|| Concern {
        level: Level::Warning,
        what: format!("Alerts come {} late", span(seconds)),
        then: "More traffic comes than is judged. First see what else runs on the machine."
            .to_owned(),
        since: None,
    })
}

fn deaf_sinks(snapshot: &Snapshot) -> Option<Concern> {
    let down = snapshot.sinks.iter().filter(|sink| !sink.is_up);
    let names: Vec<&str> = down.clone().map(|sink| sink.name.as_str()).collect();
    let waiting: u64 = down.map(|sink| sink.spooled_octets).sum();
    (!names.is_empty()).then(|| Concern {
        level: Level::Alarm,
        what: format!("Alerts do not reach {}", names.join(", ")),
        then: format!(
            "{} KiB of lines wait on disk. Until it answers, this page is where alerts are seen.",
            waiting.div_ceil(1024)
        ),
        since: None,
    })
}

fn forgetful(snapshot: &Snapshot) -> Option<Concern> {
    let trouble = snapshot.state_trouble.as_ref()?;
    Some(Concern {
        level: Level::Alarm,
        what: "The state file cannot be written".to_owned(),
        then: format!("{trouble}."),
        since: None,
    })
}

fn faulty(snapshot: &Snapshot) -> Option<Concern> {
    let count = snapshot.figures.lost_by_stage.get("decoder_panicked")?;
    (*count > 0).then(|| Concern {
        level: Level::Warning,
        what: format!("{count} packets made a decoder fail"),
        then: "Each cost one packet, and somebody may be trying what else it costs. The log has \
               where; please report it."
            .to_owned(),
        since: None,
    })
}

fn open(snapshot: &Snapshot) -> Option<Concern> {
    let incidents = &snapshot.incidents;
    let worst = incidents.worst.first()?;
    let level = Level::of(worst.severity);
    let attacks = incidents.worst.iter();
    let attacks = attacks
        .filter(|card| card.class == CauseClass::Attack)
        .count();
    let total = incidents.total();
    let what = match (total, attacks) {
        (1, 0) => format!("1 incident is open, {}", worst.severity.name()),
        (1, _) => format!("1 incident is open, {}: an attack", worst.severity.name()),
        (_, 0) => format!(
            "{total} incidents are open, the worst {}",
            worst.severity.name()
        ),
        _ => format!(
            "{total} incidents are open, the worst {}; {attacks} look like an attack",
            worst.severity.name()
        ),
    };
    let step = worst.first_step.as_ref();
    let step = step.map_or_else(String::new, |step| {
        format!(" First: {}.", step.trim_end_matches('.'))
    });
    let then = format!("{}{step}", worst.summary);
    Some(Concern {
        level,
        what,
        then,
        since: Some(worst.first_seen),
    })
}

fn unseen(snapshot: &Snapshot) -> Option<Concern> {
    let is_unseen = |last: Option<Timestamp>| {
        last.is_none_or(|last| snapshot.now.seconds_since(last) >= UNSEEN_SECONDS)
    };
    let zones = snapshot.zones.first.iter();
    let names: Vec<String> = zones
        .filter(|view| is_unseen(view.presence.last))
        .map(|view| view.zone.name.to_string())
        .collect();
    let rest = names.len().saturating_sub(NAMED);
    let listed = names.iter().take(NAMED).cloned().collect::<Vec<_>>();
    let listed = match rest {
        0 => listed.join(", "),
        _ => format!("{} and {rest} more", listed.join(", ")),
    };
    (!names.is_empty()).then(|| Concern {
        level: Level::Note,
        what: format!(
            "{} of {} zones of the portfolio not seen for a day or ever",
            names.len(),
            snapshot.zones.total
        ),
        then: format!("Nothing is known of {listed}: no failure seen there means nothing."),
        since: None,
    })
}

const fn level_of_silence(seconds: i64) -> Option<Level> {
    match seconds {
        BLIND_SECONDS.. => Some(Level::Alarm),
        QUIET_SECONDS.. => Some(Level::Warning),
        _ => None,
    }
}

fn positive(seconds: i64) -> String {
    span(u64::try_from(seconds).unwrap_or_default())
}

/// What a kind says of a resolver's faith.
pub(super) fn is_not_validating(open: &[(Kind, Severity)]) -> bool {
    open.iter()
        .any(|(kind, _)| *kind == Kind::ResolverNotValidating)
}
