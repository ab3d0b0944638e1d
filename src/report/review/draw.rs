//! Pictures as SVG: the chain of trust at a moment, and a zone's records over time.
//!
//! Colours come from the page's style sheet; each picture says the same without them.

use super::super::chain::{Link, LinkState};
use super::super::words::moment;
use super::Review;
use super::case::Case;
use super::chains::Turn;
use super::lanes::{History, Lane, LaneSort};
use crate::time::Timestamp;
use askama::Template;
use askama::filters::Safe;

const WIDTH: i64 = 920;
const LABEL: i64 = 230;
const ROW: i64 = 24;
const TOP: i64 = 30;
const LINK: i64 = 66;
/// Letters of a zone's name, and of what is said of it, that fit into a picture.
const NAME_LETTERS: usize = 60;
const WORD_LETTERS: usize = 112;

/// The chain of a zone, the root on top.
#[derive(Template)]
#[template(path = "review_chain.svg", escape = "html")]
struct ChainPicture {
    title: String,
    width: i64,
    height: i64,
    links: Vec<DrawnLink>,
}

struct DrawnLink {
    y: i64,
    class: &'static str,
    mark: &'static str,
    name: String,
    words: String,
    /// The way up to the link above; nothing for the first.
    is_first: bool,
}

/// The records of a zone over time.
#[derive(Template)]
#[template(path = "review_lanes.svg", escape = "html")]
struct LanesPicture {
    title: String,
    width: i64,
    height: i64,
    label: i64,
    ticks: Vec<Tick>,
    rows: Vec<Row>,
}

struct Tick {
    x: i64,
    text: String,
    anchor: &'static str,
}

struct Row {
    y: i64,
    label: String,
    bars: Vec<Bar>,
}

struct Bar {
    x: i64,
    width: i64,
    class: &'static str,
    text: String,
    /// Nobody saw it there, nor another in its place.
    is_faint: bool,
}

/// The picture of a chain; nothing if it cannot be drawn.
pub(super) fn chain(turn: &Turn) -> Result<Safe<String>, askama::Error> {
    let links: Vec<_> = turn
        .chain
        .links
        .iter()
        .zip(0..)
        .map(|(link, place)| drawn(link, place))
        .collect();
    let count = i64::try_from(links.len()).unwrap_or_default();
    let picture = ChainPicture {
        title: format!("Chain of trust of {} at {}", turn.zone, moment(turn.time)),
        width: WIDTH,
        height: count * LINK,
        links,
    };
    picture.render().map(Safe)
}

fn drawn(link: &Link, place: i64) -> DrawnLink {
    let (class, mark) = match link.state {
        LinkState::Anchored | LinkState::Intact | LinkState::Implied => ("good", "✓"),
        LinkState::Insecure | LinkState::Unsupported => ("plain", "–"),
        LinkState::Broken => ("bad", "✗"),
        LinkState::KeysUnseen | LinkState::Lapsed | LinkState::Unseen => ("unknown", "?"),
    };
    DrawnLink {
        y: place * LINK,
        class,
        mark,
        name: if link.zone.is_root() {
            "the root".to_owned()
        } else {
            shortened(&link.zone.to_string(), NAME_LETTERS)
        },
        words: shortened(&link.words, WORD_LETTERS),
        is_first: place == 0,
    }
}

/// The picture of a zone's records and incidents.
pub(super) fn lanes(history: &History, review: &Review) -> Result<Safe<String>, askama::Error> {
    let scale = Scale::new(review.since, review.until);
    let cases = review
        .cases
        .iter()
        .zip(1..)
        .filter(|(case, _)| case.zone.as_ref() == Some(&history.zone));
    let mut rows: Vec<Row> = history
        .lanes
        .iter()
        .map(|lane| lane_row(lane, scale))
        .collect();
    rows.extend(cases.map(|(case, number)| case_row(case, number, scale)));
    for (row, place) in rows.iter_mut().zip(0..) {
        row.y = TOP + place * ROW;
    }
    let count = i64::try_from(rows.len()).unwrap_or_default();
    let picture = LanesPicture {
        title: format!("DS and DNSKEY records of {} over time", history.zone),
        width: WIDTH,
        height: TOP + count * ROW + 8,
        label: LABEL,
        ticks: scale.ticks(),
        rows,
    };
    picture.render().map(Safe)
}

