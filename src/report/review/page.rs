//! The review as one HTML page.

use super::super::error::Error;
use super::super::words::{list, moment, span};
use super::chains::Turn;
use super::lanes::History;
use super::markdown::Headlines;
use super::{Review, draw};
use askama::Template;
use askama::filters::Safe;

#[derive(Template)]
#[template(path = "review.html")]
struct Page<'a> {
    review: &'a Review,
    headlines: Headlines,
    zones: Vec<ZonePart<'a>>,
}

/// What is shown of one zone.
struct ZonePart<'a> {
    history: &'a History,
    lanes: Safe<String>,
    turns: Vec<(&'a Turn, Safe<String>)>,
}

/// Renders it.
pub(super) fn render(review: &Review) -> Result<String, Error> {
    let zones = review.histories.iter().map(|history| {
        let turns = review.turns.iter().filter(|turn| turn.zone == history.zone);
        Ok(ZonePart {
            history,
            lanes: draw::lanes(history, review)?,
            turns: turns
                .map(|turn| Ok((turn, draw::chain(turn)?)))
                .collect::<Result<_, askama::Error>>()?,
        })
    });
    let page = Page {
        review,
        headlines: Headlines::new(review),
        zones: zones
            .collect::<Result<_, askama::Error>>()
            .map_err(Error::Page)?,
    };
    page.render().map_err(Error::Page)
}
