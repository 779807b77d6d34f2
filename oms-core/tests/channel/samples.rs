//! The channel readers over payloads that real shops and vendors sent. They are no part of this
//! repository: `OMS_CHANNEL_SAMPLES` names a folder of JSON and CSV files, in folders of any names.
//!
//! Every order found is mapped with its total reconciled to the cent, or with its difference told,
//! or refused with a reason; a table says which. `OMS_REQUIRE_SAMPLES=1` makes it a failure when
//! the folder is not named.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use crate::shared::{channel, place};
use oms_core::channel::csv::{read_csv_orders, read_hubs, read_skus, read_stock};
use oms_core::channel::{
    ChannelError, ChannelWarning, Format, Incoming, computed_total, detect, read_amazon_orders,
    read_orders,
};
use serde_json::value::RawValue;

struct File {
    name: String,
    folder: PathBuf,
    bytes: Vec<u8>,
}

/// Past the test harness, which would swallow it.
fn tell(text: &str) {
    std::io::stderr().write_all(text.as_bytes()).unwrap();
}

fn samples() -> Option<Vec<File>> {
    let Some(root) = std::env::var_os("OMS_CHANNEL_SAMPLES") else {
        let required = std::env::var_os("OMS_REQUIRE_SAMPLES").is_some_and(|word| word == "1");
        assert!(
            !required,
            "OMS_REQUIRE_SAMPLES=1, but OMS_CHANNEL_SAMPLES is not set"
        );
        tell("channel samples: NOT RUN, OMS_CHANNEL_SAMPLES is not set\n");
        return None;
    };
    // Cargo runs tests in the package's folder; the gate names the folder from the workspace's.
    let root = PathBuf::from(root);
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(&root);
    let root = if root.is_dir() { root } else { workspace };
    let mut files = Vec::new();
    collect(&root, &mut files);
    files.sort_by(|a, b| a.name.cmp(&b.name));
    assert!(!files.is_empty(), "no samples in {}", root.display());
    Some(files)
}

fn collect(folder: &Path, files: &mut Vec<File>) {
    let entries = std::fs::read_dir(folder)
        .unwrap_or_else(|problem| panic!("{}: {problem}", folder.display()));
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
            continue;
        }
        if path
            .extension()
            .is_some_and(|kind| kind == "json" || kind == "csv")
        {
            let parent = folder.file_name().unwrap().to_string_lossy();
            let stem = path.file_name().unwrap().to_string_lossy();
            files.push(File {
                name: format!("{parent}/{stem}"),
                folder: folder.to_owned(),
                bytes: std::fs::read(&path).unwrap(),
            });
        }
    }
}

/// What became of one order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Fate {
    Reconciled,
    Mismatch,
    NoTotal,
    Refused,
    NoOrder,
}

struct Row {
    file: String,
    order: String,
    format: &'static str,
    fate: Fate,
    words: String,
}

#[derive(Default)]
struct Table(Vec<Row>);

impl Table {
    fn add(&mut self, file: &str, format: &'static str, read: &Result<Incoming, ChannelError>) {
        let (order, fate, words) = match read {
            Ok(incoming) => mapped(incoming),
            Err(problem) => {
                assert!(
                    !problem.expected.is_empty(),
                    "{file}: a refusal without a reason"
                );
                let id = problem.order.as_ref().and_then(|at| at.id.clone());
                let mut reason = problem.clone();
                reason.order = None;
                (
                    id.unwrap_or_else(|| "?".to_owned()),
                    Fate::Refused,
                    reason.to_string(),
                )
            }
        };
        self.row(file, order, format, fate, words);
    }

    fn row(&mut self, file: &str, order: String, format: &'static str, fate: Fate, words: String) {
        let file = file.to_owned();
        self.0.push(Row {
            file,
            order,
            format,
            fate,
            words,
        });
    }

    fn count(&self, fate: Fate) -> usize {
        self.0.iter().filter(|row| row.fate == fate).count()
    }

    fn print(&self) {
        let mut text = String::from("\nchannel samples: every order of every file\n");
        let width = |of: fn(&Row) -> usize| self.0.iter().map(of).max().unwrap_or_default();
        let widths = (width(|row| row.file.len()), width(|row| row.order.len()));
        for row in &self.0 {
            let fate = match row.fate {
                Fate::Reconciled => "to the cent",
                Fate::Mismatch => "MISMATCH",
                Fate::NoTotal => "no total",
                Fate::Refused => "refused",
                Fate::NoOrder => "no order",
            };
            let (file, order, format) = (&row.file, &row.order, row.format);
            let (wide, narrow) = widths;
            let words = &row.words;
            writeln!(
                text,
                "{file:wide$}  {order:narrow$}  {format:15}  {fate:11}  {words}"
            )
            .unwrap();
        }
        writeln!(
            text,
            "{} reconciled to the cent, {} mismatches told, {} without a stated total, {} refused; \
             {} files without an order\n",
            self.count(Fate::Reconciled),
            self.count(Fate::Mismatch),
            self.count(Fate::NoTotal),
            self.count(Fate::Refused),
            self.count(Fate::NoOrder),
        )
        .unwrap();
        tell(&text);
    }
}

