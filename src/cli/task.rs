//! What is to be done with a portfolio.

use super::args::{Check, Coverage, Portfolio as Typed, TableArg};
use super::{Error, files};
use crate::alert::{KnownBogus, Sensor};
use crate::chain;
use crate::packet::Ports;
use crate::pipeline::{Outputs, REMEMBERED_CHECKS, Settings, Source};
use crate::portfolio::{Imported, Portfolio, import};
use crate::report::{CoverageTask, GapsTask, Seen, Task};
use crate::time::Timestamp;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

/// Seconds by which clocks may differ, as `read` has it.
const CLOCK_SKEW: i64 = 60;

pub(super) fn checked(typed: Typed) -> Result<Task, Error> {
    Ok(match typed {
        Typed::Import(typed) => Task::Import(list(&typed.list)?),
        Typed::Check(typed) => Task::Gaps(check(&typed)?),
        Typed::Coverage(typed) => Task::Coverage(coverage(typed)?),
    })
}

fn check(typed: &Check) -> Result<GapsTask, Error> {
    let portfolio = match files::portfolio(Some(&typed.portfolio)) {
        Ok(portfolio) => Ok(portfolio),
        Err(Error::Portfolio { source, .. }) if source.problem.is_contradiction() => Err(source),
        Err(error) => return Err(error),
    };
    Ok(GapsTask {
        portfolio,
        now: typed.at.map_or_else(now, |at| at.resolve(now())),
        as_json: typed.format == TableArg::Json,
    })
}

fn coverage(typed: Coverage) -> Result<CoverageTask, Error> {
    let path = &typed.portfolio;
    let is_toml = path.extension().is_some_and(|ending| ending == "toml");
    let (domains, refused): (Vec<_>, _) = if is_toml {
        let portfolio = files::portfolio(Some(path))?;
        let names = portfolio.zones().map(|zone| (zone.name.clone(), None));
        (names.collect(), Vec::new())
    } else {
        let Imported { rows, refused } = list(path)?;
        let domains = rows.into_iter().map(|row| (row.name, row.country));
        (domains.collect(), refused)
    };
    let seen = match typed.state {
        Some(state) => Seen::State(state),
        None => Seen::Captures(Box::new(settings(
            typed.capture,
            &typed.trust_anchor,
            &typed.zone_data,
            Arc::new(Portfolio::of_names(
                domains.iter().map(|(name, _)| name.clone()),
            )),
        )?)),
    };
    Ok(CoverageTask {
        domains,
        refused,
        seen,
        as_json: typed.format == TableArg::Json,
    })
}

/// A run that looks for the zones of a portfolio and tells nothing else.
pub(super) fn settings(
    captures: Vec<PathBuf>,
    anchors: &[PathBuf],
    zone_data: &[PathBuf],
    portfolio: Arc<Portfolio>,
) -> Result<Settings, Error> {
    let source = Source::Files(captures);
    Ok(Settings {
        filter: None,
        ports: Ports::new(&[]),
        workers: super::workers(None),
        remembered_checks: REMEMBERED_CHECKS,
        trust: chain::Config {
            anchors: files::trust_anchors(anchors)?,
            negative_anchors: Vec::new(),
            clock_skew: CLOCK_SKEW,
        },
        zone_data: files::zone_data(zone_data)?,
        state: None,
        portfolio,
        known_bogus: KnownBogus::default(),
        read_before: Vec::new(),
        reread: None,
        sensor: Sensor {
            name: super::host_name(),
            drill: false,
            source: super::told(&source),
        },
        source,
        outputs: Outputs {
            alerts: Vec::new(),
            verdicts: None,
            spool: None,
        },
        stats_seconds: None,
        user: None,
        http: None,
        shows_progress: false,
    })
}

/// The domains of a list; at least one.
fn list(path: &Path) -> Result<Imported, Error> {
    let imported = import(&files::octets("domains", path)?);
    if imported.rows.is_empty() {
        return Err(Error::NoDomains {
            path: path.to_path_buf(),
            refused: imported.refused.len(),
            first: imported.refused.into_iter().next(),
        });
    }
    Ok(imported)
}

/// The time of day: there is no capture to tell it.
#[expect(
    clippy::disallowed_methods,
    reason = "a window of the portfolio is over by the clock on the wall"
)]
pub(super) fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let seconds = since.map(|since| since.as_secs()).unwrap_or_default();
    Timestamp::new(i64::try_from(seconds).unwrap_or(i64::MAX), 0)
}
