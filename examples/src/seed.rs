//! What a shop has before its first order: settings, channels, hubs, SKUs and stock.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use oms_core::catalog::{Product, SalesChannel};
use oms_core::channel::ChannelError;
use oms_core::channel::csv::{CsvRows, StockRow, read_hubs, read_skus, read_stock};
use oms_core::event::ActorKind;
use oms_core::hub::Hub;
use oms_core::order::{ApprovalMode, Workflow};
use oms_core::plan::{Command, Rejection};
use oms_core::port::StockFilter;
use oms_core::service::{Call, Error, Tenant};
use oms_core::stock::{StockCommand, StockKey, StockLevel};
use oms_core::tenant::Settings;
use oms_core::value::limits::PAGE_ITEMS_MAX;
use oms_core::value::{ChannelId, HubId, Name, Reason, Sku, Title, Units, Version};

use crate::{bounded, who, words};

/// At most this many bad rows are told of a file.
const PROBLEMS_TOLD: usize = 3;

/// Hubs, SKUs and stock.
#[derive(Clone, Debug, Default)]
pub struct Seed {
    /// The hubs.
    pub hubs: Vec<Hub>,
    /// What is done with a hub that is stored already.
    pub known_hubs: Known,
    /// The catalogue.
    pub products: Vec<Product>,
    /// What is done with a SKU that is stored already.
    pub known_products: Known,
    /// What stands on the shelves.
    pub stock: Vec<StockRow>,
}

/// What is done with a document that is stored already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Known {
    /// It stays as it is: all that is known here is its name.
    #[default]
    Stays,
    /// It is replaced as a whole: somebody wrote down what it is to be.
    Replaced,
}

/// The CSV files that hold it, each of which may be missing.
#[derive(Clone, Debug, Default)]
pub struct SeedFiles {
    /// Hubs, which replace those that are stored; without it those that the stock names are made
    /// where they are not stored yet.
    pub hubs: Option<PathBuf>,
    /// SKUs, likewise.
    pub skus: Option<PathBuf>,
    /// Stock by SKU and hub.
    pub stock: Option<PathBuf>,
}

/// A file that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file} {problem}")]
pub struct SeedError {
    /// Its name.
    pub file: String,
    /// What is wrong with it, as the rest of a sentence.
    pub problem: String,
}

impl SeedFiles {
    /// True when no file is given at all.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.hubs.is_none() && self.skus.is_none() && self.stock.is_none()
    }

    /// Reads the files that are given.
    ///
    /// # Errors
    /// [`SeedError`] for a file that cannot be read and for one with a bad row: stock that is only
    /// half counted would be worse than none.
    pub fn read(&self) -> Result<Seed, SeedError> {
        let mut seed = Seed::default();
        let hubs = rows(self.hubs.as_deref(), read_hubs)?;
        seed.hubs = hubs.into_iter().map(|row| row.hub).collect();
        let skus = rows(self.skus.as_deref(), read_skus)?;
        seed.products = skus.into_iter().map(|row| row.product).collect();
        seed.stock = rows(self.stock.as_deref(), read_stock)?;
        match self.hubs {
            Some(_) => seed.known_hubs = Known::Replaced,
            None => seed.hubs_of_stock(),
        }
        match self.skus {
            Some(_) => seed.known_products = Known::Replaced,
            None => seed.products_of_stock(),
        }
        Ok(seed)
    }
}

fn rows<T>(
    path: Option<&Path>,
    read: fn(&[u8]) -> Result<CsvRows<T>, ChannelError>,
) -> Result<Vec<T>, SeedError> {
    let Some(path) = path else {
        return Ok(Vec::new());
    };
    let bad = |problem: String| SeedError {
        file: path.display().to_string(),
        problem,
    };
    let bytes = bounded::file(path).map_err(|source| bad(format!("cannot be read: {source}")))?;
    let found = read(&bytes).map_err(|problem| bad(words::bad_table(&problem)))?;
    if found.rejected.is_empty() {
        return Ok(found.rows);
    }
    let told = found.rejected.iter().take(PROBLEMS_TOLD);
    let told: Vec<String> = told.map(ToString::to_string).collect();
    let count = found.rejected.len();
    Err(bad(format!("has {count} bad rows: {}", told.join("; "))))
}

impl Seed {
    /// Makes the hubs those that the stock names; of those that are stored, none changes.
    pub fn hubs_of_stock(&mut self) {
        self.known_hubs = Known::Stays;
        let ids: BTreeSet<&HubId> = self.stock.iter().map(|row| &row.hub).collect();
        let hub = |id: &HubId| Some(Hub::new(id.clone(), Name::parse(id.as_str()).ok()?));
        self.hubs = ids.into_iter().filter_map(hub).collect();
    }

    /// Makes the SKUs those that the stock names; of those that are stored, none changes.
    pub fn products_of_stock(&mut self) {
        self.known_products = Known::Stays;
        let skus: BTreeSet<&Sku> = self.stock.iter().map(|row| &row.sku).collect();
        let product = |sku: &Sku| Some(Product::new(sku.clone(), Title::parse(sku.as_str()).ok()?));
        self.products = skus.into_iter().filter_map(product).collect();
    }
}

