//! Orders from a CSV file: which rows belong together, and that no half order comes out.

use std::collections::BTreeMap;

use crate::channel::csv::options::CsvOptions;
use crate::channel::csv::order::read_order;
use crate::channel::csv::reject::{ORDER_ID_REPEATED, RejectedRow, RowProblem};
use crate::channel::csv::row::RowReader;
use crate::channel::csv::table::{Column, Headers, Table};
use crate::channel::error::ChannelError;
use crate::channel::incoming::Incoming;
use crate::value::{ChannelId, ExternalId};

/// What a file of orders holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CsvOrders {
    /// The columns of the file.
    pub headers: Headers,
    /// The good orders, in the order of their first rows.
    pub orders: Vec<CsvOrder>,
    /// Every row of every bad order, in the file's order.
    pub rejected: Vec<RejectedRow>,
}

/// An order and the rows it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CsvOrder {
    /// The order, as from any channel.
    pub incoming: Incoming,
    /// The lines of the file its rows begin on, from 1.
    pub lines: Vec<u64>,
}

const COLUMNS: &[Column] = &[
    Column::required(
        "order_id",
        &["order", "order_number", "order_no", "reference"],
    ),
    Column::required("sku", &["item", "item_sku", "article", "product_sku"]),
    Column::required("quantity", &["qty", "units"]),
    Column::required("unit_price", &["price", "item_price"]),
    Column::required("currency", &["currency_code"]),
    Column::optional(
        "title",
        &["item_name", "product", "product_name", "description"],
    ),
    Column::optional(
        "line_id",
        &[
            "item_id",
            "order_item_id",
            "line_item_id",
            "channel_item_id",
        ],
    ),
    Column::optional("discount", &["line_discount"]),
    Column::optional("tax", &["vat", "line_tax"]),
    Column::optional("shipping", &["shipping_cost", "postage", "delivery"]),
    Column::optional("total", &["order_total", "grand_total"]),
    Column::optional("tax_included", &["prices_include_tax", "vat_included"]),
    Column::optional(
        "name",
        &["customer", "customer_name", "recipient", "ship_to"],
    ),
    Column::optional("company", &[]),
    Column::optional("email", &["e_mail", "customer_email"]),
    Column::optional("phone", &["telephone", "tel"]),
    Column::optional("address1", &["address", "address_1", "street", "line1"]),
    Column::optional("address2", &["address_2", "line2"]),
    Column::optional("city", &["town"]),
    Column::optional("region", &["state", "province", "county"]),
    Column::optional("postcode", &["zip", "postal_code", "zip_code", "post_code"]),
    Column::optional("country", &["country_code"]),
    Column::optional("ordered_at", &["date", "order_date", "created_at"]),
    Column::optional("promised_by", &["promised", "deliver_by"]),
    Column::optional("note", &["notes", "comment", "message"]),
    Column::optional("payment_method", &["payment", "paid_by"]),
    Column::optional("paid", &["is_paid"]),
    Column::optional("hub", &[]),
];

/// Reads orders, one row per line: rows with the same `order_id` are one order and stand together.
///
/// Columns `order_id`, `sku`, `quantity`, `unit_price` and `currency` must be there; the page on
/// channels lists all, and [`Headers::ignored`] those of the file that mean nothing here. Values of
/// the whole order (currency, shipping, total, names, dates and so on) stand on its first row or
/// are repeated. One bad row rejects its whole order, so that no half of it is placed: the bad row
/// with its own reasons, the others as `order_has_bad_row`. An order id that comes again after
/// another order or a row of empty cells rejects both groups of rows, as nobody can tell whether
/// they are one order.
///
/// ```
/// use oms_core::channel::csv::read_csv_orders;
/// use oms_core::value::ChannelId;
/// let file = "Order ID;SKU;Qty;Price;Currency\n\
///             1001;TEA-01;2;4,50;EUR\n\
///             1001;007-MUG;1;9,90;\n\
///             1002;TEA-01;-1;4,50;EUR\n";
/// let read = read_csv_orders(file.as_bytes(), &ChannelId::parse("market")?)?;
/// assert_eq!(read.orders[0].incoming.draft.lines.len(), 2);
/// assert_eq!(read.rejected[0].problems[0].code, "quantity_negative");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// A file without a usable header row: `NotUtf8`, `MissingColumn`, `RepeatedColumn`, and `Invalid`
/// (`header_too_long`) for one of more than 32,768 bytes.
pub fn read_csv_orders(bytes: &[u8], channel: &ChannelId) -> Result<CsvOrders, ChannelError> {
    read_csv_orders_with(bytes, channel, &CsvOptions::default())
}

