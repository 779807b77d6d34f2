//! Postal codes as they are compared: what people write in several ways is one code.
//!
//! Most countries part their codes by a space or a hyphen, which senders leave out, and letters
//! are printed in capitals but typed small: `3511 AA` and `3511aa` in the Netherlands, `SW1A 1AA`
//! in Great Britain, `00-950` in Poland. So letters count as capitals, and spaces and hyphens not
//! at all. The formats by country are those of the Universal Postal Union ("Postal addressing
//! systems in member countries", upu.int).

use std::collections::BTreeSet;
use std::ops::Bound;

use crate::value::{CountryCode, PostalCode};

/// What parts a code.
const GAPS: [char; 2] = [' ', '-'];

/// Where a code is that of the United States Postal Service: five digits, to which a sender may add
/// four that narrow it down (ZIP+4). Publication 28, "Postal Addressing Standards", chapter 2 and
/// appendix B.
const WITH_ZIP: [&str; 9] = ["AS", "FM", "GU", "MH", "MP", "PR", "PW", "US", "VI"];
/// Digits of a ZIP code, and of one with its four more.
const ZIP_DIGITS: usize = 5;
const ZIP_4_DIGITS: usize = 9;

/// Where a code is that of Royal Mail: a first part of two to four characters and a second of
/// three. As the first differs in length, `E1 6AN` and `E16 1AA` begin alike without their spaces.
const BRITISH: [&str; 4] = ["GB", "GG", "IM", "JE"];
const BRITISH_SECOND_PART: usize = 3;

/// The characters of a text that count.
pub(crate) fn characters(text: &str) -> impl Iterator<Item = char> {
    let counts = text.chars().filter(|character| !GAPS.contains(character));
    counts.map(|character| character.to_ascii_uppercase())
}

/// A text as it is compared.
pub(crate) fn key(text: &str) -> String {
    characters(text).collect()
}

/// How many characters that count stand before the first gap of a rule.
pub(crate) fn gap(rule: &str) -> Option<usize> {
    let before = rule.find(GAPS).and_then(|at| rule.get(..at))?;
    Some(before.chars().count()).filter(|characters| *characters > 0)
}

/// Every beginning of a text, the whole text last.
pub(crate) fn beginnings(text: &str) -> impl Iterator<Item = &str> {
    let ends = text.char_indices().map(|(at, c)| at + c.len_utf8());
    ends.filter_map(|end| text.get(..end))
}

/// The code of a place, as rules are asked for it.
#[derive(Clone, Debug)]
pub(crate) struct SoughtCode {
    key: String,
    /// It has four digits more than its ZIP code.
    is_zip_4: bool,
    /// After how many characters a British code is parted, or one of a country nobody told, where
    /// it has a gap.
    gap: Option<usize>,
}

impl SoughtCode {
    /// A code that has nothing but spaces and hyphens is none.
    pub(crate) fn new(code: &PostalCode, country: Option<CountryCode>) -> Option<Self> {
        let key = Some(key(code.as_str())).filter(|key| !key.is_empty())?;
        let digits = key.chars().filter(char::is_ascii_digit).count();
        let is_zip_4 = is_in(country, &WITH_ZIP)
            && key.chars().count() == ZIP_4_DIGITS
            && digits == ZIP_4_DIGITS;
        let gap = match country {
            Some(_) => {
                let first_part = key.chars().count().checked_sub(BRITISH_SECOND_PART);
                first_part.filter(|first| is_in(country, &BRITISH) && (2..=4).contains(first))
            }
            // It may be British; without its gap `E161AA` may be both.
            None => gap(code.as_str()),
        };
        Some(Self { key, is_zip_4, gap })
    }

    /// All of it, which begins with whatever a rule may say of its beginning.
    pub(crate) fn key(&self) -> &str {
        &self.key
    }

    /// What names it whole: itself, and for a ZIP+4 the ZIP code.
    pub(crate) fn wholes(&self) -> impl Iterator<Item = &str> {
        let zip = self.key.get(..ZIP_DIGITS).filter(|_| self.is_zip_4);
        [Some(self.key.as_str()), zip].into_iter().flatten()
    }

    /// Whether a beginning that is parted after `gap` characters is one of this code.
    pub(crate) fn is_parted(&self, gap: Option<usize>) -> bool {
        match (gap, self.gap) {
            (Some(rule), Some(own)) => rule == own,
            (Some(_) | None, Some(_) | None) => true,
        }
    }

    /// Whether the code is among these.
    pub(crate) fn is_among(&self, codes: &BTreeSet<PostalCode>) -> bool {
        let whole = |_: &str, rest: &str| rest.is_empty();
        self.wholes()
            .any(|key| is_written(codes, &mut String::new(), key, &whole))
    }

    /// Whether the code begins with one of these.
    pub(crate) fn begins_with(&self, prefixes: &BTreeSet<PostalCode>) -> bool {
        let begins =
            |rule: &str, rest: &str| rest.len() < self.key.len() && self.is_parted(gap(rule));
        is_written(prefixes, &mut String::new(), &self.key, &begins)
    }
}

