//! Plain CSV files: orders of small sellers, and the hubs, SKUs and stock to begin with.
//!
//! Columns are found by name, in any order, letter case and spacing ignored, with a few common
//! other names; columns nobody knows are ignored and kept. The delimiter (`,` `;` or tab) is
//! found by the header row, a byte order mark and a line `sep=;` are skipped. Every bad row is
//! told with its line in the file, its column and the reason, and never fails its neighbours;
//! [`write_rejected`] makes a file of them to be corrected and fed again.
//!
//! A decimal comma is taken where it can mean nothing else: `12,50` is twelve and a half, `1,234`
//! is refused. Files of another making (headers, Windows-1252, day before month) are read with
//! [`CsvOptions`].

mod date;
mod hubs;
mod number;
mod options;
mod order;
mod orders;
mod reject;
mod row;
mod scan;
mod skus;
mod stock;
mod table;

use std::collections::BTreeMap;

pub use hubs::{HubRow, read_hubs};
pub use options::{CsvEncoding, CsvOptions, DateFormat, DecimalSign};
pub use orders::{CsvOrder, CsvOrders, read_csv_orders, read_csv_orders_with};
pub use reject::{RejectedRow, RowProblem, write_rejected};
pub use skus::{SkuRow, read_skus};
pub use stock::{StockRow, read_stock};
pub use table::Headers;

use crate::channel::error::ChannelError;
use row::RowReader;
use table::{Column, Table};

/// What a file of rows holds: the good ones, and the bad ones with their reasons.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CsvRows<T> {
    /// The columns of the file.
    pub headers: Headers,
    /// The good rows, in the file's order.
    pub rows: Vec<T>,
    /// The bad rows, in the file's order.
    pub rejected: Vec<RejectedRow>,
}

/// Reads rows that stand for themselves; a second row of the same key is rejected.
fn read_rows<T, K: Ord>(
    bytes: &[u8],
    columns: &'static [Column],
    read: fn(&mut RowReader<'_>) -> Option<T>,
    key: fn(&T) -> K,
) -> Result<CsvRows<T>, ChannelError> {
    let table = Table::read(bytes, columns, &CsvOptions::default())?;
    let (mut rows, mut rejected) = (Vec::new(), Vec::new());
    let mut seen: BTreeMap<K, u64> = BTreeMap::new();
    for row in &table.rows {
        let mut reader = RowReader::new(&table, row);
        let found = read(&mut reader).filter(|_| reader.problems.is_empty());
        if let Some(earlier) = found.as_ref().and_then(|found| seen.get(&key(found))) {
            let reason = format!("the same as line {earlier}");
            reader.problem(None, "", "row_repeated", reason);
        }
        match found {
            Some(found) if reader.problems.is_empty() => {
                seen.insert(key(&found), row.line);
                rows.push(found);
            }
            Some(_) | None => rejected.push(reader.reject()),
        }
    }
    Ok(CsvRows {
        headers: table.headers,
        rows,
        rejected,
    })
}
