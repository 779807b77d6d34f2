//! Stock from a CSV file.

use crate::channel::csv::row::RowReader;
use crate::channel::csv::table::Column;
use crate::channel::csv::{CsvRows, read_rows};
use crate::channel::error::ChannelError;
use crate::value::{HubId, Sku, Units};

/// How much of a SKU stands at a hub.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StockRow {
    /// The line of the file, from 1.
    pub line: u64,
    /// The SKU.
    pub sku: Sku,
    /// The hub.
    pub hub: HubId,
    /// Units on the shelf.
    pub on_hand: Units,
    /// Units never to be promised; none unless given.
    pub safety: Units,
}

const COLUMNS: &[Column] = &[
    Column::required("sku", &["item", "code", "article"]),
    Column::required("hub", &["hub_id", "warehouse", "location"]),
    Column::required("on_hand", &["quantity", "qty", "stock"]),
    Column::optional("safety", &["safety_stock", "buffer"]),
];

/// Reads stock: columns `sku`, `hub`, `on_hand` and, if given, `safety`.
///
/// ```
/// use oms_core::channel::csv::read_stock;
/// let file = "sku,hub,on_hand,safety\nTEA-01,berlin,40,2\nTEA-01,berlin,7,\n";
/// let stock = read_stock(file.as_bytes())?;
/// assert_eq!(stock.rows[0].on_hand.get(), 40);
/// assert_eq!(stock.rejected[0].problems[0].code, "row_repeated");
/// # Ok::<(), oms_core::channel::ChannelError>(())
/// ```
///
/// # Errors
/// A file without a usable header row: `NotUtf8`, `MissingColumn`, `RepeatedColumn`.
pub fn read_stock(bytes: &[u8]) -> Result<CsvRows<StockRow>, ChannelError> {
    read_rows(bytes, COLUMNS, read, |row| {
        (row.sku.clone(), row.hub.clone())
    })
}

fn read(row: &mut RowReader<'_>) -> Option<StockRow> {
    let sku = row.id("sku", Sku::parse);
    let hub = row.id("hub", HubId::parse);
    let on_hand = row.number_required("on_hand", Units::parse);
    let safety = row.number("safety", Units::parse).unwrap_or(Units::ZERO);
    Some(StockRow {
        line: row.row.line,
        sku: sku?,
        hub: hub?,
        on_hand: on_hand?,
        safety,
    })
}
