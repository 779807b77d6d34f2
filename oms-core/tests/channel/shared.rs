//! What the tests of the channel readers share.

use std::path::{Path, PathBuf};

use oms_core::channel::csv::read_csv_orders;
use oms_core::channel::{
    ChannelError, Incoming, ORDER_NUMBER, computed_total, read_amazon_orders, read_orders,
};
use oms_core::order::{
    Head, LineSku, Order, OrderCommand, OrderDraft, OrderEvent, OrderRejection, PaymentEntry,
    Place, Workflow, decide, decide_place, evolve, fold,
};
use oms_core::value::{AttributeKey, ChannelId, ExternalId, OrderId, OrderNumber, Sku, Timestamp};

pub(crate) fn channel() -> ChannelId {
    ChannelId::parse("web").unwrap()
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

pub(crate) fn fixture(name: &str) -> String {
    let path = repository()
        .join("oms-core/tests/fixtures/channel")
        .join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|problem| panic!("{}: {problem}", path.display()))
}

pub(crate) fn example(name: &str) -> Vec<u8> {
    let path = repository().join("examples/data").join(name);
    std::fs::read(&path).unwrap_or_else(|problem| panic!("{}: {problem}", path.display()))
}

/// Every fixture and example, by name.
pub(crate) fn everything() -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    for folder in [
        "oms-core/tests/fixtures/channel",
        "examples/data",
        "examples/data/orders",
    ] {
        for entry in std::fs::read_dir(repository().join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path
                .extension()
                .is_some_and(|kind| kind == "json" || kind == "csv")
            {
                let name = path.file_name().unwrap().to_string_lossy().into_owned();
                files.push((name, std::fs::read(path).unwrap()));
            }
        }
    }
    files.sort();
    files
}

/// The text with one piece changed, which must be there.
pub(crate) fn with(text: &str, old: &str, new: &str) -> String {
    assert!(text.contains(old), "{old} is not in the fixture");
    text.replacen(old, new, 1)
}

/// The only order of a payload.
pub(crate) fn read(text: &str) -> Result<Incoming, ChannelError> {
    let mut read = read_orders(text.as_bytes(), &channel()).unwrap();
    assert_eq!(read.len(), 1);
    read.remove(0)
}

pub(crate) fn good(text: &str) -> Incoming {
    read(text).unwrap_or_else(|problem| panic!("{problem}"))
}

/// What people call the order by.
pub(crate) fn number(incoming: &Incoming) -> Option<&str> {
    let key = AttributeKey::parse(ORDER_NUMBER).unwrap();
    let kept = incoming.draft.attributes.get(&key);
    kept.map(|number| number.as_str())
}

/// The warnings' codes, in the order they were found.
pub(crate) fn codes(incoming: &Incoming) -> Vec<&'static str> {
    incoming
        .warnings
        .iter()
        .map(oms_core::channel::ChannelWarning::code)
        .collect()
}

/// What every file gives, by its name: payloads of the channels, joined ones, and rows of CSV.
pub(crate) fn every_order() -> Vec<(String, Incoming)> {
    let files = everything();
    let answers: Vec<&[u8]> = files
        .iter()
        .filter(|(name, _)| name.starts_with("amazon_v0_"))
        .map(|(_, bytes)| bytes.as_slice())
        .collect();
    let mut found = Vec::new();
    for (name, bytes) in &files {
        let rows = read_csv_orders(bytes, &channel()).map(|read| read.orders);
        let rows = rows.unwrap_or_default().into_iter();
        let orders = match read_amazon_orders(bytes, &answers, &channel()) {
            Ok(joined) => joined.orders,
            Err(_) => read_orders(bytes, &channel()).unwrap_or_default(),
        };
        let orders = orders.into_iter().flatten();
        let all = orders.chain(rows.map(|order| order.incoming));
        found.extend(all.map(|order| (name.clone(), order)));
    }
    found
}

/// What placing says of a draft when the catalogue knows every SKU.
pub(crate) fn place(draft: &OrderDraft) -> Result<Head, OrderRejection> {
    let event = placed(draft)?;
    let OrderEvent::Placed { head } = event else {
        panic!("placing answered {event:?}");
    };
    Ok(*head.0)
}

fn now() -> Timestamp {
    Timestamp::parse_rfc3339("2026-11-20T00:00:00Z").unwrap()
}

fn placed(draft: &OrderDraft) -> Result<OrderEvent, OrderRejection> {
    let skus: Vec<LineSku> = draft
        .lines
        .iter()
        .map(|line| {
            match line
                .sku
                .as_ref()
                .and_then(|sku| Sku::parse(sku.as_str()).ok())
            {
                Some(sku) => LineSku::Known(sku),
                None => LineSku::Unknown(line.sku.clone()),
            }
        })
        .collect();
    let place = Place {
        id: "0190a5b2-0000-7000-8000-000000000001"
            .parse::<OrderId>()
            .unwrap(),
        number: OrderNumber::new(1).unwrap(),
        draft,
        skus: &skus,
        ship_to: None,
        bill_to: None,
        payload: None,
        slot: None,
        tentative: false,
    };
    decide_place(&place, now())
}

/// The draft as a stored order.
pub(crate) fn stored(draft: &OrderDraft) -> Order {
    fold([&placed(draft).unwrap()]).unwrap()
}

/// The order after a command.
pub(crate) fn after(mut order: Order, command: &OrderCommand) -> Order {
    for event in decide(&order, command, &Workflow::default(), now()).unwrap() {
        evolve(&mut order, &event);
    }
    order
}

/// The order after a command, unless it refuses that.
pub(crate) fn tried(mut order: Order, command: &OrderCommand) -> Order {
    let events = decide(&order, command, &Workflow::default(), now());
    for event in events.unwrap_or_default() {
        evolve(&mut order, &event);
    }
    order
}

/// How many events it makes to record money under this name, once the draft is an order.
pub(crate) fn recorded(draft: &OrderDraft, entry: PaymentEntry, name: &str) -> usize {
    let order = fold([&placed(draft).unwrap()]).unwrap();
    let command = OrderCommand::RecordPayment {
        entry,
        method: None,
        reference: Some(ExternalId::parse(name).unwrap()),
    };
    decide(&order, &command, &Workflow::default(), now())
        .unwrap()
        .len()
}

/// The stated total, which the parts must add up to, here and in the order made of the draft.
pub(crate) fn reconciled(incoming: &Incoming) -> String {
    let draft = &incoming.draft;
    let stated = draft.stated_total.unwrap();
    assert_eq!(computed_total(draft).unwrap(), stated);
    assert_eq!(place(draft).unwrap().totals.total, stated);
    stated.to_string()
}
