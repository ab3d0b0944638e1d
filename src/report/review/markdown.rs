//! The review as Markdown, and what stands on top of both forms.

use super::super::chain::{LinkState, State};
use super::super::error::Error;
use super::super::words::{list, moment, plural, span};
use super::Review;
use super::case::Case;
use super::chains::Turn;
use super::lanes::Lane;
use super::plans::Outcome;
use askama::Template;

/// What to read if there is time for nothing else.
pub(super) struct Headlines {
    pub(super) title: String,
    /// In a few sentences.
    pub(super) short: Vec<String>,
    pub(super) worked: Vec<String>,
    pub(super) did_not: Vec<String>,
}

#[derive(Template)]
#[template(path = "review.md", escape = "none")]
struct Page<'a> {
    review: &'a Review,
    headlines: Headlines,
}

/// Renders it.
pub(super) fn render(review: &Review) -> Result<String, Error> {
    let headlines = Headlines::new(review);
    Page { review, headlines }.render().map_err(Error::Page)
}

impl Headlines {
    pub(super) fn new(review: &Review) -> Self {
        Self {
            title: title(review),
            short: short(review),
            worked: worked(review),
            did_not: did_not(review),
        }
    }
}

fn title(review: &Review) -> String {
    let about = match review.zones.as_slice() {
        [] => "what sigtap saw".to_owned(),
        some if some.len() <= 3 => list(some),
        many => plural(many.len(), "zone"),
    };
    let drill = if review.is_drill { "Exercise: " } else { "" };
    format!("{drill}Review of {about}")
}

fn short(review: &Review) -> Vec<String> {
    let (since, until) = (moment(review.since), moment(review.until));
    let mut short = Vec::new();
    let Some(worst) = review
        .cases
        .iter()
        .max_by_key(|case| (case.severity_id, std::cmp::Reverse(case.opened)))
    else {
        short.push(format!(
            "From {since} to {until} no incident was told of. That is what passed the tap: what \
             did not pass was not seen."
        ));
        return short;
    };
    let open = review
        .cases
        .iter()
        .filter(|case| case.ended.is_none())
        .count();
    let still = match open {
        0 if review.cases.len() == 1 => "it is over".to_owned(),
        0 => "all are over".to_owned(),
        1 if review.cases.len() == 1 => "it is still open".to_owned(),
        1 => "1 is still open".to_owned(),
        many => format!("{many} are still open"),
    };
    let verb = if review.cases.len() == 1 {
        "was"
    } else {
        "were"
    };
    short.push(format!(
        "From {since} to {until} there {verb} {}; {still}.",
        plural(review.cases.len(), "incident")
    ));
    short.push(format!(
        "The worst, {}: {}",
        worst.severity, worst.first_summary
    ));
    short.push(format!(
        "Judged: {}. Confidence: {}. Outcome: {}.",
        worst.verdict(),
        worst.confidence,
        worst.outcome()
    ));
    for zone in &review.zones {
        let last = review.turns.iter().rev().find(|turn| turn.zone == *zone);
        short.extend(last.map(|last| standing(last, review)));
    }
    short
}

/// How a zone stands at the end.
fn standing(turn: &Turn, review: &Review) -> String {
    let Turn { zone, chain, .. } = turn;
    let state = match chain.state {
        State::Broken => "is broken",
        State::Failing => "holds, but answers fail",
        State::Unknown => "is not known",
        State::Insecure => "ends: nothing below can be secure",
        State::Secure => "is intact",
    };
    let is_hostile = |case: &Case| {
        case.zone.as_ref() == Some(zone)
            && case.ended.is_none()
            && case.class == "attack"
            && case.change.is_some()
    };
    // A hijack validates: only the discontinuity shows it.
    let warning = match review.cases.iter().position(is_hostile) {
        Some(at) if chain.state == State::Secure => format!(
            " It is so by the very records that incident {} is about: validating resolvers trust \
             whoever put them there.",
            at + 1
        ),
        _ => String::new(),
    };
    let why = &chain.why;
    format!("At the end the chain of trust of {zone} {state}: {why}.{warning}")
}