/// Checks a mapped order, and says what became of it.
fn mapped(incoming: &Incoming) -> (String, Fate, String) {
    let draft = &incoming.draft;
    let id = draft.external[0].id.to_string();
    let payload = draft.payload.as_ref().unwrap();
    let unescaped = payload.text.replace("\\/", "/");
    for reference in &draft.external {
        let sent = reference.id.as_str();
        assert!(
            unescaped.contains(sent) || sent.contains(['"', '\\']),
            "{id}: {sent} was not sent"
        );
    }
    let computed = computed_total(draft).unwrap();
    let told = |warning: &ChannelWarning| matches!(warning, ChannelWarning::TotalDiffers { .. });
    let told = incoming.warnings.iter().any(told);
    let (fate, mut words) = match draft.stated_total {
        None => (Fate::NoTotal, format!("parts sum to {computed}")),
        Some(stated) if stated == computed => (Fate::Reconciled, stated.to_string()),
        Some(stated) => (Fate::Mismatch, format!("stated {stated}, parts {computed}")),
    };
    assert_eq!(told, fate == Fate::Mismatch, "{id}: the difference is told");
    write!(words, ", {}", incoming.state.suggestion.code()).unwrap();
    match place(draft) {
        Ok(head) => assert_eq!(head.totals.total, computed, "{id}"),
        Err(problem) => write!(words, ", cannot be placed: {}", problem.code()).unwrap(),
    }
    (id, fate, words)
}

/// The outermost parts of a document that are payloads of a channel.
fn payloads<'a>(raw: &'a RawValue, found: &mut Vec<(Format, &'a str)>) {
    if let Some(format) = detect(raw.get().as_bytes()) {
        found.push((format, raw.get()));
    } else if let Ok(map) = serde_json::from_str::<BTreeMap<String, &RawValue>>(raw.get()) {
        map.values().for_each(|inner| payloads(inner, found));
    } else if let Ok(list) = serde_json::from_str::<Vec<&RawValue>>(raw.get()) {
        list.iter().for_each(|inner| payloads(inner, found));
    }
}

/// The order an Amazon answer about items, address or buyer belongs to.
fn amazon_answer(bytes: &[u8]) -> Option<String> {
    let value: serde_json::Value = serde_json::from_slice(bytes).ok()?;
    let inner = value.get("payload").unwrap_or(&value);
    let answers = [
        "OrderItems",
        "ShippingAddress",
        "BuyerEmail",
        "RegulatedInformation",
    ];
    let is_answer = answers.iter().any(|key| inner.get(key).is_some());
    if !is_answer || inner.get("OrderStatus").is_some() {
        return None;
    }
    let id = inner.get("AmazonOrderId").and_then(|id| id.as_str());
    Some(id.unwrap_or_default().to_owned())
}

#[test]
fn every_order_is_mapped_or_its_trouble_is_told() {
    let Some(files) = samples() else {
        return;
    };
    let (mut table, mut joined) = (Table::default(), BTreeSet::new());
    for file in files.iter().filter(|file| file.name.ends_with(".json")) {
        let mut found = Vec::new();
        if let Ok(root) = serde_json::from_slice::<&RawValue>(&file.bytes) {
            payloads(root, &mut found);
        }
        for (format, text) in &found {
            let read = if *format == Format::AmazonV0 {
                let others = answers(&files, &file.folder);
                let others: Vec<&[u8]> = others.values().copied().collect();
                let read = read_amazon_orders(text.as_bytes(), &others, &channel());
                read.map(|read| read.orders)
            } else {
                read_orders(text.as_bytes(), &channel())
            };
            let read = read.unwrap_or_else(|problem| panic!("{}: {problem}", file.name));
            for order in &read {
                table.add(&file.name, format.as_str(), order);
                let reference = order
                    .as_ref()
                    .ok()
                    .map(|one| one.draft.external[0].id.to_string());
                joined.extend(reference);
            }
        }
        if found.is_empty() && amazon_answer(&file.bytes).is_none() {
            without_orders(file, &mut table);
        }
    }
    for file in &files {
        let Some(id) = amazon_answer(&file.bytes) else {
            continue;
        };
        let (fate, words) = if joined.contains(&id) {
            (
                Fate::NoOrder,
                "an answer about an order, joined to it above",
            )
        } else {
            (
                Fate::Refused,
                "an answer about an order that is not here: give getOrder's with it",
            )
        };
        table.row(&file.name, id, "amazon_v0", fate, words.to_owned());
    }
    table.print();
    assert!(table.count(Fate::Reconciled) > 0, "not one order was read");
}

/// What the reader says of a file in which nothing is an order of a channel.
fn without_orders(file: &File, table: &mut Table) {
    match read_orders(&file.bytes, &channel()) {
        Ok(orders) => {
            for order in &orders {
                table.add(&file.name, "", order);
            }
        }
        Err(problem) => table.row(
            &file.name,
            String::new(),
            "",
            Fate::NoOrder,
            problem.to_string(),
        ),
    }
}

/// The answers about orders in one folder: for each order and kind of answer the first.
fn answers<'f>(files: &'f [File], folder: &Path) -> BTreeMap<(String, bool), &'f [u8]> {
    let mut found = BTreeMap::new();
    for file in files.iter().filter(|file| file.folder == folder) {
        if let Some(id) = amazon_answer(&file.bytes) {
            let items = file.bytes.windows(12).any(|part| part == b"\"OrderItems\"");
            found.entry((id, items)).or_insert(file.bytes.as_slice());
        }
    }
    found
}

#[test]
fn no_file_of_any_kind_makes_a_reader_panic() {
    let Some(files) = samples() else {
        return;
    };
    for File { bytes, .. } in &files {
        let _ = detect(bytes);
        let _ = read_orders(bytes, &channel());
        for cut in (0..bytes.len()).step_by(bytes.len() / 40 + 1) {
            let part = &bytes[..cut];
            assert!(read_orders(part, &channel()).is_err());
            let _ = read_amazon_orders(part, &[part], &channel());
            let _ = read_csv_orders(part, &channel());
        }
        let _ = (read_hubs(bytes), read_skus(bytes), read_stock(bytes));
    }
}
