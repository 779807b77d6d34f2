//! What is known of CSV files beforehand, by the command line.

use clap::ValueEnum;
use oms_core::channel::csv::{CsvEncoding, CsvOptions, DateFormat, DecimalSign};
use oms_examples::program::Failure;

use crate::args::{Args, Kind};

/// How characters are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Encoding {
    /// The default; a row that is not is refused
    #[value(name = "utf-8")]
    Utf8,
    /// As older spreadsheets save it
    #[value(name = "windows-1252")]
    Windows1252,
    /// UTF-8 if all of the file is, else Windows-1252
    Detect,
}

/// How dates are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Dates {
    /// 2026-12-31, the default
    Iso,
    /// 31.12.2026
    DayMonthYear,
    /// 12/31/2026
    MonthDayYear,
    /// 2026/12/31
    YearMonthDay,
}

/// The sign before decimals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Decimal {
    /// Whichever can be meant, the default; what may be two numbers is refused
    Detect,
    /// 1,234.56
    Point,
    /// 1.234,56
    Comma,
}

/// The options of a command line; refused beside a channel that is no CSV.
pub(crate) fn of(args: &Args) -> Result<CsvOptions, Failure> {
    let given = !args.columns.is_empty()
        || args.encoding.is_some()
        || args.dates.is_some()
        || args.decimal.is_some()
        || args.currency.is_some()
        || args.utc_offset_mins.is_some();
    if given && args.channel != Kind::Csv {
        let kind = args.channel.name();
        return Err(format!(
            "options of CSV files mean nothing for --channel {kind}"
        ));
    }
    let mut options = CsvOptions {
        encoding: match args.encoding {
            None | Some(Encoding::Utf8) => CsvEncoding::Utf8,
            Some(Encoding::Windows1252) => CsvEncoding::Windows1252,
            Some(Encoding::Detect) => CsvEncoding::Detect,
        },
        dates: match args.dates {
            None | Some(Dates::Iso) => DateFormat::Iso,
            Some(Dates::DayMonthYear) => DateFormat::DayMonthYear,
            Some(Dates::MonthDayYear) => DateFormat::MonthDayYear,
            Some(Dates::YearMonthDay) => DateFormat::YearMonthDay,
        },
        decimal: match args.decimal {
            None | Some(Decimal::Detect) => DecimalSign::Detect,
            Some(Decimal::Point) => DecimalSign::Point,
            Some(Decimal::Comma) => DecimalSign::Comma,
        },
        utc_offset_mins: args.utc_offset_mins.unwrap_or_default(),
        currency: args.currency,
        ..CsvOptions::default()
    };
    for pair in &args.columns {
        let (column, header) = pair
            .split_once('=')
            .ok_or_else(|| format!("--column {pair} is not of the form COLUMN=HEADER"))?;
        options = options.column(column.trim(), header.trim());
    }
    Ok(options)
}
