//! Numbers as people write them in spreadsheets, where they can mean one thing only.

use std::borrow::Cow;

use crate::channel::csv::options::DecimalSign;

/// Why a number cannot be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NumberProblem {
    /// It may mean two numbers.
    Ambiguous,
    /// It is no number.
    Malformed,
}

/// A plain literal with a decimal point from digits with a point or comma.
///
/// A single comma is a decimal comma unless exactly three digits follow it, as in `1,234`, which
/// may be a thousand; `0,125` can be no thousand. In a file whose delimiter is not a comma, people
/// write decimal commas, so the same is asked of a point. With both signs the last one is the
/// decimal one and the other must part groups of three.
///
/// A file that says which sign is the decimal one leaves nothing to guess.
pub(super) fn plain_number(
    text: &str,
    delimiter: u8,
    decimal: DecimalSign,
) -> Result<Cow<'_, str>, NumberProblem> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let known = |byte: u8| byte.is_ascii_digit() || byte == b'.' || byte == b',';
    if !unsigned.bytes().all(known) || !unsigned.bytes().any(|byte| byte.is_ascii_digit()) {
        return Err(NumberProblem::Malformed);
    }
    match decimal {
        DecimalSign::Detect => {}
        DecimalSign::Point => return read_signed(text, unsigned, ',', '.'),
        DecimalSign::Comma => return read_signed(text, unsigned, '.', ','),
    }
    let (points, commas) = (count(unsigned, '.'), count(unsigned, ','));
    match (points, commas) {
        (0, 0) => Ok(Cow::Borrowed(text)),
        (1, 0) if delimiter == b',' => Ok(Cow::Borrowed(text)),
        (1, 0) => decided(unsigned, '.').map(|()| Cow::Borrowed(text)),
        (0, 1) => decided(unsigned, ',').map(|()| Cow::Owned(text.replace(',', "."))),
        (_, 1) if unsigned.rfind(',') > unsigned.rfind('.') => grouped(text, unsigned, '.', ','),
        (1, _) if unsigned.rfind('.') > unsigned.rfind(',') => grouped(text, unsigned, ',', '.'),
        _ => Err(NumberProblem::Malformed),
    }
}

/// A number whose signs are known.
fn read_signed<'t>(
    text: &'t str,
    unsigned: &str,
    group: char,
    decimal: char,
) -> Result<Cow<'t, str>, NumberProblem> {
    let (whole, rest) = unsigned.split_once(decimal).unwrap_or((unsigned, "0"));
    if whole.is_empty() || rest.is_empty() || rest.contains([group, decimal]) {
        return Err(NumberProblem::Malformed);
    }
    match whole.contains(group) {
        true => grouped(text, unsigned, group, decimal),
        false => Ok(Cow::Owned(text.replace(decimal, "."))),
    }
}

fn count(text: &str, sign: char) -> usize {
    text.chars().filter(|c| *c == sign).count()
}

/// Three digits after one sign and one to three before it may be a thousand or a fraction.
fn decided(unsigned: &str, sign: char) -> Result<(), NumberProblem> {
    let (whole, rest) = unsigned.split_once(sign).unwrap_or((unsigned, ""));
    if whole.is_empty() || rest.is_empty() {
        return Err(NumberProblem::Malformed);
    }
    if rest.len() == 3 && whole.len() <= 3 && !whole.starts_with('0') {
        return Err(NumberProblem::Ambiguous);
    }
    Ok(())
}

fn grouped<'t>(
    text: &str,
    unsigned: &str,
    group: char,
    decimal: char,
) -> Result<Cow<'t, str>, NumberProblem> {
    let (whole, _) = unsigned.split_once(decimal).unwrap_or((unsigned, ""));
    let mut groups = whole.split(group);
    let first = groups.next().unwrap_or_default();
    let well_formed = (1..=3).contains(&first.len()) && groups.all(|digits| digits.len() == 3);
    if !well_formed {
        return Err(NumberProblem::Malformed);
    }
    Ok(Cow::Owned(text.replace(group, "").replace(decimal, ".")))
}

#[cfg(test)]
mod tests {
    use super::{DecimalSign, NumberProblem, plain_number};

    fn comma(text: &str) -> Result<String, NumberProblem> {
        plain_number(text, b',', DecimalSign::Detect).map(std::borrow::Cow::into_owned)
    }

    fn semicolon(text: &str) -> Result<String, NumberProblem> {
        plain_number(text, b';', DecimalSign::Detect).map(std::borrow::Cow::into_owned)
    }

    #[test]
    fn what_means_one_number_is_taken() {
        for (text, plain) in [
            ("12.50", "12.50"),
            ("-3", "-3"),
            ("12,50", "12.50"),
            ("12,5", "12.5"),
            ("0,125", "0.125"),
            ("-12,50", "-12.50"),
            ("1234,567", "1234.567"),
            ("1.234,50", "1234.50"),
            ("1,234.50", "1234.50"),
            ("1,234,567.8", "1234567.8"),
            ("12.345.678,9", "12345678.9"),
            ("1,2345", "1.2345"),
            ("12.5", "12.5"),
            ("0.125", "0.125"),
        ] {
            assert_eq!(comma(text).as_deref(), Ok(plain), "{text}");
            assert_eq!(semicolon(text).as_deref(), Ok(plain), "{text}");
        }
        assert_eq!(comma("1.234").as_deref(), Ok("1.234"));
    }

    #[test]
    fn what_may_mean_two_numbers_is_refused() {
        for text in ["1,234", "12,345", "999,000", "-1,234"] {
            assert_eq!(comma(text), Err(NumberProblem::Ambiguous), "{text}");
            assert_eq!(semicolon(text), Err(NumberProblem::Ambiguous), "{text}");
        }
        assert_eq!(semicolon("1.234"), Err(NumberProblem::Ambiguous));
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for text in [
            "",
            "-",
            ",",
            ".",
            "abc",
            "12.50 EUR",
            "€5",
            "1 234",
            "1,2,3",
            "1.2.3",
            "12,34.5",
            "1.23,4,5",
            "1,,2",
            "1,",
            ",5",
            "--1",
            "1e3",
            "١",
        ] {
            assert_eq!(comma(text), Err(NumberProblem::Malformed), "{text}");
        }
    }

    #[test]
    fn a_file_that_names_its_sign_leaves_nothing_to_guess() {
        let read = |text: &str, decimal| {
            plain_number(text, b';', decimal).map(std::borrow::Cow::into_owned)
        };
        for (text, plain) in [
            ("1.234", "1234"),
            ("1.234,56", "1234.56"),
            ("-1.234.567", "-1234567"),
            ("12,5", "12.5"),
            ("7", "7"),
        ] {
            assert_eq!(
                read(text, DecimalSign::Comma).as_deref(),
                Ok(plain),
                "{text}"
            );
            let swapped: String = text
                .chars()
                .map(|sign| match sign {
                    '.' => ',',
                    ',' => '.',
                    other => other,
                })
                .collect();
            assert_eq!(
                read(&swapped, DecimalSign::Point).as_deref(),
                Ok(plain),
                "{swapped}"
            );
        }
        for text in ["1.23", "1,2,3", "1,", ",5", "1,2.3", "12.34,5", "1.2345,6"] {
            let expected = Err(NumberProblem::Malformed);
            assert_eq!(read(text, DecimalSign::Comma), expected, "{text}");
        }
    }
}
