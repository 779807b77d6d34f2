//! How a file of a shop differs from the plain one: its headers, encoding, dates and numbers.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::channel::error::ChannelError;
use crate::value::Currency;

/// What is known of a file beforehand. The default knows nothing: columns by their usual names,
/// UTF-8, ISO dates, numbers that can mean one thing only.
///
/// ```
/// use oms_core::channel::csv::{CsvOptions, DateFormat, CsvEncoding, read_csv_orders_with};
/// use oms_core::value::{ChannelId, Currency};
/// let options = CsvOptions {
///     encoding: CsvEncoding::Windows1252,
///     dates: DateFormat::DayMonthYear,
///     currency: Some(Currency::parse("EUR")?),
///     ..CsvOptions::default()
/// }
/// .column("order_id", "Bestellnummer")
/// .column("sku", "Artikel")
/// .column("quantity", "Menge")
/// .column("unit_price", "Preis")
/// .column("ordered_at", "Datum")
/// .column("city", "Ort");
/// let file = b"Bestellnummer;Artikel;Menge;Preis;Datum;Ort\n\
///              0042;007-MUG;1;1.234,56;31.12.2026;K\xF6ln\n";
/// let read = read_csv_orders_with(file, &ChannelId::parse("market")?, &options)?;
/// let draft = &read.orders[0].incoming.draft;
/// assert_eq!(draft.lines[0].unit_price.amount().to_string(), "1234.56");
/// assert_eq!(draft.ordered_at.map(|at| at.to_string()).as_deref(),
///     Some("2026-12-31T00:00:00.000000Z"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CsvOptions {
    /// Columns of this library and the headers the file has for them. A column that is not named
    /// here is found by its usual names.
    pub columns: BTreeMap<String, String>,
    /// How the file's characters are written.
    pub encoding: CsvEncoding,
    /// How dates are written.
    pub dates: DateFormat,
    /// How far times without a zone are from UTC, in minutes, east of it above zero: at most
    /// [`UTC_OFFSET_MINS_MAX`](Self::UTC_OFFSET_MINS_MAX) either way.
    pub utc_offset_mins: i32,
    /// Which sign stands before decimals.
    pub decimal: DecimalSign,
    /// The currency of orders that have none of their own; with it the column may be missing.
    pub currency: Option<Currency>,
}

impl CsvOptions {
    /// Most minutes from UTC, either way: 14 hours. No zone is further away.
    pub const UTC_OFFSET_MINS_MAX: i32 = 14 * 60;

    /// Says which header a column has in the file.
    #[must_use]
    pub fn column(mut self, column: &str, header: &str) -> Self {
        self.columns.insert(column.to_owned(), header.to_owned());
        self
    }

    /// Refuses an offset that no zone has: every time of the file would be wrong, or none.
    pub(super) fn check(&self) -> Result<(), ChannelError> {
        let most = Self::UTC_OFFSET_MINS_MAX;
        if (-most..=most).contains(&self.utc_offset_mins) {
            return Ok(());
        }
        let found = self.utc_offset_mins.to_string();
        let expected = format!("from -{most} to {most} minutes from UTC");
        let cause = "utc_offset_out_of_range";
        Err(ChannelError::invalid(cause, "", &found, expected))
    }
}

/// How a file's characters are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CsvEncoding {
    /// UTF-8; a row that is not is rejected.
    #[default]
    Utf8,
    /// Windows-1252, as older spreadsheets save it.
    Windows1252,
    /// UTF-8 if all of the file is, else Windows-1252.
    Detect,
}

/// Which sign stands before decimals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DecimalSign {
    /// Whichever can be meant; a number that may be two numbers is refused.
    #[default]
    Detect,
    /// `1,234.56`.
    Point,
    /// `1.234,56`.
    Comma,
}

/// How dates are written. Days and months have one or two digits, years four; the parts are told
/// apart by `.`, `/` or `-`. A time may follow: `14:30`, `14:30:05`, `2:30 PM`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DateFormat {
    /// `2026-12-31`, `2026-12-31T14:30:00+01:00`.
    #[default]
    Iso,
    /// `31.12.2026`.
    DayMonthYear,
    /// `12/31/2026`.
    MonthDayYear,
    /// `2026/12/31`.
    YearMonthDay,
}

impl CsvEncoding {
    /// The bytes as UTF-8.
    pub(super) fn utf8(self, bytes: &[u8]) -> Cow<'_, [u8]> {
        let foreign = match self {
            Self::Utf8 => false,
            Self::Windows1252 => !bytes.starts_with(b"\xEF\xBB\xBF"),
            Self::Detect => std::str::from_utf8(bytes).is_err(),
        };
        if !foreign {
            return Cow::Borrowed(bytes);
        }
        let text: String = bytes.iter().map(|byte| windows_1252(*byte)).collect();
        Cow::Owned(text.into_bytes())
    }
}

/// Source: the index of windows-1252 in the WHATWG Encoding Standard.
const WINDOWS_1252: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8D}', 'Ž', '\u{8F}',
    '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9D}', 'ž', 'Ÿ',
];

fn windows_1252(byte: u8) -> char {
    let special = byte
        .checked_sub(0x80)
        .and_then(|at| WINDOWS_1252.get(usize::from(at)));
    special.copied().unwrap_or_else(|| char::from(byte))
}

#[cfg(test)]
mod tests {
    use super::CsvEncoding;

    #[test]
    fn characters_are_read_as_the_encoding_says() {
        let read = |encoding: CsvEncoding, bytes: &[u8]| {
            String::from_utf8_lossy(&encoding.utf8(bytes)).into_owned()
        };
        let old = b"K\xF6ln \x80 5\x96\xFF\x81";
        assert_eq!(read(CsvEncoding::Windows1252, old), "Köln € 5–ÿ\u{81}");
        assert_eq!(read(CsvEncoding::Detect, old), "Köln € 5–ÿ\u{81}");
        assert_eq!(read(CsvEncoding::Detect, "Köln".as_bytes()), "Köln");
        assert_eq!(read(CsvEncoding::Utf8, "Köln".as_bytes()), "Köln");
        // A byte order mark says that it is UTF-8 after all.
        assert_eq!(
            read(CsvEncoding::Windows1252, "\u{feff}ö".as_bytes()),
            "\u{feff}ö"
        );
    }
}
