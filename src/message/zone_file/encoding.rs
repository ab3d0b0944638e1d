//! Base64 (RFC 4648 §4) and hexadecimal digits, as zone files use them.

/// Octets from base64; nothing if the digits, their number or the padding is wrong.
pub(crate) fn base64(digits: &str) -> Option<Vec<u8>> {
    if !digits.len().is_multiple_of(4) {
        return None;
    }
    let digits = digits
        .strip_suffix("==")
        .or_else(|| digits.strip_suffix('='))
        .unwrap_or(digits);
    let mut octets = Vec::with_capacity(digits.len() / 4 * 3 + 2);
    for group in digits.as_bytes().chunks(4) {
        let mut bits = 0_u32;
        for digit in group {
            bits = bits << 6 | base64_digit(*digit)?;
        }
        // Four digits make three octets; of three or two, the last digit is partly used.
        let unused = 6 * (4 - group.len());
        let [_, three @ ..] = (bits << unused).to_be_bytes();
        octets.extend_from_slice(three.get(..group.len() - 1)?);
        if group.len() == 1 {
            return None;
        }
    }
    Some(octets)
}

fn base64_digit(digit: u8) -> Option<u32> {
    let value = match digit {
        b'A'..=b'Z' => digit - b'A',
        b'a'..=b'z' => digit - b'a' + 26,
        b'0'..=b'9' => digit - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    };
    Some(u32::from(value))
}

/// Octets from hexadecimal digits of either case; nothing if one is none or alone.
pub(crate) fn hex(digits: &str) -> Option<Vec<u8>> {
    let digits = digits.as_bytes();
    let pairs = digits.chunks(2).map(|pair| match *pair {
        [high, low] => {
            let [high, low] = [high, low].map(|digit| char::from(digit).to_digit(16));
            u8::try_from(high? << 4 | low?).ok()
        }
        _ => None,
    });
    pairs.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn base64_is_that_of_rfc_4648() {
        // RFC 4648 §10.
        let table = [
            ("", Some("")),
            ("Zg==", Some("f")),
            ("Zm8=", Some("fo")),
            ("Zm9v", Some("foo")),
            ("Zm9vYmFy", Some("foobar")),
            ("Zg=", None),
            ("Zg", None),
            ("Z===", None),
            ("Zm9v=", None),
            ("Zm-v", None),
            ("====", None),
        ];
        for (digits, expected) in table {
            let octets = base64(digits);
            assert_eq!(octets.as_deref(), expected.map(str::as_bytes), "{digits}");
        }
    }

    proptest! {
        #[test]
        fn hex_reads_what_is_written(octets in prop::collection::vec(any::<u8>(), 0..40)) {
            let pairs: Vec<_> = octets.iter().map(|octet| format!("{octet:02x}")).collect();
            let digits = pairs.concat();
            prop_assert_eq!(hex(&digits.to_uppercase()), Some(octets.clone()));
            prop_assert_eq!(hex(&digits), Some(octets));
        }

        #[test]
        fn no_text_breaks_a_decoder(text in any::<String>()) {
            let _ = (base64(&text), hex(&text));
        }
    }
}
