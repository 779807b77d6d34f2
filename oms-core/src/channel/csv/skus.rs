//! SKUs from a CSV file.

use crate::catalog::Product;
use crate::channel::csv::row::RowReader;
use crate::channel::csv::table::Column;
use crate::channel::csv::{CsvRows, read_rows};
use crate::channel::error::ChannelError;
use crate::value::{Currency, Sku, Title, UnitPrice};

/// A SKU, ready for the catalogue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SkuRow {
    /// The line of the file, from 1.
    pub line: u64,
    /// The SKU: its title is the SKU itself where the file gives none; it is active unless the
    /// file says otherwise.
    pub product: Product,
}

const COLUMNS: &[Column] = &[
    Column::required("sku", &["item", "code", "article"]),
    Column::optional("title", &["name", "description", "product"]),
    Column::optional("active", &["enabled"]),
    Column::optional("list_price", &["price", "unit_price"]),
    Column::optional("currency", &[]),
];

/// Reads SKUs: columns `sku`, `title`, `active`, `list_price`, `currency`; only `sku` must be
/// there, and a price needs its currency.
///
/// ```
/// use oms_core::channel::csv::read_skus;
/// let file = "SKU;Title;List price;Currency\n007-MUG;Mug;9,90;EUR\n";
/// let skus = read_skus(file.as_bytes())?;
/// assert_eq!(skus.rows[0].product.sku.as_str(), "007-MUG");
/// # Ok::<(), oms_core::channel::ChannelError>(())
/// ```
///
/// # Errors
/// A file without a usable header row: `NotUtf8`, `MissingColumn`, `RepeatedColumn`.
pub fn read_skus(bytes: &[u8]) -> Result<CsvRows<SkuRow>, ChannelError> {
    read_rows(bytes, COLUMNS, read, |row| row.product.sku.clone())
}

fn read(row: &mut RowReader<'_>) -> Option<SkuRow> {
    let sku = row.id("sku", Sku::parse);
    let title = row.parse("title", |text| Title::parse(text));
    let active = row.flag("active").unwrap_or(true);
    let list_price = match row.text("list_price") {
        None => None,
        Some(_) => row
            .parse_required("currency", Currency::parse)
            .and_then(|currency| row.number("list_price", |text| UnitPrice::parse(text, currency))),
    };
    let sku = sku?;
    let title = match title {
        Some(title) => title,
        // A SKU is a shorter and stricter text than a title.
        None => Title::parse(sku.as_str()).ok()?,
    };
    let product = Product {
        list_price,
        active,
        ..Product::new(sku, title)
    };
    Some(SkuRow {
        line: row.row.line,
        product,
    })
}
