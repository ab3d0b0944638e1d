//! How it stands with a sink that is a network away: known to its thread and to the tail.

use super::clock::{has_passed, now};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How often the same trouble is told.
const SAY_AGAIN: Duration = Duration::from_secs(60);

/// Figures of a sink since the start.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Figures {
    /// Lines that it has taken.
    pub sent: u64,
    /// Lines that it does not want, which were put aside.
    pub refused: u64,
    /// Lines for which there was no room while it took none.
    pub dropped: u64,
    /// Octets of lines that wait for it.
    pub waiting_octets: u64,
    /// It takes no lines now.
    pub is_down: bool,
}

#[derive(Default)]
struct Inner {
    figures: Figures,
    /// The segment that is being written.
    newest: u64,
    /// Why it takes nothing now.
    trouble: Option<String>,
    /// Why it did not want the latest line that it refused.
    refusal: String,
    told: Told,
    /// No more lines come.
    is_over: bool,
    /// Its thread is to end, whatever waits.
    is_abandoned: bool,
    /// Its thread has ended.
    is_done: bool,
}

/// What was told of it.
#[derive(Default)]
struct Told {
    is_down: bool,
    dropped: u64,
    refused: u64,
    at: Option<Instant>,
}

/// Shared by the thread of a sink and the tail.
#[derive(Default)]
pub(super) struct Standing {
    inner: Mutex<Inner>,
    changed: Condvar,
}

