//! Words for people: short, and safe whatever the wire brought.

use crate::message::{Name, Rtype};
use crate::time::Timestamp;

/// Characters of a name that prose shows at most.
const BRIEF: usize = 80;

/// A name for prose: its end if it is long, since that says whose it is.
pub(super) fn brief(name: &Name) -> String {
    let text = name.to_string();
    let surplus = text.chars().count().saturating_sub(BRIEF);
    if surplus == 0 {
        return text;
    }
    let tail: String = text.chars().skip(surplus + 1).collect();
    format!("…{tail}")
}

/// An RRset for prose.
pub(super) fn rrset((name, rtype): &(Name, Rtype)) -> String {
    format!("{} {rtype}", brief(name))
}

/// A text for output: cut to so many characters, without any that terminals obey.
pub(super) fn clip(text: &str, characters: usize) -> String {
    let surplus = text.chars().nth(characters).is_some();
    let kept = characters.saturating_sub(usize::from(surplus));
    let tame = |character| {
        if is_obeyed(character) {
            '\u{fffd}'
        } else {
            character
        }
    };
    let mut clipped: String = text.chars().take(kept).map(tame).collect();
    if surplus {
        clipped.push('…');
    }
    clipped
}

/// Control characters, and those that break lines or turn the direction of text.
fn is_obeyed(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}')
        || matches!(character, '\u{2066}'..='\u{2069}')
}

/// How much earlier or later than `reference` something was.
pub(super) fn apart(moment: Timestamp, reference: Timestamp) -> String {
    let (seconds, word) = if moment <= reference {
        (reference.seconds_since(moment), "earlier")
    } else {
        (moment.seconds_since(reference), "later")
    };
    if seconds == 0 {
        return format!("less than a second {word}");
    }
    format!("{} {word}", duration(seconds))
}

/// Seconds in the unit that reads best.
pub(super) fn duration(seconds: i64) -> String {
    if seconds <= 120 {
        format!("{seconds} s")
    } else if seconds <= 7200 {
        format!("{} min", seconds / 60)
    } else if seconds <= 172_800 {
        format!("{} h", seconds / 3600)
    } else {
        format!("{} days", seconds / 86_400)
    }
}

/// A number with its noun.
pub(super) fn plural(count: u64, noun: &str) -> String {
    let ending = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{ending}")
}

/// A name as operators type it in commands, without the final dot. Nothing for a name with
/// characters that a shell or a control channel could take for something else.
pub(super) fn typed(name: &Name) -> Option<String> {
    let is_plain = |octet: &u8| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'_');
    let is_safe = name.labels().all(|label| {
        label.iter().all(is_plain) && label.first().is_some_and(|first| *first != b'-')
    });
    if name.is_root() {
        return Some(".".to_owned());
    }
    let text = name.to_string();
    is_safe.then(|| text.trim_end_matches('.').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_take_plain_names_only() {
        let table = [
            ("example.org.", Some("example.org")),
            (".", Some(".")),
            ("_dmarc.example.", Some("_dmarc.example")),
            ("$\\(reboot\\).example.", None),
            ("a\\;b.example.", None),
            ("-f.example.", None),
            ("a\\.b.example.", None),
        ];
        for (name, expected) in table {
            let name = Name::parse(name).unwrap();
            assert_eq!(typed(&name).as_deref(), expected, "{name}");
        }
    }

    #[test]
    fn texts_are_cut_and_tamed() {
        assert_eq!(clip("plain", 5), "plain");
        assert_eq!(clip("plainly", 5), "plai…");
        assert_eq!(
            clip("a\n\u{1b}[31m\u{202e}b", 20),
            "a\u{fffd}\u{fffd}[31m\u{fffd}b"
        );
    }

    #[test]
    fn long_names_keep_their_end() {
        let long = format!("{}.{}.example.", "a".repeat(60), "b".repeat(60));
        let text = brief(&Name::parse(&long).unwrap());
        assert!(
            text.ends_with(".example.") && text.chars().count() == BRIEF,
            "{text}"
        );
    }

    #[test]
    fn times_read_well() {
        let at = |seconds| Timestamp::new(seconds, 0);
        assert_eq!(apart(at(60), at(100)), "40 s earlier");
        assert_eq!(apart(at(700), at(100)), "10 min later");
        assert_eq!(apart(at(100), at(100)), "less than a second earlier");
        assert_eq!(duration(1_382_400), "16 days");
    }
}
