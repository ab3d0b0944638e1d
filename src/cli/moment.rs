//! Moments as the user types them: a time, or how long ago.

use crate::report::When;
use crate::time::Timestamp;

/// RFC 3339.
pub(super) fn moment(text: &str) -> Result<Timestamp, String> {
    Timestamp::parse(text).ok_or_else(|| "expected a time as in 2026-12-01T08:00:00Z".to_owned())
}

/// RFC 3339, or an age: a number and one of `s`, `m`, `h`, `d`, `w`.
pub(super) fn when(text: &str) -> Result<When, String> {
    let wrong =
        || "expected a time as in 2026-12-01T08:00:00Z, or an age as in 90m or 2d".to_owned();
    if let Some(time) = Timestamp::parse(text) {
        return Ok(When::At(time));
    }
    let (number, unit) = text
        .split_at_checked(text.len().saturating_sub(1))
        .ok_or_else(wrong)?;
    let unit: i64 = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        "w" => 7 * 86_400,
        _ => return Err(wrong()),
    };
    let is_number = number.bytes().all(|octet| octet.is_ascii_digit());
    let number: Option<i64> = number.parse().ok().filter(|_| is_number);
    let seconds = number.and_then(|number| number.checked_mul(unit));
    seconds.map(When::Ago).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_a_time_or_an_age() {
        let time = Timestamp::from_utc([2026, 12, 1], [8, 0, 0]).unwrap();
        let table = [
            ("2026-12-01T08:00:00Z", Some(When::At(time))),
            ("2026-12-01T09:00:00+01:00", Some(When::At(time))),
            ("45s", Some(When::Ago(45))),
            ("90m", Some(When::Ago(5400))),
            ("2d", Some(When::Ago(172_800))),
            ("1w", Some(When::Ago(604_800))),
            ("+2d", None),
            ("-2d", None),
            ("2", None),
            ("d", None),
            ("", None),
            ("2µ", None),
            ("99999999999999999999d", None),
            ("yesterday", None),
        ];
        for (text, expected) in table {
            assert_eq!(when(text).ok(), expected, "{text:?}");
        }
    }
}