impl Standing {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        // Counts are whole whoever panicked.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn figures(&self) -> Figures {
        self.inner().figures
    }

    pub(super) fn begin(&self, newest: u64, waiting_octets: u64) {
        let mut inner = self.inner();
        inner.newest = newest;
        inner.figures.waiting_octets = waiting_octets;
    }

    pub(super) fn begins_segment(&self, newest: u64) {
        self.inner().newest = newest;
    }

    pub(super) fn newest(&self) -> u64 {
        self.inner().newest
    }

    pub(super) fn waiting_octets(&self) -> u64 {
        self.inner().figures.waiting_octets
    }

    pub(super) fn added(&self, octets: u64) {
        self.inner().figures.waiting_octets += octets;
        self.changed.notify_all();
    }

    /// Lines were taken for good.
    pub(super) fn taken(&self, octets: u64, lines: u64) {
        let figures = &mut self.inner().figures;
        figures.waiting_octets = figures.waiting_octets.saturating_sub(octets);
        figures.sent += lines;
    }

    pub(super) fn dropped(&self, lines: u64) {
        self.inner().figures.dropped += lines;
    }

    /// A line is not wanted.
    pub(super) fn refused(&self, why: &str) {
        let mut inner = self.inner();
        inner.figures.refused += 1;
        why.clone_into(&mut inner.refusal);
    }

    /// It takes nothing.
    pub(super) fn down(&self, why: String) {
        let mut inner = self.inner();
        inner.figures.is_down = true;
        inner.trouble = Some(why);
    }

    /// It takes lines.
    pub(super) fn up(&self) {
        let mut inner = self.inner();
        inner.figures.is_down = false;
        inner.trouble = None;
    }

    /// Waits until something is added or the end is near.
    pub(super) fn wait(&self, most: Duration) {
        let inner = self.inner();
        if !inner.is_over {
            drop(self.changed.wait_timeout(inner, most));
        }
    }

    /// Waits, whatever is added, but not past the end.
    pub(super) fn rest(&self, most: Duration) {
        let since = now();
        let mut inner = self.inner();
        while !inner.is_abandoned {
            let Some(left) = most
                .checked_sub(since.elapsed())
                .filter(|left| !left.is_zero())
            else {
                return;
            };
            let waited = self.changed.wait_timeout(inner, left);
            inner = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    pub(super) fn is_over(&self) -> bool {
        self.inner().is_over
    }

    pub(super) fn is_abandoned(&self) -> bool {
        self.inner().is_abandoned
    }

    /// No more lines come.
    pub(super) fn end(&self) {
        self.inner().is_over = true;
        self.changed.notify_all();
    }

    /// Its thread is to end now.
    pub(super) fn abandon(&self) {
        self.inner().is_abandoned = true;
        self.changed.notify_all();
    }

    pub(super) fn done(&self) {
        self.inner().is_done = true;
        self.changed.notify_all();
    }

    /// Waits for the end of its thread; whether it came in time.
    pub(super) fn wait_for_end(&self, most: Duration) -> bool {
        let since = now();
        let mut inner = self.inner();
        while !inner.is_done {
            let Some(left) = most
                .checked_sub(since.elapsed())
                .filter(|left| !left.is_zero())
            else {
                return false;
            };
            let waited = self.changed.wait_timeout(inner, left);
            inner = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        true
    }

    /// What is to be told of it, once: that it takes nothing and that it does again; at most once
    /// a minute, what is lost to it and what it does not want.
    pub(super) fn news(&self, name: &str, folder: &str) -> Option<String> {
        let inner = &mut *self.inner();
        let (figures, told) = (inner.figures, &mut inner.told);
        let kib = figures.waiting_octets.div_ceil(1024);
        let mut news = Vec::new();
        let is_early = told.at.is_some_and(|at| !has_passed(at, SAY_AGAIN));
        // Where it comes and goes, that is not told each time.
        let is_new = !told.is_down && !is_early;
        if let Some(trouble) = inner.trouble.as_ref().filter(|_| is_new) {
            news.push(format!(
                "{name} takes no lines: {trouble}; they wait in {folder} ({kib} KiB)"
            ));
        }
        if inner.trouble.is_none() && told.is_down {
            let (sent, dropped) = (figures.sent, figures.dropped);
            news.push(format!(
                "{name} takes lines again: {sent} sent since the start, {kib} KiB wait, {dropped} lines are lost to it"
            ));
        }
        if figures.dropped > told.dropped && !is_early {
            news.push(format!(
                "the spool of {name} is full: {} lines are lost to it so far, the latest ones; mend that sink, or give it a larger spool_mib",
                figures.dropped
            ));
        }
        if figures.refused > told.refused && !is_early {
            news.push(format!(
                "{name} refused {} lines so far ({}): they were put aside in {folder}/refused.jsonl",
                figures.refused, inner.refusal
            ));
        }
        if news.is_empty() {
            return None;
        }
        *told = Told {
            is_down: inner.trouble.is_some(),
            dropped: if is_early {
                told.dropped
            } else {
                figures.dropped
            },
            refused: if is_early {
                told.refused
            } else {
                figures.refused
            },
            at: if is_early { told.at } else { Some(now()) },
        };
        Some(news.join("; "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_trouble_is_told_once_and_so_is_its_end() {
        let standing = Standing::default();
        let news = || standing.news("syslog", "/spool").unwrap_or_default();
        assert_eq!(news(), "");
        standing.down("refused".to_owned());
        assert!(news().contains("takes no lines: refused"));
        standing.down("refused".to_owned());
        assert_eq!(news(), "");
        standing.up();
        assert!(news().contains("takes lines again"));
        assert_eq!(news(), "");
    }

    #[test]
    fn a_sink_that_comes_and_goes_is_not_told_of_each_time() {
        let standing = Standing::default();
        let told = (0..100).filter(|number| {
            match number % 2 {
                0 => standing.down("closed".to_owned()),
                _ => standing.up(),
            }
            standing.news("syslog", "/spool").is_some()
        });
        assert_eq!(told.count(), 2);
    }

    #[test]
    fn what_is_lost_is_told_with_its_number_but_not_every_second() {
        let standing = Standing::default();
        standing.dropped(3);
        assert!(
            standing
                .news("syslog", "/spool")
                .unwrap()
                .contains("3 lines are lost")
        );
        standing.dropped(1);
        assert_eq!(standing.news("syslog", "/spool"), None);
    }
}
