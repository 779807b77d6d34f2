//! Exact reading of decimal literals.

use rust_decimal::Decimal;

/// Longest literal looked at; longer ones are no numbers a shop sends.
const LITERAL_BYTES_MAX: usize = 100;

/// Most digits a [`Decimal`] is sure to hold.
const DIGITS_MAX: i64 = 28;

/// Longest text whose digits an [`i64`] is sure to hold.
const PLAIN_BYTES_MAX: usize = 18;

/// Why a literal is not an exact decimal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::value) enum LiteralError {
    NotANumber,
    TooLarge,
    TooManyDecimals { found: u32 },
}

/// Reads a literal without losing a digit; the result has no trailing zeros and no negative zero.
///
/// Takes an optional sign, digits with at most one point, and an optional exponent. Own code
/// because the decimal crate also takes underscores and treats exponents apart.
pub(in crate::value) fn parse_literal(text: &str) -> Result<Decimal, LiteralError> {
    plain(text).map_or_else(|| parse_any(text), Ok)
}

/// A number as amounts are, few digits with at most one point, read in one pass. What is not one,
/// or no number at all, is for [`parse_any`] to say.
fn plain(text: &str) -> Option<Decimal> {
    if text.len() > PLAIN_BYTES_MAX {
        return None;
    }
    let (mut mantissa, mut scale, mut point) = (0_i64, 0_u32, false);
    for byte in text.bytes() {
        match byte {
            b'0'..=b'9' => {
                mantissa = mantissa * 10 + i64::from(byte - b'0');
                scale += u32::from(point);
            }
            b'.' if !point => point = true,
            _ => return None,
        }
    }
    if text.len() == usize::from(point) {
        return None;
    }
    while scale > 0 && mantissa % 10 == 0 {
        mantissa /= 10;
        scale -= 1;
    }
    Some(Decimal::new(mantissa, scale))
}

fn parse_any(text: &str) -> Result<Decimal, LiteralError> {
    if text.len() > LITERAL_BYTES_MAX {
        return Err(LiteralError::NotANumber);
    }
    let (negative, unsigned) = split_sign(text);
    let (digits, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((digits, exponent)) => (digits, parse_exponent(exponent)?),
        None => (unsigned, 0),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if (whole.is_empty() && fraction.is_empty()) || !all_digits(whole) || !all_digits(fraction) {
        return Err(LiteralError::NotANumber);
    }
    let whole = whole.trim_start_matches('0');
    let fraction = fraction.trim_end_matches('0');
    if whole.is_empty() && fraction.is_empty() {
        return Ok(Decimal::ZERO);
    }
    assemble(negative, whole, fraction, exponent)
}

fn split_sign(text: &str) -> (bool, &str) {
    match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    }
}

fn parse_exponent(text: &str) -> Result<i64, LiteralError> {
    let (negative, digits) = split_sign(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(LiteralError::NotANumber);
    }
    // Anything this far out is beyond a decimal either way, so the cap changes no verdict.
    let size = digits
        .parse::<i64>()
        .map_or(100_000, |size| size.min(100_000));
    Ok(if negative { -size } else { size })
}

