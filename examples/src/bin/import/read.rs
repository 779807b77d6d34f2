//! From files to orders, and to what could not be read of them.

use std::collections::{BTreeMap, BTreeSet};

use oms_core::channel::csv::{CsvOptions, read_csv_orders_with};
use oms_core::channel::{
    ChannelError, Channels, Format, Incoming, detect, read_amazon_orders, read_orders,
};
use oms_core::value::ChannelId;
use serde_json::Value;

use crate::args::Kind;
use crate::input::File;
use crate::refused::{Refusal, Table};

/// One order of a file.
#[derive(Clone, Debug)]
pub(crate) struct ReadOrder {
    pub(crate) file: String,
    pub(crate) order: Incoming,
    /// The lines of a CSV file its rows begin on.
    pub(crate) lines: Vec<u64>,
}

/// What a group of files holds.
#[derive(Debug, Default)]
pub(crate) struct Read {
    pub(crate) orders: Vec<ReadOrder>,
    pub(crate) refused: Vec<Refusal>,
    pub(crate) tables: Vec<Table>,
}

/// Files that are read together: Amazon's all, as an order may be spread over several; of the
/// others each alone, so that no more than one is in memory.
pub(crate) fn groups(kind: Kind, files: Vec<File>) -> Vec<Vec<File>> {
    match kind {
        Kind::Amazon => vec![files],
        Kind::Shopify | Kind::WooCommerce | Kind::Ebay | Kind::Plain | Kind::Csv => {
            files.into_iter().map(|file| vec![file]).collect()
        }
    }
}

/// Reads a group.
pub(crate) fn read(kind: Kind, files: &[File], id: &ChannelId, csv: &CsvOptions) -> Read {
    let mut read = Read::default();
    let mut contents = Vec::with_capacity(files.len());
    for file in files {
        match file.read() {
            Ok(bytes) => contents.push((file.name.as_str(), bytes)),
            Err(refusal) => read.refused.push(*refusal),
        }
    }
    match kind {
        Kind::Amazon => read.amazon(&contents, id),
        Kind::Csv => {
            for (name, bytes) in &contents {
                read.csv(name, bytes, id, csv);
            }
        }
        Kind::Shopify | Kind::WooCommerce | Kind::Ebay | Kind::Plain => {
            for (name, bytes) in &contents {
                read.payload(kind, name, bytes, id);
            }
        }
    }
    read
}

type Orders = Vec<Result<Incoming, ChannelError>>;

impl Read {
    fn payload(&mut self, kind: Kind, name: &str, bytes: &[u8], id: &ChannelId) {
        match orders(kind, bytes, id) {
            Ok(orders) => self.all(name, orders),
            Err(problem) => self.refused.push(Refusal::payload(name, &problem)),
        }
    }

    fn all(&mut self, name: &str, orders: Orders) {
        for order in orders {
            match order {
                Ok(order) => self.orders.push(ReadOrder {
                    file: name.to_owned(),
                    order,
                    lines: Vec::new(),
                }),
                Err(problem) => self.refused.push(Refusal::payload(name, &problem)),
            }
        }
    }

    fn csv(&mut self, name: &str, bytes: &[u8], id: &ChannelId, options: &CsvOptions) {
        let read = match read_csv_orders_with(bytes, id, options) {
            Ok(read) => read,
            Err(problem) => {
                self.refused.push(Refusal::payload(name, &problem));
                return;
            }
        };
        for order in read.orders {
            self.orders.push(ReadOrder {
                file: name.to_owned(),
                order: order.incoming,
                lines: order.lines,
            });
        }
        for row in &read.rejected {
            self.refused.extend(Refusal::row(name, row));
        }
        self.tables.push(Table {
            file: name.to_owned(),
            headers: read.headers,
            rows: read.rejected,
        });
    }