fn is_in(country: Option<CountryCode>, countries: &[&str]) -> bool {
    country.is_some_and(|country| countries.iter().any(|one| *one == country.as_str()))
}

/// Whether a set has a text that begins as written so far, goes on with some of the characters that
/// are left, in either case and with any gaps, and fits what is left then.
///
/// The set is in the order of its texts, so every way to go on costs one look-up, and only those
/// are followed that some text of the set goes.
fn is_written<F: Fn(&str, &str) -> bool>(
    codes: &BTreeSet<PostalCode>,
    written: &mut String,
    left: &str,
    fits: &F,
) -> bool {
    let from: (Bound<&str>, Bound<&str>) = (Bound::Included(written.as_str()), Bound::Unbounded);
    let Some(found) = codes.range::<str, _>(from).next().map(PostalCode::as_str) else {
        return false;
    };
    if !found.starts_with(written.as_str()) {
        return false;
    }
    if found == written.as_str() && fits(written.as_str(), left) {
        return true;
    }
    let mut goes_on = |with: char, left: &str| {
        written.push(with);
        let is_written = is_written(codes, written, left, fits);
        written.pop();
        is_written
    };
    if GAPS.into_iter().any(|gap| goes_on(gap, left)) {
        return true;
    }
    let mut after = left.chars();
    let Some(next) = after.next() else {
        return false;
    };
    let (after, small) = (after.as_str(), next.to_ascii_lowercase());
    goes_on(next, after) || (small != next && goes_on(small, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(codes: &[&str]) -> BTreeSet<PostalCode> {
        let codes = codes.iter().map(|code| PostalCode::parse(code).unwrap());
        codes.collect()
    }

    fn sought(code: &str, country: &str) -> SoughtCode {
        let code = PostalCode::parse(code).unwrap();
        SoughtCode::new(&code, CountryCode::parse(country).ok()).unwrap()
    }

    #[test]
    fn a_code_is_the_same_however_it_is_written() {
        for (rule, country, codes) in [
            ("SW1A 1AA", "GB", ["sw1a 1aa", "SW1A1AA", "Sw1a-1aA"]),
            ("sw1a1aa", "GB", ["SW1A 1AA", "sw1a 1aa", "SW1A1AA"]),
            ("3511 AA", "NL", ["3511AA", "3511 aa", "3511-AA"]),
            ("00-950", "PL", ["00950", "00 950", "00-950"]),
            ("1000100", "PT", ["1000-100", "1000 100", "1000100"]),
            ("114 55", "SE", ["11455", "114 55", "114-55"]),
            ("94105", "US", ["94105", "94105-1234", "941051234"]),
            (
                "94105-1234",
                "US",
                ["94105-1234", "94105 1234", "941051234"],
            ),
        ] {
            for code in codes {
                let found = sought(code, country).is_among(&set(&["0", rule, "Z"]));
                assert!(found, "{rule} {code}");
            }
        }
    }

    #[test]
    fn another_code_stays_another() {
        for (rule, country, code) in [
            ("SW1A 1AA", "GB", "SW1A 1AB"),
            ("SW1A 1AA", "GB", "SW1A 1A"),
            ("94105-1234", "US", "94105"),
            ("94105-1234", "US", "94105-9999"),
            ("94105", "DE", "94105-1234"),
            ("94105", "", "94105-1234"),
            ("94105", "US", "94105-12"),
            ("01067", "DE", "1067"),
        ] {
            assert!(
                !sought(code, country).is_among(&set(&[rule])),
                "{rule} {code}"
            );
        }
        let nothing = PostalCode::parse("-").unwrap();
        assert!(SoughtCode::new(&nothing, None).is_none());
        assert!(!sought("1", "DE").begins_with(&set(&["-"])));
    }

    #[test]
    fn a_beginning_that_is_parted_means_a_british_code_that_is_parted_there() {
        for (rule, country, code, begins) in [
            ("sw1", "GB", "SW1A 1AA", true),
            ("SW1A 1", "GB", "sw1a1aa", true),
            ("E1 6", "GB", "E1 6AN", true),
            ("E1 6", "GB", "e16an", true),
            ("E1 6", "GB", "E16 1AA", false),
            ("E1", "GB", "E16 1AA", true),
            ("E1-", "GB", "E16 1AA", false),
            ("E1-", "GB", "E16AN", true),
            ("3511 A", "NL", "3511AA", true),
            ("941", "US", "94105-1234", true),
            ("94105-1", "US", "941051234", true),
            ("94105-1", "US", "94105", false),
            ("E1 6", "", "E1 6AN", true),
            ("E1 6", "", "E16 1AA", false),
            ("E1 6", "", "E161AA", true),
            ("E16", "", "E1 6AN", true),
        ] {
            let found = sought(code, country).begins_with(&set(&[rule, "Z"]));
            assert_eq!(found, begins, "{rule} {code}");
        }
    }
}
