//! Hubs, SKUs and stock: from files into the store.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use oms_core::catalog::{Product, SalesChannel};
use oms_core::channel::ChannelError;
use oms_core::channel::csv::{
    CsvRows, Headers, RejectedRow, RowProblem, StockRow, read_hubs, read_skus, read_stock,
};
use oms_core::event::ActorKind;
use oms_core::hub::Hub;
use oms_core::order::{ApprovalMode, Workflow};
use oms_core::plan::{Command, Rejection};
use oms_core::service::{Call, Error, Tenant};
use oms_core::stock::{StockCommand, StockKey};
use oms_core::tenant::Settings;
use oms_core::value::{ChannelId, HubId, Name, Reason, Sku, Title, Units};

use crate::args::Args;
use crate::failure::{Failure, Trying};
use crate::input::File;
use crate::rejects::{Table, TableKind, table};
use crate::report::Rejected;
use crate::{look, samples, who, words};

/// What a shop has before its first order.
#[derive(Debug, Default)]
pub(crate) struct Shop {
    pub(crate) hubs: Vec<Hub>,
    pub(crate) products: Vec<Product>,
    pub(crate) stock: Vec<StockRow>,
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
            shop.hubs = rows.into_iter().map(|row| row.hub).collect();
        }
        if let Some(file) = own_or_sample(args.skus.as_ref(), samples::SKUS, own_stock)? {
            let rows = shop.rows(TableKind::Skus, &file, read_skus)?;
            shop.products = rows.into_iter().map(|row| row.product).collect();
        }
        if let Some(file) = own_or_sample(args.stock.as_ref(), samples::STOCK, false)? {
            shop.stock = shop.rows(TableKind::Stock, &file, read_stock)?;
            if own_stock && args.hubs.is_none() {
                shop.hubs_of_stock();
            }
            if own_stock && args.skus.is_none() {
                shop.products_of_stock();
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

    fn hubs_of_stock(&mut self) {
        let ids: BTreeSet<&HubId> = self.stock.iter().map(|row| &row.hub).collect();
        let hub = |id: &HubId| Some(Hub::new(id.clone(), Name::parse(id.as_str()).ok()?));
        self.hubs = ids.into_iter().filter_map(hub).collect();
    }

    fn products_of_stock(&mut self) {
        let skus: BTreeSet<&Sku> = self.stock.iter().map(|row| &row.sku).collect();
        let product = |sku: &Sku| Some(Product::new(sku.clone(), Title::parse(sku.as_str()).ok()?));
        self.products = skus.into_iter().filter_map(product).collect();
    }

    /// Rejects stock of SKUs and at hubs that nobody knows.
    fn drop_strays(&mut self, file: &File) {
        let hubs: BTreeSet<HubId> = self.hubs.iter().map(|hub| hub.id.clone()).collect();
        let skus: BTreeSet<Sku> = self.products.iter().map(|p| p.sku.clone()).collect();
        let (kept, strays): (Vec<StockRow>, Vec<StockRow>) = std::mem::take(&mut self.stock)
            .into_iter()
            .partition(|row| hubs.contains(&row.hub) && skus.contains(&row.sku));
        self.stock = kept;
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
        stock.rows.sort_by_key(|row| row.line);
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

/// Stores settings, channels, hubs, SKUs and stock. Settings and stock that the store has already
/// are left as they are: goods have come and gone since they were counted. The number of such
/// stock rows is the answer.
pub(crate) async fn open(
    tenant: &Tenant,
    shop: &Shop,
    channels: &[(ChannelId, String)],
) -> Result<usize, Failure> {
    let clerk = who::by(ActorKind::Person, "clerk");
    settle(tenant, &clerk).await?;
    let mut safeties = BTreeMap::new();
    for row in look::stock(tenant, Units::ZERO).await? {
        safeties.insert((row.hub, row.sku), row.safety);
    }
    let mut commands = Vec::new();
    for (id, name) in channels {
        if let Some(name) = Name::truncated(name) {
            commands.push(Command::PutChannel(SalesChannel::new(id.clone(), name)));
        }
    }
    commands.extend(shop.hubs.iter().cloned().map(Command::PutHub));
    commands.extend(shop.products.iter().cloned().map(Command::PutProduct));
    let mut commands: Vec<(Command, Call)> = commands
        .into_iter()
        .map(|command| (command, clerk.clone()))
        .collect();
    let mut kept = 0;
    for row in &shop.stock {
        let safety = safeties.get(&(row.hub.clone(), row.sku.clone()));
        kept += usize::from(safety.is_some());
        commands.extend(stock_commands(row, safety.copied(), &clerk));
    }
    for done in tenant.bulk(&commands).await {
        done.trying("storing hubs, SKUs and stock")?;
    }
    Ok(kept)
}

/// Stores the settings of a shop that has none.
async fn settle(tenant: &Tenant, clerk: &Call) -> Result<(), Failure> {
    match tenant.settings().await {
        Err(Error::Rejected(Rejection::UnknownTenant { .. })) => {}
        found => return found.map(|_| ()).trying("reading the settings"),
    }
    let settings = Settings {
        workflow: Workflow {
            approval: ApprovalMode::Automatic,
            ..Workflow::default()
        },
        ..Settings::default()
    };
    let made = tenant.put_settings(settings, clerk.clone()).await;
    made.map(|_| ()).trying("storing the settings")
}

/// Counts a row that the store lacks, under a key of what the file says, so that of several runs
/// at once one does; and keeps back what the file says.
fn stock_commands(row: &StockRow, stored: Option<Units>, clerk: &Call) -> Vec<(Command, Call)> {
    let Ok(reason) = Reason::parse("stock at the start") else {
        return Vec::new();
    };
    let count = StockCommand::Count { found: row.on_hand };
    let count = stored.is_none().then_some((count, "count", row.on_hand));
    let safety = StockCommand::SetSafety { safety: row.safety };
    let differs = !row.safety.is_zero() && stored != Some(row.safety);
    let safety = differs.then_some((safety, "safety", row.safety));
    let commands = [count, safety].into_iter().flatten();
    let command = |(command, what, units): (StockCommand, &str, Units)| {
        let units = units.to_string();
        let words = ["stock", row.hub.as_str(), row.sku.as_str(), what, &units];
        let command = Command::Stock {
            key: StockKey {
                hub: row.hub.clone(),
                sku: row.sku.clone(),
            },
            command,
            reason: reason.clone(),
        };
        (command, who::keyed(clerk.clone(), &words))
    };
    commands.map(command).collect()
}
