//! Capture time, RRSIG time and TTLs.
//!
//! Gives [`Timestamp`], [`SerialTime`] and [`Ttl`]; owns nothing. No wall clock is read here or
//! in any room that decides something.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Nanoseconds in a second.
const NANOS: i64 = 1_000_000_000;

/// A moment of the capture: nanoseconds since the Unix epoch.
#[derive(
    Clone, Copy, Debug, Default, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize,
)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The latest moment that can be told.
    pub const MAX: Self = Self(i64::MAX);

    /// From nanoseconds since the epoch.
    pub const fn from_nanos(nanos: i64) -> Self {
        Self(nanos)
    }

    /// From whole seconds and nanoseconds since the epoch; saturates.
    pub const fn new(seconds: i64, nanos: u32) -> Self {
        #[expect(clippy::as_conversions, reason = "a lossless widening in a const fn")]
        let nanos = nanos as i64;
        Self(seconds.saturating_mul(NANOS).saturating_add(nanos))
    }

    /// From a date and a time of day in UTC; nothing if the calendar or the clock has no such
    /// moment. A leap second counts as the second after it.
    pub fn from_utc(date: [i64; 3], clock: [i64; 3]) -> Option<Self> {
        let ([year, month, day], [hour, minute, second]) = (date, clock);
        let is_time_of_day =
            (0..24).contains(&hour) && (0..60).contains(&minute) && (0..=60).contains(&second);
        let days = days((0..=9999).contains(&year).then_some(year)?, month, day);
        // A day that the month does not have comes back as one of the next month.
        (is_time_of_day && civil(days) == (year, month, day))
            .then(|| Self::new(days * 86_400 + hour * 3600 + minute * 60 + second, 0))
    }

    /// From RFC 3339 form: `2026-10-12T08:15:30.5Z`, or with an offset instead of `Z`.
    pub fn parse(text: &str) -> Option<Self> {
        let (date, rest) = text.split_once(['T', 't', ' '])?;
        let (clock, zone) = rest.split_at_checked(rest.find(['Z', 'z', '+', '-'])?)?;
        let (clock, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
        let moment = Self::from_utc(numbers(date, '-', 4)?, numbers(clock, ':', 2)?)?;
        let offset = match zone {
            "Z" | "z" => 0,
            _ => {
                let [hours, minutes, _] = numbers(&format!("{}:00", zone.get(1..)?), ':', 2)?;
                let seconds = (hours * 60 + minutes) * 60;
                if zone.starts_with('-') {
                    -seconds
                } else {
                    seconds
                }
            }
        };
        let is_fraction = (1..=9).contains(&fraction.len()) && is_digits(fraction);
        let nanos: i64 = is_fraction.then(|| format!("{fraction:0<9}").parse().ok())??;
        Some(Self(moment.0.saturating_add(nanos)).plus_seconds(-offset))
    }

    /// Nanoseconds since the epoch.
    pub const fn as_nanos(self) -> i64 {
        self.0
    }

    /// Whole seconds since the epoch, rounded down.
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(NANOS)
    }

    /// This moment as an RRSIG time (RFC 4034 §3.1.5).
    pub fn serial(self) -> SerialTime {
        let wrapped = self.seconds().rem_euclid(1 << 32);
        SerialTime(u32::try_from(wrapped).unwrap_or_default())
    }

    /// The moment `seconds` later (earlier if negative); saturates.
    #[must_use]
    pub const fn plus_seconds(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds.saturating_mul(NANOS)))
    }

    /// The moment at which something received now with this TTL runs out.
    #[must_use]
    pub fn plus_ttl(self, ttl: Ttl) -> Self {
        self.plus_seconds(i64::from(ttl.seconds()))
    }

    /// Seconds from `earlier` to this moment, rounded down; negative if it is later.
    pub const fn seconds_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0).div_euclid(NANOS)
    }
}

/// `2026-10-12T08:15:30.123456+0000`, as Suricata writes it: UTC, microseconds.
impl fmt::Display for Timestamp {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let micros = self.0.rem_euclid(NANOS) / 1000;
        let second_of_day = self.seconds().rem_euclid(86_400);
        let (year, month, day) = civil(self.seconds().div_euclid(86_400));
        let (hour, minute, second) = (
            second_of_day / 3600,
            second_of_day / 60 % 60,
            second_of_day % 60,
        );
        write!(
            out,
            "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{micros:06}+0000"
        )
    }
}

/// Three numbers of two digits (the first of `first_width`), with `separator` between them.
fn numbers(text: &str, separator: char, first_width: usize) -> Option<[i64; 3]> {
    let mut parts = text.split(separator);
    let mut number = |width| {
        let part = parts.next()?;
        (part.len() == width && is_digits(part)).then(|| part.parse().ok())?
    };
    let found = [number(first_width)?, number(2)?, number(2)?];
    parts.next().is_none().then_some(found)
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|octet| octet.is_ascii_digit())
}

