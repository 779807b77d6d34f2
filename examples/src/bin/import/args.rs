//! The command line.

use std::path::PathBuf;

use clap::builder::RangedI64ValueParser;
use clap::{Parser, ValueEnum};
use oms_core::channel::csv::CsvOptions;
use oms_core::value::{ChannelId, Currency};
use oms_examples::program::{Failure, Shop};

use crate::csv_options::{self, Dates, Decimal, Encoding};

const MORE: &str = "\
What it does:
  It reads orders and stores them. An order that names a SKU nobody knows, that is short of stock or
  whose total is not the sum of its parts is stored on hold, with the reason: a buyer has paid for
  it. An order whose payload cannot be read is refused, with the place and the value that is wrong,
  and all others are taken. Orders that were shipped already or are only tests are left out. Reading
  the same orders again changes nothing: they are known.

  Amazon's Orders v0 come in several answers. Put those of getOrders, getOrderItems, getOrderAddress
  and getOrderBuyerInfo into one folder, in files of any names; they are joined by the order's id.

What a shop has:
  Without --skus, --hubs and --stock in memory no SKU is known, and every order is held. The files
  are CSV: --skus with sku (title, active, list_price, currency), --hubs with hub (name, priority,
  countries, postal_codes, active), --stock with sku, hub, on_hand (safety).

  With a database they are stored beside what it has. A hub or SKU in --hubs or --skus replaces the
  one in the database as a whole: opening hours, capacity, whatever the file does not say is lost,
  and what was switched off is on again unless the file says otherwise. Hubs and SKUs that only
  --stock names are made where they are missing and changed nowhere; so is the channel. Stock that
  the database has already is not counted again.

Examples (with cargo: `cargo run --bin import --` in place of `import`):
  import --channel shopify shop/orders --skus skus.csv --stock stock.csv
  import --channel woocommerce --dry-run page-1.json page-2.json
  curl … | import --channel ebay -
  import --channel csv --column sku=Artikel --column order_id=Nummer --encoding windows-1252 \\
         --dates day-month-year --currency EUR export.csv --rejected rejected.csv
  import --channel plain till.json --database-url postgres://shop@localhost/shop

Exit code:
  0  nothing was refused (orders may be on hold)
  1  the import could not run, or, after the report then, the database was away for three batches
     in a row and the rest was not tried, or --rejected could not be written; one sentence says why
  2  files, rows or orders were refused; the report names each";

/// Takes orders of a sales channel in and says what became of each.
#[derive(Debug, Parser)]
#[command(name = "import", version, after_long_help = MORE)]
#[command(after_help = "`import --help` explains the files and the exit codes.")]
pub(crate) struct Args {
    /// Whose orders they are
    #[arg(long, value_enum)]
    pub(crate) channel: Kind,
    /// Files, folders of files, or - for the standard input
    #[arg(required = true, value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// Your id of the channel, if you have several of a kind [default: the kind]
    #[arg(long, value_name = "ID")]
    pub(crate) connection: Option<ChannelId>,
    #[command(flatten)]
    pub(crate) shop: Shop,
    /// Say what would become of each order, and store none
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Write what was refused into this CSV file, or beside it (-2, -3) where it is there already
    #[arg(long, value_name = "FILE")]
    pub(crate) rejected: Option<PathBuf>,
    /// CSV: the header your file has for a column, such as sku=Artikel
    #[arg(long = "column", value_name = "COLUMN=HEADER")]
    pub(crate) columns: Vec<String>,
    /// CSV: how characters are written
    #[arg(long, value_enum)]
    pub(crate) encoding: Option<Encoding>,
    /// CSV: how dates are written
    #[arg(long, value_enum)]
    pub(crate) dates: Option<Dates>,
    /// CSV: the sign before decimals
    #[arg(long, value_enum)]
    pub(crate) decimal: Option<Decimal>,
    /// CSV: the currency of orders that state none
    #[arg(long, value_name = "CODE")]
    pub(crate) currency: Option<Currency>,
    /// CSV: how far times without a zone are from UTC, in minutes
    #[arg(long, value_name = "MINUTES", allow_negative_numbers = true,
        value_parser = utc_offset())]
    pub(crate) utc_offset_mins: Option<i32>,
    /// No progress
    #[arg(long, short)]
    pub(crate) quiet: bool,
}

/// Minutes from UTC that a zone may have.
fn utc_offset() -> RangedI64ValueParser<i32> {
    let most = i64::from(CsvOptions::UTC_OFFSET_MINS_MAX);
    clap::value_parser!(i32).range(-most..=most)
}

/// The kind of channel the orders come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    /// Admin REST or GraphQL
    Shopify,
    /// REST v3
    #[value(name = "woocommerce")]
    WooCommerce,
    /// Selling Partner API: Orders v0 or 2026-01-01
    Amazon,
    /// Sell Fulfillment v1
    Ebay,
    /// Plain JSON of a till or of people
    Plain,
    /// A table with a header row
    Csv,
}

impl Kind {
    /// The kind's stable name.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Shopify => "shopify",
            Self::WooCommerce => "woocommerce",
            Self::Amazon => "amazon",
            Self::Ebay => "ebay",
            Self::Plain => "plain",
            Self::Csv => "csv",
        }
    }

    /// Endings of files that hold such orders.
    pub(crate) const fn endings(self) -> &'static [&'static str] {
        match self {
            Self::Shopify | Self::WooCommerce | Self::Amazon | Self::Ebay | Self::Plain => {
                &["json"]
            }
            Self::Csv => &["csv", "tsv", "txt"],
        }
    }
}

impl Args {
    /// The tenant's id of the channel.
    pub(crate) fn connection(&self) -> Result<ChannelId, Failure> {
        match &self.connection {
            Some(connection) => Ok(connection.clone()),
            None => ChannelId::parse(self.channel.name()).map_err(|problem| problem.to_string()),
        }
    }

    /// What is known of CSV files beforehand.
    pub(crate) fn csv_options(&self) -> Result<CsvOptions, Failure> {
        csv_options::of(self)
    }
}
