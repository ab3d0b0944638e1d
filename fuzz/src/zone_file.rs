//! Zone files.

use super::records::{check, contents, zone_file};
use sigtap::message::zone_file::parse;

/// Any text, as a zone file.
pub fn run(octets: &[u8]) {
    let text = String::from_utf8_lossy(octets);
    let sets = match parse(&text) {
        Ok(sets) => sets,
        Err(error) => {
            let said = error.to_string();
            assert!(!said.contains(char::is_control), "{said:?}");
            assert!(error.line >= 1 && said.chars().count() < 1000, "{said}");
            return;
        }
    };
    assert!(sets.is_sorted_by_key(|set| (set.owner.clone(), set.rtype)));
    sets.iter().for_each(check);
    let again = parse(&zone_file(&sets));
    let again = again.map(|sets| sets.iter().map(contents).collect::<Vec<_>>());
    assert_eq!(again, Ok(sets.iter().map(contents).collect()));
}