fn worked(review: &Review) -> Vec<String> {
    let mut worked = Vec::new();
    for (case, number) in review.cases.iter().zip(1..) {
        worked.push(format!(
            "Incident {number} was told {} after the first sign of it.",
            case.time_to_detect()
        ));
        if case
            .ended
            .as_ref()
            .is_some_and(|(_, how)| how == "verified")
        {
            worked.push(format!(
                "That incident {number} is over was proven, not assumed."
            ));
        }
    }
    let planned = count(review, Outcome::AsDeclared);
    if planned > 0 {
        worked.push(format!(
            "{} made as declared, without an alarm.",
            were(planned, "change")
        ));
    }
    if review.lost_frames == 0 && !review.cases.is_empty() {
        worked.push(
            "Nothing was lost at the tap just before any line of these incidents.".to_owned(),
        );
    }
    worked
}

fn did_not(review: &Review) -> Vec<String> {
    let mut did_not = Vec::new();
    for (case, number) in review.cases.iter().zip(1..) {
        if case.ended.is_none() {
            did_not.push(format!("Incident {number} is not over as far as was seen."));
        }
        if case.zone.is_some() && case.contacts.is_empty() {
            did_not.push(format!(
                "The portfolio names nobody for {} (incident {number}).",
                case.subject()
            ));
        }
    }
    for (outcome, what) in [
        (
            Outcome::DeclaredAfterwards,
            "declared only after it was seen",
        ),
        (Outcome::OutsideWindow, "made outside of its window"),
        (
            Outcome::Undeclared,
            "made though nobody declared it, nor was it expected",
        ),
        (Outcome::NotSeen, "declared and not seen"),
    ] {
        let count = count(review, outcome);
        if count > 0 {
            did_not.push(format!("{} {what}.", were(count, "change")));
        }
    }
    if review.lost_frames > 0 {
        did_not.push(format!(
            "{} lost at the tap just before these lines: what is missing may be missing for that.",
            were(
                usize::try_from(review.lost_frames).unwrap_or(usize::MAX),
                "frame"
            )
        ));
    }
    let flaw = review.audit.as_ref().and_then(|audit| audit.flaw.as_ref());
    did_not.extend(flaw.map(|flaw| format!("The state file is not as it was written: {flaw}.")));
    did_not
}

fn were(count: usize, noun: &str) -> String {
    let verb = if count == 1 { "was" } else { "were" };
    format!("{} {verb}", plural(count, noun))
}

fn count(review: &Review, outcome: Outcome) -> usize {
    review
        .plans
        .iter()
        .filter(|plan| plan.outcome == outcome)
        .count()
}

impl Turn {
    /// The chain in one line, from the root down.
    fn line(&self) -> String {
        let links = self.chain.links.iter().map(|link| {
            let mark = match link.state {
                LinkState::Anchored | LinkState::Intact | LinkState::Implied => "✓",
                LinkState::Insecure | LinkState::Unsupported => "–",
                LinkState::Broken => "✗",
                LinkState::KeysUnseen | LinkState::Lapsed | LinkState::Unseen => "?",
            };
            format!("{mark} {}", link.zone)
        });
        links.collect::<Vec<_>>().join(" → ")
    }
}

impl Lane {
    /// When it was seen, in words.
    pub(super) fn seen(&self) -> String {
        let spans = self.spans.iter().map(|(first, last)| {
            if first == last {
                moment(*first)
            } else {
                format!("{} to {}", moment(*first), moment(*last))
            }
        });
        spans.collect::<Vec<_>>().join(", ")
    }
}

impl Case {
    /// The change in one line; nothing if none is what it is about.
    pub(super) fn changed(&self) -> Option<String> {
        let change = self.change.as_ref()?;
        let set = |records: &[String]| match records {
            [] => "none".to_owned(),
            some => some.join(" and "),
        };
        let rule = change
            .rule
            .as_deref()
            .map_or_else(String::new, |rule| format!(" (rule {rule})"));
        Some(format!(
            "{} set: {} → {}{rule}. {}",
            change.set.to_uppercase(),
            set(&change.before),
            set(&change.after),
            change.why
        ))
    }
}

/// A text that Markdown takes as it is, in a table as well.
fn md(text: impl std::fmt::Display) -> String {
    let text = text.to_string();
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '#' | '~' | '&' | '!' => {
                escaped.push('\\');
                escaped.push(letter);
            }
            '\n' | '\r' => escaped.push(' '),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_markdown_obeys_is_escaped() {
        assert_eq!(md("a|b <i>*c*\nd"), "a\\|b \\<i\\>\\*c\\* d");
    }
}