/// Days from 1970-01-01 to a date (proleptic Gregorian): the inverse of [`civil`].
fn days(year: i64, month: i64, day: i64) -> i64 {
    let shifted_year = year - i64::from(month <= 2);
    let era = shifted_year.div_euclid(400);
    let year_of_era = shifted_year.rem_euclid(400);
    let shifted_month = (month + 9).rem_euclid(12);
    let day_of_year = (153 * shifted_month + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// Year, month and day of a number of days since 1970-01-01 (proleptic Gregorian).
fn civil(days: i64) -> (i64, i64, i64) {
    // Years are counted from March, so that the leap day comes last.
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 {
        shifted_month + 3
    } else {
        shifted_month - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

/// An RRSIG time: seconds since the Unix epoch, modulo 2^32 (RFC 4034 §3.1.5).
///
/// Times are compared by serial number arithmetic (RFC 1982 §3.2), so the type has no `Ord`:
/// two times 2^31 seconds apart have no order.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, PartialEq, Serialize)]
pub struct SerialTime(u32);

impl SerialTime {
    /// From the 32 bits of the wire.
    pub const fn new(seconds: u32) -> Self {
        Self(seconds)
    }

    /// The 32 bits of the wire.
    pub const fn value(self) -> u32 {
        self.0
    }

    /// Whether this time is later than `other` (RFC 1982 §3.2).
    pub fn is_after(self, other: Self) -> bool {
        self.seconds_since(other) > 0
    }

    /// Seconds from `earlier` to this time, by serial arithmetic.
    pub fn seconds_since(self, earlier: Self) -> i32 {
        self.0.wrapping_sub(earlier.0).cast_signed()
    }

    /// This time as a moment, in the epoch that lies nearest to `reference`.
    pub fn near(self, reference: Timestamp) -> Timestamp {
        let offset = self.seconds_since(reference.serial());
        Timestamp::new(reference.seconds().saturating_add(i64::from(offset)), 0)
    }
}

/// A time to live in seconds (RFC 2181 §8: at most 2^31 - 1; a larger value counts as 0).
#[derive(
    Clone, Copy, Debug, Default, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize,
)]
pub struct Ttl(u32);

impl Ttl {
    /// From the 32 bits of the wire.
    pub const fn new(seconds: u32) -> Self {
        if seconds > i32::MAX.cast_unsigned() {
            Self(0)
        } else {
            Self(seconds)
        }
    }

    /// Seconds.
    pub const fn seconds(self) -> u32 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_timestamp_prints_as_suricata_writes_it() {
        let table = [
            (0, "1970-01-01T00:00:00.000000+0000"),
            (1_791_792_930_123_456_789, "2026-10-12T08:15:30.123456+0000"),
            (951_782_400_000_000_000, "2000-02-29T00:00:00.000000+0000"),
            (-1_000, "1969-12-31T23:59:59.999999+0000"),
        ];
        for (nanos, expected) in table {
            assert_eq!(Timestamp::from_nanos(nanos).to_string(), expected);
        }
    }

    #[test]
    fn rfc_3339_is_read_and_nothing_else() {
        let table = [
            ("1970-01-01T00:00:00Z", Some(0)),
            ("2017-02-02T00:00:00+00:00", Some(1_485_993_600_000_000_000)),
            (
                "2000-02-29t01:00:00.25+01:00",
                Some(951_782_400_250_000_000),
            ),
            ("1970-01-01 00:00:00-00:30", Some(1_800_000_000_000)),
            ("2001-02-29T00:00:00Z", None),
            ("2001-13-01T00:00:00Z", None),
            ("2001-00-10T00:00:00Z", None),
            ("2001-01-01T24:00:00Z", None),
            ("2001-01-01T00:00:00", None),
            ("2001-01-01", None),
            ("2001-1-1T00:00:00Z", None),
            ("2001-01-01T00:00:00.Z", None),
            ("2001-01-01T00:00:00+1:00", None),
            ("2001-01-01T00:00:00+01:00:00", None),
            ("+001-01-01T00:00:00Z", None),
        ];
        for (text, expected) in table {
            assert_eq!(
                Timestamp::parse(text).map(Timestamp::as_nanos),
                expected,
                "{text}"
            );
        }
    }

    #[test]
    fn serial_times_wrap() {
        let [late, early] = [10, u32::MAX - 10].map(SerialTime::new);
        assert!(late.is_after(early) && !early.is_after(late));
        assert_eq!(late.seconds_since(early), 21);
    }

    proptest! {
        #[test]
        fn a_date_survives_its_days(days_since in -700_000_i64..2_900_000) {
            let (year, month, day) = civil(days_since);
            prop_assert_eq!(days(year, month, day), days_since);
        }

        #[test]
        fn no_text_breaks_the_reading_of_times(text in "[-0-9:TZ+. é]{0,30}") {
            let _ = Timestamp::parse(&text);
        }

        #[test]
        fn a_moment_survives_serial_form(seconds in 1_000_000_000_i64..8_000_000_000, off in -1_000_000_000_i64..1_000_000_000) {
            let moment = Timestamp::new(seconds, 0);
            prop_assert_eq!(moment.serial().near(moment.plus_seconds(off)), moment);
        }
    }
}