/// Stores settings, channels, hubs, SKUs and stock. Settings, channels and stock that the store has
/// already are left as they are: a channel may have been switched off, and goods have come and gone
/// since they were counted. So are hubs and SKUs unless they are to be [`Known::Replaced`]. The
/// number of stock rows that were there is the answer.
///
/// # Errors
/// What the store says.
pub async fn open(
    tenant: &Tenant,
    seed: &Seed,
    channels: &[(ChannelId, String)],
) -> Result<usize, Error> {
    let clerk = who::by(ActorKind::Person, "clerk");
    settle(tenant, &clerk).await?;
    let mut safeties = BTreeMap::new();
    for (key, level) in stock(tenant).await? {
        safeties.insert((key.hub, key.sku), level.safety);
    }
    let mut commands = Vec::new();
    for (id, name) in channels {
        if let Some(name) = Name::truncated(name) {
            let command = Command::PutChannel(SalesChannel::new(id.clone(), name));
            commands.push((command, Known::Stays.call(&clerk)));
        }
    }
    let call = seed.known_hubs.call(&clerk);
    let hubs = seed.hubs.iter().cloned().map(Command::PutHub);
    commands.extend(hubs.map(|command| (command, call.clone())));
    let call = seed.known_products.call(&clerk);
    let products = seed.products.iter().cloned().map(Command::PutProduct);
    commands.extend(products.map(|command| (command, call.clone())));
    let mut kept = 0;
    for row in &seed.stock {
        let safety = safeties.get(&(row.hub.clone(), row.sku.clone()));
        kept += usize::from(safety.is_some());
        commands.extend(stock_commands(row, safety.copied(), &clerk));
    }
    for done in tenant.bulk(&commands).await {
        match done {
            // Only what stays is put with an expected version: it is there, and stays.
            Ok(_) | Err(Error::Rejected(Rejection::Changed { .. })) => {}
            Err(problem) => return Err(problem),
        }
    }
    Ok(kept)
}

impl Known {
    /// The call for a document: what stays is refused where there is one, whoever made it and
    /// however shortly before.
    fn call(self, clerk: &Call) -> Call {
        match self {
            Self::Stays => clerk.clone().expecting(Version::ZERO),
            Self::Replaced => clerk.clone(),
        }
    }
}

/// Every stock row, by hub and SKU.
///
/// # Errors
/// What the store says.
pub async fn stock(tenant: &Tenant) -> Result<Vec<(StockKey, StockLevel)>, Error> {
    let mut rows = Vec::new();
    let mut after = None;
    let all = StockFilter::default();
    loop {
        let page = tenant.stock(&all, after.as_ref(), PAGE_ITEMS_MAX).await?;
        // A sum over the rows would be wrong without one of them.
        let page = page.whole()?;
        rows.extend(page.items);
        after = page.next;
        if after.is_none() {
            return Ok(rows);
        }
    }
}

/// Stores the settings of a shop that has none.
async fn settle(tenant: &Tenant, clerk: &Call) -> Result<(), Error> {
    match tenant.settings().await {
        Err(Error::Rejected(Rejection::UnknownTenant { .. })) => {}
        found => return found.map(|_| ()),
    }
    let settings = Settings {
        workflow: Workflow {
            approval: ApprovalMode::Automatic,
            ..Workflow::default()
        },
        ..Settings::default()
    };
    let made = tenant.put_settings(settings, clerk.clone()).await;
    made.map(|_| ())
}

/// Counts a row that the store lacks, under a key of what the file says, so that of several runs
/// at once one does; and keeps back what the file says.
fn stock_commands(row: &StockRow, stored: Option<Units>, clerk: &Call) -> Vec<(Command, Call)> {
    let Ok(reason) = Reason::parse("stock at the start") else {
        return Vec::new();
    };
    let key = StockKey {
        hub: row.hub.clone(),
        sku: row.sku.clone(),
    };
    let about = |command: StockCommand, call: Call| {
        let (key, reason) = (key.clone(), reason.clone());
        let command = Command::Stock {
            key,
            command,
            reason,
        };
        (command, call)
    };
    let mut commands = Vec::new();
    if stored.is_none() {
        let count = StockCommand::Count {
            found: row.on_hand,
            seen: None,
        };
        let units = row.on_hand.to_string();
        let words = ["stock", key.hub.as_str(), key.sku.as_str(), "count", &units];
        commands.push(about(count, who::keyed(clerk.clone(), &words)));
    }
    if !row.safety.is_zero() && stored != Some(row.safety) {
        let safety = StockCommand::SetSafety { safety: row.safety };
        // Under no key of its own: what the file said before it may say again.
        commands.push(about(safety, clerk.clone()));
    }
    commands
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::sync::Arc;

    use futures_executor::block_on;
    use oms_core::channel::csv::read_stock;
    use oms_core::service::Oms;
    use oms_store_memory::MemoryStore;

    use super::{Seed, open, stock};

    #[test]
    fn what_a_file_keeps_back_counts_at_every_start() {
        let oms = Oms::builder(Arc::new(MemoryStore::new())).build();
        let tenant = oms.tenant("shop".parse().unwrap());
        block_on(async {
            for safety in [2, 3, 2] {
                let file = format!("sku,hub,on_hand,safety\nTEA-01,berlin,40,{safety}\n");
                let mut seed = Seed {
                    stock: read_stock(file.as_bytes()).unwrap().rows,
                    ..Seed::default()
                };
                seed.hubs_of_stock();
                seed.products_of_stock();
                open(&tenant, &seed, &[]).await.unwrap();
                let rows = stock(&tenant).await.unwrap();
                let levels = rows.iter().map(|(_, level)| level);
                let levels: Vec<_> = levels
                    .map(|level| (level.on_hand.get(), level.safety.get()))
                    .collect();
                assert_eq!(levels, [(40, safety)]);
            }
        });
    }
}
