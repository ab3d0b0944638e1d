//! What the operator says of zones: a portfolio in TOML, and lists of domains.

use sigtap::portfolio::{Portfolio, gaps, import};
use sigtap::time::Timestamp;

/// Any octets, as a portfolio and as a list.
pub fn run(octets: &[u8]) {
    let text = String::from_utf8_lossy(octets);
    match Portfolio::parse(&text) {
        Ok(portfolio) => {
            for gap in gaps(&portfolio, Timestamp::default()) {
                assert!(!gap.kind.to_string().is_empty());
            }
            for zone in portfolio.zones() {
                assert_eq!(portfolio.closest(&zone.name), Some(zone));
                assert!(!portfolio.is_foreign(&zone.name));
                declared(zone);
            }
        }
        Err(error) => {
            let told = error.to_string();
            assert!(!told.contains('\n') && told.len() < 2000, "{told}");
            assert!(error.line >= 1 && error.line <= text.lines().count() + 1);
        }
    }
    let imported = import(octets);
    let again = Portfolio::parse(&imported.to_toml());
    let again = again.expect("what import gives is a portfolio");
    assert_eq!(again.zones().len(), imported.rows.len());
    for refused in &imported.refused {
        assert!(!refused.to_string().contains('\n'));
    }
}

/// A change is what a plan declares, or it is told how it is not.
fn declared(zone: &sigtap::portfolio::Zone) {
    for plan in &zone.plans {
        let before = plan.ds_before.clone().unwrap_or_default();
        assert!(plan.until > plan.from);
        let found = zone.plan_for(&before, &plan.ds_after, plan.from);
        assert!(found.is_some(), "{}", plan.ticket);
        let late = plan.until.plus_seconds(1);
        let _ = zone.miss(&before, &plan.ds_after, late);
        assert!(plan.miss(&before, &plan.ds_after, late).is_some());
    }
}