    /// Pages of orders with the other answers about them. Each answer goes to the pages that have
    /// its order, so the work grows with the files and not with their square.
    fn amazon(&mut self, contents: &[(&str, Vec<u8>)], id: &ChannelId) {
        let (pages, answers): (Vec<_>, Vec<_>) = contents
            .iter()
            .partition(|(_, bytes)| detect(bytes).is_some());
        let mut by_order: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (at, (_, bytes)) in answers.iter().enumerate() {
            for order in order_ids(bytes) {
                by_order.entry(order).or_default().push(at);
            }
        }
        let mut used: BTreeSet<usize> = BTreeSet::new();
        let mut problems: BTreeMap<usize, ChannelError> = BTreeMap::new();
        for (name, bytes) in &pages {
            let ids = order_ids(bytes);
            let wanted = ids.iter().filter_map(|order| by_order.get(order)).flatten();
            let wanted: BTreeSet<usize> = wanted.copied().collect();
            let others: Vec<(usize, &[u8])> = wanted
                .iter()
                .filter_map(|at| answers.get(*at).map(|(_, bytes)| (*at, bytes.as_slice())))
                .collect();
            let bodies: Vec<&[u8]> = others.iter().map(|(_, body)| *body).collect();
            match read_of_amazon(bytes, &bodies, id) {
                Ok((orders, unused)) => {
                    self.all(name, orders);
                    used.extend(&wanted);
                    for (place, problem) in unused {
                        if let Some((at, _)) = others.get(place) {
                            used.remove(at);
                            problems.insert(*at, problem);
                        }
                    }
                }
                Err(problem) => self.refused.push(Refusal::payload(name, &problem)),
            }
        }
        for (at, (name, bytes)) in answers.iter().enumerate() {
            if !used.contains(&at) {
                self.stray(name, bytes, problems.get(&at), id);
            }
        }
    }

    /// An answer that belongs to no order, or a file that is no answer at all.
    fn stray(&mut self, name: &str, bytes: &[u8], problem: Option<&ChannelError>, id: &ChannelId) {
        let refusal = match (problem, orders(Kind::Amazon, bytes, id)) {
            (Some(problem), _) => Refusal::payload(name, problem),
            (None, Err(problem)) if order_ids(bytes).is_empty() => Refusal::payload(name, &problem),
            (None, _) => {
                let reason = "is an answer about an order that is in none of the files";
                Refusal::file(name, "answer_without_order", reason)
            }
        };
        self.refused.push(refusal);
    }
}

/// Orders of one kind; those of another one are refused.
fn orders(kind: Kind, bytes: &[u8], id: &ChannelId) -> Result<Orders, ChannelError> {
    if let Ok(channel) = Channels::built_in(kind.name()) {
        return channel.read_orders(bytes, id);
    }
    match detect(bytes) {
        None | Some(Format::Plain) => read_orders(bytes, id),
        Some(other) => Err(ChannelError::new(
            oms_core::channel::ChannelErrorKind::UnknownFormat,
            "",
            other.as_str(),
            "a plain order",
        )),
    }
}

type Joined = (Orders, Vec<(usize, ChannelError)>);

fn read_of_amazon(page: &[u8], others: &[&[u8]], id: &ChannelId) -> Result<Joined, ChannelError> {
    if others.is_empty() {
        return orders(Kind::Amazon, page, id).map(|orders| (orders, Vec::new()));
    }
    let joined = read_amazon_orders(page, others, id)?;
    Ok((joined.orders, joined.unused))
}

/// The ids of the orders that a payload of Orders v0 is about.
fn order_ids(bytes: &[u8]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let Ok(root) = serde_json::from_slice::<Value>(bytes) else {
        return found;
    };
    let payload = root.get("payload").unwrap_or(&root);
    let listed = payload.get("Orders").and_then(Value::as_array);
    let listed = listed.or_else(|| payload.as_array());
    for value in listed.into_iter().flatten().chain([payload]) {
        let id = value.get("AmazonOrderId").and_then(Value::as_str);
        found.extend(id.map(str::to_owned));
    }
    found
}