/// Reads orders as [`read_csv_orders`] does, from a file that is known to differ from the plain
/// one: see [`CsvOptions`].
///
/// # Errors
/// As [`read_csv_orders`]; `MissingColumn` also when the options name a column this library does
/// not read, or a header the file does not have, and `Invalid` (`utc_offset_out_of_range`) for an
/// offset beyond [`CsvOptions::UTC_OFFSET_MINS_MAX`].
pub fn read_csv_orders_with(
    bytes: &[u8],
    channel: &ChannelId,
    options: &CsvOptions,
) -> Result<CsvOrders, ChannelError> {
    let table = Table::read(bytes, COLUMNS, options)?;
    let mut rejected = Vec::new();
    let mut orders = Vec::new();
    for group in groups(&table, &mut rejected) {
        match read_order(group, channel) {
            Ok(order) => orders.push(order),
            Err(rows) => rejected.extend(rows),
        }
    }
    rejected.sort_by_key(|row| row.line);
    Ok(CsvOrders {
        headers: table.headers,
        orders,
        rejected,
    })
}

/// The rows of one order.
#[derive(Debug)]
pub(super) struct Group<'t> {
    pub(super) id: ExternalId,
    pub(super) rows: Vec<RowReader<'t>>,
}

/// Rows by order id, in the order of their first rows. Rows without an id are rejected here; a
/// group that cannot be complete gets a problem on one of its rows.
fn groups<'t>(table: &'t Table, rejected: &mut Vec<RejectedRow>) -> Vec<Group<'t>> {
    let mut groups: Vec<Group<'t>> = Vec::new();
    let mut places: BTreeMap<ExternalId, usize> = BTreeMap::new();
    let mut current: Option<usize> = None;
    for row in &table.rows {
        if row.after_gap {
            current = None;
        }
        let mut reader = RowReader::new(table, row);
        let Some(id) = reader.id("order_id", ExternalId::parse) else {
            // In many sheets such a row goes on with the order above it, unless it names nothing.
            let open = current.and_then(|at| groups.get_mut(at));
            if let Some(open) = open.filter(|_| !names_nothing(&reader)) {
                let line = row.line;
                let reason = format!("the row after it, line {line}, has no order id of its own");
                incomplete(open, "order_row_without_id", reason);
            }
            rejected.push(reader.reject());
            continue;
        };
        let at = *places.entry(id.clone()).or_insert_with(|| {
            groups.push(Group {
                id,
                rows: Vec::new(),
            });
            groups.len().saturating_sub(1)
        });
        let apart = current != Some(at);
        current = Some(at);
        let Some(group) = groups.get_mut(at) else {
            continue;
        };
        if let Some(earlier) = group.rows.last().filter(|_| apart) {
            let (earlier, value) = (earlier.row.line, group.id.to_string());
            let reason = format!("order id again, apart from line {earlier}; is it another order?");
            reader.problem(Some("order_id"), &value, ORDER_ID_REPEATED, reason);
        }
        group.rows.push(reader);
    }
    groups
}

/// True for a row of totals and the like: it belongs to no order.
fn names_nothing(row: &RowReader<'_>) -> bool {
    let names = ["order_id", "sku", "title", "line_id"];
    row.row.fault.is_none() && names.iter().all(|name| row.text(name).is_none())
}

fn incomplete(group: &mut Group<'_>, code: &'static str, reason: String) {
    if let Some(last) = group.rows.last_mut() {
        last.problem(Some("order_id"), group.id.as_str(), code, reason);
    }
}

/// Rejects a whole order: bad rows with their reasons, good ones because of the bad.
pub(super) fn reject(rows: Vec<RowReader<'_>>) -> Vec<RejectedRow> {
    let bad = rows
        .iter()
        .find(|row| !row.problems.is_empty())
        .map_or(0, |row| row.row.line);
    let reject = |reader: RowReader<'_>| {
        let mut row = reader.reject();
        if row.problems.is_empty() {
            row.problems.push(RowProblem {
                column: None,
                value: String::new(),
                code: "order_has_bad_row",
                reason: format!("another row of the order is bad (line {bad})"),
            });
        }
        row
    };
    rows.into_iter().map(reject).collect()
}

#[cfg(test)]
mod tests {
    use super::COLUMNS;

    /// What a column may be called is what the guide says.
    #[test]
    fn the_guide_lists_every_column() {
        let guide = include_str!("../../../docs/channels.md");
        for column in COLUMNS {
            let must = if column.required { " (required)" } else { "" };
            let quoted = column.aliases.iter().map(|alias| format!("`{alias}`"));
            let aliases = quoted.collect::<Vec<_>>().join(", ");
            let row = format!("| `{}`{must} | {aliases} |", column.name);
            assert!(guide.lines().any(|line| line.starts_with(&row)), "{row}");
        }
        let table = guide
            .split("| Column | Also called | What it says |")
            .nth(1);
        let rows = table.unwrap_or_default().lines().skip(2);
        let rows = rows.take_while(|line| line.starts_with('|'));
        assert_eq!(rows.count(), COLUMNS.len());
    }
}
