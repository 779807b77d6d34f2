//! I6: folding the events gives the state; versions have no gaps and no twins.

use std::collections::BTreeMap;

use crate::event::{StreamId, StreamKind};
use crate::order::{Order, OrderEvent, evolve_at, fold_at};
use crate::plan::{
    ChangeSet, DocumentKey, Index, OrderIndex, Snapshot, StoredDocument, decode_json,
};
use crate::testing::simulation::book::Kept;
use crate::testing::simulation::report::{Broken, Checked, check};
use crate::value::{FulfillmentId, OrderId, Timestamp, Version};

const INVARIANT: &str = "I6";

/// The events of orders in a change set, by order, in order.
pub(crate) fn order_events(set: &ChangeSet) -> Result<BTreeMap<OrderId, Vec<OrderEvent>>, Broken> {
    let mut by_order: BTreeMap<OrderId, Vec<OrderEvent>> = BTreeMap::new();
    for draft in &set.events {
        let StreamId { kind, id } = &draft.stream;
        if *kind != StreamKind::Order {
            continue;
        }
        let unreadable = |why: &dyn std::fmt::Display| Broken::new("I13", format!("{id}: {why}"));
        let order = OrderId::parse(id).map_err(|why| unreadable(&why))?;
        let event = decode_json::<OrderEvent>(id, draft.schema, &draft.body);
        let event = event.map_err(|why| unreadable(&why))?;
        check(event.name() == &*draft.name, INVARIANT, || {
            format!("{} is told as {}", event.name(), draft.name)
        })?;
        by_order.entry(order).or_default().push(event);
    }
    Ok(by_order)
}

/// The order after more events, which were decided at these times.
pub(crate) fn fold(
    before: Option<&Order>,
    events: &[(&OrderEvent, Timestamp)],
) -> Result<Order, Broken> {
    if let Some(before) = before {
        let mut order = before.clone();
        for (event, at) in events {
            let again = matches!(event, OrderEvent::Placed { .. });
            check(!again, INVARIANT, || {
                format!("order {} was placed twice", before.head.id)
            })?;
            evolve_at(&mut order, event, *at);
        }
        return Ok(order);
    }
    fold_at(events.iter().copied()).ok_or_else(|| {
        Broken::new(
            INVARIANT,
            format!("a stream does not begin with placed: {events:?}"),
        )
    })
}

/// The documents of an order after a change set are what its events say.
pub(crate) fn check_documents(
    folded: &Order,
    set: &ChangeSet,
    documents: &BTreeMap<DocumentKey, Kept>,
) -> Checked {
    let id = folded.head.id;
    let mut snapshot = Snapshot::empty(Timestamp::EPOCH);
    let head = DocumentKey::Order(id);
    let first = DocumentKey::Fulfillment(id, FulfillmentId::FIRST);
    let parts = documents
        .range(first..)
        .take_while(|(key, _)| matches!(key, DocumentKey::Fulfillment(of, _) if *of == id));
    for (key, kept) in documents.get_key_value(&head).into_iter().chain(parts) {
        let document = StoredDocument {
            key: key.clone(),
            version: kept.version,
            schema: kept.schema,
            json: kept.json.clone(),
            index: kept.index.clone(),
        };
        snapshot.documents.insert(key.clone(), document);
    }
    let unreadable = |why: crate::plan::DecodeError| Broken::new("I13", why.to_string());
    let stored = snapshot.order(id).map_err(unreadable)?;
    check(stored.as_ref() == Some(folded), INVARIANT, || {
        format!("order {id} is stored as {stored:?}\n    its events say {folded:?}")
    })?;
    let index = documents.get(&head).map(|kept| &kept.index);
    check(
        index == Some(&Index::Order(index_of(folded))),
        INVARIANT,
        || format!("order {id} is indexed as {index:?}, it is {folded:?}"),
    )?;
    let written = |key: &DocumentKey| match key {
        DocumentKey::Order(of) | DocumentKey::Fulfillment(of, _) => *of == id,
        DocumentKey::Settings
        | DocumentKey::Channel(_)
        | DocumentKey::Hub(_)
        | DocumentKey::Product(_)
        | DocumentKey::SkuMapping(..)
        | DocumentKey::Customer(_)
        | DocumentKey::Contact(_)
        | DocumentKey::Payload(_)
        | DocumentKey::Explanation(..)
        | DocumentKey::Host(..)
        | DocumentKey::Zones
        | DocumentKey::Slots(..)
        | DocumentKey::Transfer(_) => false,
    };
    let mut writes = set.documents.iter().filter(|write| written(&write.key));
    let all_now = writes.all(|write| write.version == folded.version);
    check(all_now, INVARIANT, || {
        format!(
            "order {id} is written at another version than {}",
            folded.version
        )
    })
}

fn index_of(order: &Order) -> OrderIndex {
    let head = &order.head;
    OrderIndex {
        number: head.number,
        status: order.status(),
        placed_at: head.placed_at,
        state_since: head.state_since,
        channel: head.source.channel.clone(),
        customer: head.customer,
        promised_by: head.due_by(),
    }
}

/// The places of a stream as read are 1, 2, 3 and so on.
pub(crate) fn check_places(
    stream: &StreamId,
    places: impl IntoIterator<Item = Version>,
) -> Checked {
    let mut due = Version::ZERO;
    for place in places {
        due = due.next();
        check(place == due, INVARIANT, || {
            format!("{stream} has place {place} where {due} is due")
        })?;
    }
    Ok(())
}
