//! The status page, for browsers and for programs.

use super::board::Moment;
use super::snapshot::Snapshot;
use super::view::View;
use askama::Template;

/// Zones that the page lists; JSON lists all.
const LISTED: usize = 500;

/// For whom.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Format {
    /// People.
    Html,
    /// Programs.
    Json,
}

/// Every name and text in it is escaped by the template's kind.
#[derive(Template)]
#[template(path = "status.html")]
struct Page {
    view: Option<View>,
    unlisted_zones: usize,
}

/// The status of a moment.
pub fn status(snapshot: &Snapshot, moment: &Moment, format: Format) -> String {
    let mut view = View::of(snapshot, moment);
    match format {
        Format::Json => serde_json::to_string(&view).unwrap_or_default(),
        Format::Html => {
            let unlisted_zones = view
                .zones_total
                .saturating_sub(LISTED.min(view.zones.len()));
            view.zones.truncate(LISTED);
            render(&Page {
                view: Some(view),
                unlisted_zones,
            })
        }
    }
}

/// The page before there is anything to tell.
pub(super) fn starting() -> String {
    render(&Page {
        view: None,
        unlisted_zones: 0,
    })
}

/// Writing to a string never fails.
fn render(page: &Page) -> String {
    page.render().unwrap_or_default()
}
