//! What the operator's files hold: trust anchors, domains that are broken on purpose.

use sigtap::alert::KnownBogus;
use sigtap::chain::anchor::{TrustAnchors, Trusted};
use sigtap::message::Name;
use std::fmt::Write;

/// Any text, as a file of trust anchors and as a list of domains.
pub fn run(octets: &[u8]) {
    let text = String::from_utf8_lossy(octets);
    let mut known = KnownBogus::default();
    if let Err(bad) = known.extend(&text) {
        assert!((1..=text.len() + 1).contains(&bad.line));
    }
    let _ = known.covers(&Name::root());
    match TrustAnchors::parse(&text) {
        Ok(anchors) => read(&anchors),
        Err(problem) => assert!(!problem.to_string().is_empty()),
    }
}

fn read(anchors: &TrustAnchors) {
    assert!(!anchors.is_empty());
    let mut text = String::new();
    for zone in anchors.zones() {
        assert_eq!(anchors.closest(zone).as_ref(), Some(zone));
        let Some(anchor) = anchors.for_zone(zone) else {
            continue;
        };
        let _ = anchor.is_supported();
        for (trusted, _) in anchor.trusted() {
            let _ = match trusted {
                Trusted::Ds(ds) => writeln!(text, "{zone} DS {ds}"),
                Trusted::Key(key) => {
                    assert!(anchor.matches(key));
                    let digits: Vec<_> = key.rdata().iter().map(|o| format!("{o:02x}")).collect();
                    let (length, digits) = (key.rdata().len(), digits.concat());
                    writeln!(text, "{zone} DNSKEY \\# {length} {digits}")
                }
            };
        }
    }
    let again = TrustAnchors::parse(&text).ok();
    let zones = again.iter().flat_map(TrustAnchors::zones);
    assert!(zones.eq(anchors.zones()), "{text}");
}
