//! The command line.

use std::path::PathBuf;

use clap::Parser;
use oms_core::value::{ChannelId, TenantId};

/// Whose data the job's are unless told otherwise: of nobody, for it plays a story with them.
pub(crate) const TENANT: &str = "demo";

const MORE: &str = "\
What it does:
  It stores hubs, SKUs and stock, takes the orders in, reserves stock, picks, packs, ships and
  delivers, and prints what became of every order and every unit. It runs in memory: nothing is
  kept after it ends but rejected.csv. To let time pass (an unpaid order loses its reservation
  after 15 minutes) it sets its own clock ahead instead of waiting.

On PostgreSQL:
  With --database-url, or DATABASE_URL in the environment, everything is kept in that database, for
  the tenant demo; the report says in which. The job ships and cancels what it stored, so name a
  tenant of yours (--tenant) only for orders that are made up. A second run answers that the orders
  are already known, and works on new ones only. Stock that the database has already is not counted
  again, and its channels stay as they are. A hub or SKU in a file of yours replaces the one in the
  database as a whole: opening hours, capacity, whatever the file does not say is lost, and what was
  switched off is on again unless the file says otherwise. Samples, and hubs and SKUs that only your
  stock names, change nothing that is there. Unpaid orders lose their reservation after 5 seconds,
  which the program waits for. --migrate makes the schema first, or brings it up to date.

Examples (with cargo: `cargo run --release --` in place of `oms`):
  oms                                      the sample shop
  oms --orders shop/orders                 your orders (a folder), the sample stock
  oms --orders a.json b.csv --stock s.csv  your orders and your stock
  oms --orders oms-out/rejected.csv        rejected rows again, after you corrected them
  oms --database-url postgres://shop@localhost/shop --migrate
                                           kept in a database
  oms --json > report.json                 the same report for a program

Files:
  --orders  Shopify orders (Admin REST JSON), WooCommerce orders (REST v3 JSON), or CSV with the
            columns order_id, sku, quantity, unit_price, currency; rows of one order_id are one
            order. What a file is, is told by its content. Orders of a shop are always stored,
            on hold if something stands against them; orders of a CSV file are refused then.
  --hubs    CSV with hub; and name, priority, countries, postal_codes, active if you like.
  --skus    CSV with sku; and title, active, list_price, currency if you like.
  --stock   CSV with sku, hub, on_hand; and safety (units to keep back) if you like.
            With your own stock file, SKUs and hubs that you give no file for are taken from it.

Exit code:
  0  everything was taken
  1  the job could not run, or the rejected rows could not be written, or the store's own check
     found something, after the report then; one sentence says why
  2  some rows or orders were rejected or refused; the report names each";

/// Takes real order files in and sees them through to the buyer's door.
#[derive(Debug, Parser)]
#[command(name = "oms", version, after_long_help = MORE)]
#[command(after_help = "`oms --help` explains the files and the exit codes.")]
pub(crate) struct Args {
    /// Order files, or folders of .json and .csv files [default: the samples]
    #[arg(long, value_name = "PATH", num_args = 1..)]
    pub(crate) orders: Vec<PathBuf>,
    /// Your hubs, as CSV; each replaces the one in the database as a whole
    #[arg(long, value_name = "FILE")]
    pub(crate) hubs: Option<PathBuf>,
    /// Your SKUs, as CSV; each replaces the one in the database as a whole
    #[arg(long, value_name = "FILE")]
    pub(crate) skus: Option<PathBuf>,
    /// Your stock, as CSV
    #[arg(long, value_name = "FILE")]
    pub(crate) stock: Option<PathBuf>,
    /// The sales channel of all orders [default: told by each file]
    #[arg(long, value_name = "NAME")]
    pub(crate) channel: Option<ChannelId>,
    /// The folder for rejected rows, made when there are any
    #[arg(long, value_name = "FOLDER", default_value = "oms-out")]
    pub(crate) out: PathBuf,
    /// Keep all in this PostgreSQL database [default: DATABASE_URL, or none]
    #[arg(long, value_name = "URL")]
    pub(crate) database_url: Option<String>,
    /// Whose data it is; no shop of yours unless you name it
    #[arg(long, value_name = "ID", default_value = TENANT)]
    pub(crate) tenant: TenantId,
    /// Make the schema of the database first, or bring it up to date
    #[arg(long)]
    pub(crate) migrate: bool,
    /// Print the report as one JSON document
    #[arg(long)]
    pub(crate) json: bool,
    /// Print the last lines only, and no progress bar
    #[arg(long, short, conflicts_with = "json")]
    pub(crate) quiet: bool,
}
