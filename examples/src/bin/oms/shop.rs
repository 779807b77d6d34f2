//! Hubs, SKUs and stock, from files.

use std::collections::BTreeSet;
use std::path::PathBuf;

use oms_core::channel::ChannelError;
use oms_core::channel::csv::{
    CsvRows, Headers, RejectedRow, RowProblem, StockRow, read_hubs, read_skus, read_stock,
};
use oms_core::value::{HubId, Sku};

use crate::args::Args;
use crate::failure::Failure;
use crate::input::File;
use crate::rejects::{Table, TableKind, table};
use crate::report::Rejected;
use crate::seed::{Known, Seed};
use crate::{samples, words};

/// What a shop has before its first order.
#[derive(Debug, Default)]
pub(crate) struct Shop {
    pub(crate) seed: Seed,
    pub(crate) tables: Vec<Table>,
    pub(crate) rejected: Vec<Rejected>,
    /// Where everything came from, for people.
    pub(crate) sources: Vec<String>,
}

impl Shop {
    /// Reads the user's files, and samples for what is missing. With a stock file of the user's,
    /// SKUs and hubs without a file of their own are those the stock names.
    pub(crate) fn read(args: &Args) -> Result<Self, Failure> {
        let mut shop = Self::default();
        let own_stock = args.stock.is_some();
        if let Some(file) = own_or_sample(args.hubs.as_ref(), samples::HUBS, own_stock)? {
            let rows = shop.rows(TableKind::Hubs, &file, read_hubs)?;
            shop.seed.hubs = rows.into_iter().map(|row| row.hub).collect();
            shop.seed.known_hubs = known(&file);
        }
        if let Some(file) = own_or_sample(args.skus.as_ref(), samples::SKUS, own_stock)? {
            let rows = shop.rows(TableKind::Skus, &file, read_skus)?;
            shop.seed.products = rows.into_iter().map(|row| row.product).collect();
            shop.seed.known_products = known(&file);
        }
        if let Some(file) = own_or_sample(args.stock.as_ref(), samples::STOCK, false)? {
            shop.seed.stock = shop.rows(TableKind::Stock, &file, read_stock)?;
            if own_stock && args.hubs.is_none() {
                shop.seed.hubs_of_stock();
            }
            if own_stock && args.skus.is_none() {
                shop.seed.products_of_stock();
            }
            shop.drop_strays(&file);
        }
        Ok(shop)
    }

    /// Reads one file; bad rows are kept for the report.
    fn rows<T>(
        &mut self,
        kind: TableKind,
        file: &File,
        read: fn(&[u8]) -> Result<CsvRows<T>, ChannelError>,
    ) -> Result<Vec<T>, Failure> {
        let bad_file = |problem| Failure::BadFile {
            file: file.name.clone(),
            problem,
        };
        if let Some(problem) = file.not_text() {
            return Err(bad_file(problem.to_owned()));
        }
        let read = read(&file.bytes).map_err(|problem| bad_file(words::bad_table(&problem)))?;
        if read.rows.is_empty() {
            let problem = match read.rejected.first() {
                Some(row) => format!("has no usable row; {row}"),
                None => "has no row".to_owned(),
            };
            return Err(bad_file(problem));
        }
        let sample = if file.path.is_none() { "sample " } else { "" };
        self.sources.push(format!("{sample}{}", file.name));
        self.reject(kind, file, read.headers, read.rejected);
        Ok(read.rows)
    }

    fn reject(&mut self, kind: TableKind, file: &File, headers: Headers, rows: Vec<RejectedRow>) {
        let listed = rows.iter().map(|row| Rejected::row(&file.name, row));
        self.rejected.extend(listed);
        self.tables.push(Table {
            kind,
            file: file.name.clone(),
            headers,
            rows,
        });
    }

    /// Rejects stock of SKUs and at hubs that nobody knows.
    fn drop_strays(&mut self, file: &File) {
        let hubs: BTreeSet<HubId> = self.seed.hubs.iter().map(|hub| hub.id.clone()).collect();
        let skus: BTreeSet<Sku> = self.seed.products.iter().map(|p| p.sku.clone()).collect();
        let (kept, strays): (Vec<StockRow>, Vec<StockRow>) = std::mem::take(&mut self.seed.stock)
            .into_iter()
            .partition(|row| hubs.contains(&row.hub) && skus.contains(&row.sku));
        self.seed.stock = kept;
        let Some(at) = self
            .tables
            .iter()
            .position(|table| table.kind == TableKind::Stock)
        else {
            return;
        };
        let Some(stock) = self.tables.get_mut(at).filter(|_| !strays.is_empty()) else {
            return;
        };
        let cells = table(&file.bytes, stock.headers.delimiter());
        for row in strays {
            let rejected = stray(&row, &stock.headers, &cells, !hubs.contains(&row.hub));
            self.rejected.push(Rejected::row(&file.name, &rejected));
            stock.rows.push(rejected);
        }
    }
}

/// A stock row that names something unknown, as a rejected one.
fn stray(
    row: &StockRow,
    headers: &Headers,
    cells: &[Vec<String>],
    unknown_hub: bool,
) -> RejectedRow {
    let (column, value, code, reason) = if unknown_hub {
        ("hub", row.hub.as_str(), "unknown_hub", "no such hub")
    } else {
        ("sku", row.sku.as_str(), "unknown_sku", "no such SKU")
    };
    let holds = |record: &&Vec<String>, text: &str| record.iter().any(|cell| cell.trim() == text);
    let record = cells
        .iter()
        .find(|record| holds(record, row.sku.as_str()) && holds(record, row.hub.as_str()));
    let mut record = record.cloned().unwrap_or_default();
    // What an earlier run added stands behind the file's own columns.
    record.truncate(headers.names().len());
    RejectedRow {
        line: row.line,
        problems: vec![RowProblem {
            column: Some(column.to_owned()),
            value: value.to_owned(),
            code,
            reason: reason.to_owned(),
        }],
        record,
    }
}

/// What the user wrote down replaces what is stored; a sample does not.
const fn known(file: &File) -> Known {
    match file.path {
        Some(_) => Known::Replaced,
        None => Known::Stays,
    }
}

/// The user's file, else the sample, else nothing where the user's other files make it useless.
fn own_or_sample(
    own: Option<&PathBuf>,
    sample: samples::Sample,
    skip_sample: bool,
) -> Result<Option<File>, Failure> {
    match own {
        Some(path) => File::read(path).map(Some),
        None if skip_sample => Ok(None),
        None => Ok(Some(File::sample(sample))),
    }
}
