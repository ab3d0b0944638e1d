//! How far the reading has come, on a terminal.

use crate::capture::Progress;
use std::io::{self, Write};

/// Cells of the bar.
const CELLS: u64 = 30;

/// Frames between two pictures where the size of the input is unknown.
const FRAMES_A_PICTURE: u64 = 1 << 18;

/// One line on standard error, drawn again when it would look different.
#[derive(Debug)]
pub(super) struct ProgressLine {
    is_wanted: bool,
    /// What the line stands at, if it is drawn.
    drawn: Option<u64>,
    /// What it stood at when it was last to be drawn.
    seen: Option<u64>,
}

impl ProgressLine {
    /// Not drawn yet; never, if it is not wanted.
    pub(super) const fn new(is_wanted: bool) -> Self {
        Self {
            is_wanted,
            drawn: None,
            seen: None,
        }
    }

    /// Draws how far it has come.
    pub(super) fn show(&mut self, progress: &Progress) {
        if !self.is_wanted {
            return;
        }
        let stand = match progress.total_octets {
            Some(total) => share(progress.octets, total, 100),
            None => progress.frames / FRAMES_A_PICTURE,
        };
        // The first picture comes with the second stand: what is short needs none.
        let has_moved = self.seen.is_some_and(|seen| seen != stand);
        if has_moved && self.drawn != Some(stand) {
            draw(&format!("\r\x1b[K{}", picture(progress)));
            self.drawn = Some(stand);
        }
        self.seen = Some(stand);
    }

    /// Makes room for other text on the same terminal.
    pub(super) fn clear(&mut self) {
        if self.drawn.take().is_some() {
            draw("\r\x1b[K");
        }
    }
}

fn draw(text: &str) {
    let mut terminal = io::stderr().lock();
    // A picture that cannot be drawn is no loss.
    let _ = terminal
        .write_all(text.as_bytes())
        .and_then(|()| terminal.flush());
}

fn share(part: u64, whole: u64, of: u64) -> u64 {
    part.saturating_mul(of) / whole.max(1)
}

fn picture(progress: &Progress) -> String {
    let frames = progress.frames;
    let Some(total) = progress.total_octets else {
        return format!("{frames} frames");
    };
    let cells: String = (0..CELLS)
        .map(|cell| {
            if cell < share(progress.octets, total, CELLS) {
                '#'
            } else {
                '.'
            }
        })
        .collect();
    let percent = share(progress.octets, total, 100);
    format!("[{cells}] {percent:3} %  {frames} frames")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_picture_tells_the_share() {
        let progress = |octets, total_octets| Progress {
            octets,
            total_octets,
            frames: 7,
        };
        let table = [
            (
                progress(0, Some(0)),
                "[..............................]   0 %  7 frames",
            ),
            (
                progress(50, Some(100)),
                "[###############...............]  50 %  7 frames",
            ),
            (
                progress(100, Some(100)),
                "[##############################] 100 %  7 frames",
            ),
            (progress(5, None), "7 frames"),
        ];
        for (progress, expected) in table {
            assert_eq!(picture(&progress), expected);
        }
    }
}