fn lane_row(lane: &Lane, scale: Scale) -> Row {
    let class = match lane.sort {
        LaneSort::NoDs => "nods",
        LaneSort::Ds => "ds",
        LaneSort::Ksk => "ksk",
        LaneSort::Zsk => "zsk",
    };
    let label = lane.label();
    let bars = |spans: &[(Timestamp, Timestamp)], what: &str, is_faint| {
        let bars = spans.iter().map(|(first, last)| {
            let text = format!("{label}: {what} {} to {}", moment(*first), moment(*last));
            Bar {
                is_faint,
                ..scale.bar(*first, *last, class, text)
            }
        });
        bars.collect::<Vec<_>>()
    };
    let mut all = bars(&lane.in_force, "in force as far as is known", true);
    all.extend(bars(&lane.spans, "seen", false));
    Row {
        y: 0,
        label: lane.label(),
        bars: all,
    }
}

fn case_row(case: &Case, number: usize, scale: Scale) -> Row {
    let text = format!("{}: {}", case.kind, case.outcome());
    let last = case.ended.as_ref().map_or(scale.until, |(told, _)| *told);
    Row {
        y: 0,
        label: shortened(&format!("Incident {number}: {}", case.kind), 34),
        bars: vec![scale.bar(case.began, last, "bad", text)],
    }
}

/// From time to place.
#[derive(Clone, Copy)]
struct Scale {
    since: Timestamp,
    until: Timestamp,
}

impl Scale {
    fn new(since: Timestamp, until: Timestamp) -> Self {
        Self { since, until }
    }

    fn x(self, time: Timestamp) -> i64 {
        let nanos = |time: Timestamp| i128::from(time.as_nanos());
        let whole = (nanos(self.until) - nanos(self.since)).max(1);
        let part = (nanos(time) - nanos(self.since)).clamp(0, whole);
        let room = i128::from(WIDTH - LABEL - 20);
        LABEL + i64::try_from(part * room / whole).unwrap_or_default()
    }

    fn bar(self, first: Timestamp, last: Timestamp, class: &'static str, text: String) -> Bar {
        let x = self.x(first);
        Bar {
            x,
            // What was seen once is seen in the picture.
            width: (self.x(last) - x).max(4),
            class,
            text,
            is_faint: false,
        }
    }

    fn ticks(self) -> Vec<Tick> {
        const TICKS: i64 = 4;
        let nanos = i128::from(self.until.as_nanos()) - i128::from(self.since.as_nanos());
        (0..=TICKS)
            .map(|place| {
                let offset = nanos * i128::from(place) / i128::from(TICKS);
                let time = i64::try_from(i128::from(self.since.as_nanos()) + offset);
                let time = Timestamp::from_nanos(time.unwrap_or(i64::MAX));
                let text = moment(time);
                let text = text.trim_end_matches(" UTC");
                Tick {
                    x: self.x(time),
                    // The day is told once, unless it changes.
                    text: match (place, nanos < 86_400_000_000_000) {
                        (0, _) | (_, false) => text.to_owned(),
                        _ => text.split(' ').next_back().unwrap_or(text).to_owned(),
                    },
                    anchor: match place {
                        0 => "start",
                        TICKS => "end",
                        _ => "middle",
                    },
                }
            })
            .collect()
    }
}

fn shortened(text: &str, letters: usize) -> String {
    if text.chars().count() <= letters {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(letters - 1).collect();
    short.push('…');
    short
}