fn assemble(
    negative: bool,
    whole: &str,
    fraction: &str,
    exponent: i64,
) -> Result<Decimal, LiteralError> {
    let length = |part: &str| i64::try_from(part.len()).unwrap_or(i64::MAX);
    let mut scale = length(fraction).saturating_sub(exponent);
    let too_long = if length(whole).saturating_add(exponent) > DIGITS_MAX {
        LiteralError::TooLarge
    } else {
        LiteralError::TooManyDecimals {
            found: u32::try_from(scale).unwrap_or(0),
        }
    };
    let mut mantissa = 0_i128;
    for byte in whole.bytes().chain(fraction.bytes()) {
        mantissa = mantissa
            .checked_mul(10)
            .and_then(|shifted| shifted.checked_add(i128::from(byte - b'0')))
            .ok_or(too_long)?;
    }
    while scale > 0 && mantissa % 10 == 0 {
        mantissa /= 10;
        scale -= 1;
    }
    if scale < 0 {
        mantissa = u32::try_from(-scale)
            .ok()
            .and_then(|zeros| 10_i128.checked_pow(zeros))
            .and_then(|factor| mantissa.checked_mul(factor))
            .ok_or(LiteralError::TooLarge)?;
        scale = 0;
    }
    let mantissa = if negative { -mantissa } else { mantissa };
    u32::try_from(scale)
        .ok()
        .and_then(|scale| Decimal::try_from_i128_with_scale(mantissa, scale).ok())
        .ok_or(too_long)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{LiteralError, parse_any, parse_literal, plain};
    use proptest::prelude::*;
    use rust_decimal::Decimal;

    const NEAR_NUMBER: &str = "[-+]?[0-9]{0,40}\\.?[0-9]{0,40}([eE][-+]?[0-9]{0,5})?";

    fn printed(text: &str) -> String {
        parse_literal(text).unwrap().to_string()
    }

    #[test]
    fn literals_are_read_exactly() {
        assert_eq!(printed("249.0"), "249");
        assert_eq!(printed("19940"), "19940");
        assert_eq!(printed("-12.50"), "-12.5");
        assert_eq!(printed("+1"), "1");
        assert_eq!(printed("00012.05"), "12.05");
        assert_eq!(printed(".5"), "0.5");
        assert_eq!(printed("5."), "5");
        assert_eq!(printed("0.000001"), "0.000001");
        assert_eq!(printed(&format!("1.5{}", "0".repeat(60))), "1.5");
        assert_eq!(printed("1.25e1"), "12.5");
        assert_eq!(printed("1250E-2"), "12.5");
        assert_eq!(printed("1000e-2"), "10");
        assert_eq!(printed("1e+3"), "1000");
    }

    #[test]
    fn zero_has_no_sign() {
        for text in ["0", "-0", "-0.00", "0e999999999999", "-.0"] {
            let zero = parse_literal(text).unwrap();
            assert!(zero.is_zero() && !zero.is_sign_negative(), "{text}");
        }
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for text in [
            "",
            "-",
            "+",
            ".",
            "-.",
            "e",
            "1e",
            "1e+",
            "1e1.5",
            "1_000",
            "1,5",
            " 1",
            "1 ",
            "--1",
            "+-1",
            "1.2.3",
            "0x10",
            "NaN",
            "inf",
            "١",
            "1\0",
            "12.50 EUR",
        ] {
            assert_eq!(
                parse_literal(text),
                Err(LiteralError::NotANumber),
                "{text:?}"
            );
        }
        assert_eq!(
            parse_literal(&"1".repeat(101)),
            Err(LiteralError::NotANumber)
        );
    }

    #[test]
    fn what_a_decimal_cannot_hold_is_refused() {
        assert_eq!(parse_literal("1e400"), Err(LiteralError::TooLarge));
        assert_eq!(
            parse_literal("1e99999999999999999999"),
            Err(LiteralError::TooLarge)
        );
        assert_eq!(parse_literal(&"9".repeat(29)), Err(LiteralError::TooLarge));
        assert_eq!(parse_literal(&"9".repeat(100)), Err(LiteralError::TooLarge));
        assert_eq!(
            parse_literal("1e-29"),
            Err(LiteralError::TooManyDecimals { found: 29 })
        );
        assert_eq!(
            parse_literal(&format!("0.{}1", "0".repeat(40))),
            Err(LiteralError::TooManyDecimals { found: 41 })
        );
    }

    #[test]
    fn few_digits_with_at_most_one_point_are_plain() {
        let parts = |number: Decimal| (number.mantissa(), number.scale());
        let least = format!("0.{}1", "0".repeat(15));
        let most = "9".repeat(18);
        for text in [
            "0",
            "0.00",
            "5.",
            ".5",
            "00012.0500",
            "100",
            least.as_str(),
            most.as_str(),
        ] {
            assert_eq!(
                plain(text).map(parts),
                parse_any(text).ok().map(parts),
                "{text}"
            );
            assert!(plain(text).is_some(), "{text}");
        }
        let more = "9".repeat(19);
        for text in [
            "",
            ".",
            "..",
            "1.2.3",
            "-1",
            "+1",
            "1e3",
            "1_0",
            "١",
            more.as_str(),
        ] {
            assert_eq!(plain(text), None, "{text}");
            assert_eq!(parse_literal(text), parse_any(text), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_decimal_reads_back(mantissa in any::<i64>(), scale in 0_u32..=18) {
            let decimal = Decimal::new(mantissa, scale);
            prop_assert_eq!(parse_literal(&decimal.to_string()), Ok(decimal));
        }

        #[test]
        fn a_plain_number_is_read_as_any_other_is(
            text in "[0-9]{0,10}\\.?[0-9]{0,10}|0{0,9}\\.?0{0,9}|[0-9]{1,12}0{0,6}|[-+.e0-9]{0,4}",
        ) {
            if let Some(short) = plain(&text) {
                let long = parse_any(&text).unwrap();
                prop_assert_eq!(short.mantissa(), long.mantissa());
                prop_assert_eq!(short.scale(), long.scale());
                prop_assert_eq!(short.is_sign_negative(), long.is_sign_negative());
            }
        }

        #[test]
        fn any_text_is_read_or_refused(text in "\\PC*") {
            let _ = parse_literal(&text);
        }

        #[test]
        fn any_near_number_is_read_or_refused(text in NEAR_NUMBER) {
            let _ = parse_literal(&text);
        }
    }
}
