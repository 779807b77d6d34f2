//! Erasing personal data, of a customer or of an order: tombstones where names and addresses were.

use std::collections::BTreeSet;

use crate::customer::{ContactDocument, Customer};
use crate::event::StreamId;
use crate::plan::codec::to_json;
use crate::plan::context::{Context, Planned, draft, finish};
use crate::plan::destination::keys_of;
use crate::plan::order::load;
use crate::plan::registry::{REGISTRY_EVENT_SCHEMA, RegistryEvent};
use crate::plan::{
    Body, ChangeSet, DocumentKey, DocumentWrite, Expected, Index, Keys, PayloadDocument, Receipt,
    Rejection, Requirement, encode,
};
use crate::value::{CustomerId, OrderId, limits};

/// What the plan has to know: of no more rows than may be named, as more are refused.
pub(crate) fn keys(customer: CustomerId, rows: &[DocumentKey]) -> Keys {
    let mut keys = Keys::of(DocumentKey::Customer(customer));
    keys.documents.extend(at_once(rows));
    keys
}

/// What the plan for an order has to know.
pub(crate) fn order_keys(order: OrderId, rows: &[DocumentKey]) -> Keys {
    let mut keys = Keys::default();
    keys.orders.insert(order);
    keys.documents.extend(at_once(rows));
    keys
}

fn at_once(rows: &[DocumentKey]) -> impl Iterator<Item = DocumentKey> {
    rows.iter().take(limits::PAGE_ITEMS_MAX).cloned()
}

/// Whose rows are erased.
#[derive(Clone, Copy)]
enum Whose {
    /// A customer's, and rows that name no customer, once their orders are known to be the
    /// customer's.
    Customer(CustomerId),
    /// What was given for an order: while it is not finished, only what names no customer.
    Order { id: OrderId, finished: bool },
}

impl Whose {
    /// Whether a row of that customer, given for that order, is somebody else's.
    fn spares(self, customer: Option<CustomerId>, order: Option<OrderId>) -> bool {
        match self {
            Self::Customer(id) => customer.is_some_and(|whose| whose != id),
            Self::Order { id, finished } => !goes_with(id, finished, customer, order),
        }
    }
}

/// Whether a row of that customer, `given_for` that order, is erased with this one. Nobody needs
/// the address of an order that is finished, whoever bought; what a customer has beside orders is
/// erased with the customer.
pub(crate) fn goes_with(
    order: OrderId,
    finished: bool,
    customer: Option<CustomerId>,
    given_for: Option<OrderId>,
) -> bool {
    match given_for {
        Some(given_for) => given_for == order && (finished || customer.is_none()),
        None => customer.is_none(),
    }
}

/// Plans tombstones for the rows named, and marks the customer erased and inactive. Rows of another
/// customer are refused, and so are rows that name none and were given for an order that is not the
/// customer's.
///
/// Orders and events stay as they are: they hold ids only, so replay still gives the same state.
pub(crate) fn plan(
    context: &Context<'_>,
    id: CustomerId,
    rows: &[DocumentKey],
) -> Result<Planned, Rejection> {
    context.settings()?;
    check_count(rows)?;
    let key = DocumentKey::Customer(id);
    let old: Customer = context.require(&key)?;
    let mut change_set = context.change_set();
    if let Some(more) = require_orders(context, id, rows, &mut change_set)? {
        return Ok(Planned::More(more));
    }
    for row in rows {
        let written = tombstone(context, Whose::Customer(id), row)?;
        change_set.documents.extend(written);
    }
    let stream = StreamId::customer(id);
    // The customer came from the snapshot, so it has a version there.
    let stored = context.snapshot.version(&key).unwrap_or_default();
    if old.erased && !old.active && change_set.documents.is_empty() {
        return Ok(Planned::Already(Receipt::new(stream, stored)));
    }
    let new = Customer {
        active: false,
        erased: true,
        ..old.clone()
    };
    let version = stored.next();
    let index = Index::Active(new.active);
    let body = encode(&new);
    let event = RegistryEvent {
        old: Some(old),
        new,
    };
    let name = "customer.erased";
    let event = draft(&stream, Some(version), name, REGISTRY_EVENT_SCHEMA, &event);
    change_set.events.push(event);
    let expected = Expected::Version(stored);
    change_set.documents.push(DocumentWrite {
        key,
        expected,
        version,
        body,
        index,
    });
    Ok(finish(change_set, Receipt::new(stream, version)))
}

/// Plans tombstones for the rows named, of an order that is finished or names no customer. Rows
/// that were given for another order are refused, and those of a customer, unless they were given
/// for this one and it is finished.
///
/// The order stays as it is, and nothing is told in its stream: its version is that of its events.
pub(crate) fn plan_order(
    context: &Context<'_>,
    id: OrderId,
    rows: &[DocumentKey],
) -> Result<Planned, Rejection> {
    context.settings()?;
    check_count(rows)?;
    let order = load(context, id)?.order;
    let finished = order.status().is_terminal();
    if let Some(customer) = order.head.customer.filter(|_| !finished) {
        return Err(Rejection::NamesCustomer {
            order: id,
            customer,
        });
    }
    let mut change_set = context.change_set();
    for row in rows {
        let written = tombstone(context, Whose::Order { id, finished }, row)?;
        change_set.documents.extend(written);
    }
    let receipt = Receipt::of_order(&order);
    if change_set.documents.is_empty() {
        return Ok(Planned::Already(receipt));
    }
    // Whoever is given the order meanwhile has what was given for it. A finished one stays so.
    let unchanged = Requirement::Unchanged(DocumentKey::Order(id), order.version);
    change_set.requires.push(unchanged);
    Ok(finish(change_set, receipt))
}

/// Rows that name no customer are of whoever has the order that they were given for: that has to be
/// this customer, also when they are erased. Answers what has to be known first.
fn require_orders(
    context: &Context<'_>,
    id: CustomerId,
    rows: &[DocumentKey],
    change_set: &mut ChangeSet,
) -> Result<Option<Keys>, Rejection> {
    let behind = |row: &DocumentKey| order_behind(context, row);
    let orders: BTreeSet<DocumentKey> = rows.iter().filter_map(behind).collect();
    if let Some(more) = keys_of(context, &orders) {
        return Ok(Some(more));
    }
    for row in rows {
        let Some(order) = order_behind(context, row) else {
            continue;
        };
        // Nobody has an order that is not there.
        let Some(stored) = context.snapshot.documents.get(&order) else {
            continue;
        };
        let theirs = matches!(&stored.index, Index::Order(index) if index.customer == Some(id));
        if !theirs {
            let document = row.clone();
            return Err(Rejection::NotErasable { document });
        }
        let unchanged = Requirement::Unchanged(order, stored.version);
        if !change_set.requires.contains(&unchanged) {
            change_set.requires.push(unchanged);
        }
    }
    Ok(None)
}

/// The order that a row was given for, where the row names no customer.
fn order_behind(context: &Context<'_>, row: &DocumentKey) -> Option<DocumentKey> {
    let stored = context.snapshot.documents.get(row)?;
    match stored.index {
        Index::Personal {
            customer: None,
            order,
        } => order.map(DocumentKey::Order),
        Index::Personal { .. } | Index::None | Index::Active(_) | Index::Order(_) => None,
    }
}

fn check_count(rows: &[DocumentKey]) -> Result<(), Rejection> {
    let (found, max) = (rows.len(), limits::PAGE_ITEMS_MAX);
    if found > max {
        let field = "rows".to_owned();
        return Err(Rejection::WrongCount { field, found, max });
    }
    Ok(())
}

/// What replaces a row; `None` when it is gone already.
fn tombstone(
    context: &Context<'_>,
    whose: Whose,
    row: &DocumentKey,
) -> Result<Option<DocumentWrite>, Rejection> {
    let Some(stored) = context.snapshot.documents.get(row) else {
        return Ok(None);
    };
    let refused = || Rejection::NotErasable {
        document: row.clone(),
    };
    if let Index::Personal { customer, order } = stored.index
        && whose.spares(customer, order)
    {
        return Err(refused());
    }
    let at = context.now();
    let body = match row {
        DocumentKey::Contact(_) => match context.require(row)? {
            ContactDocument::Erased { .. } => return Ok(None),
            ContactDocument::Present {
                customer, order, ..
            } if whose.spares(customer, order) => return Err(refused()),
            ContactDocument::Present { .. } => encode(&ContactDocument::Erased { at }),
        },
        DocumentKey::Payload(_) => match context.require(row)? {
            PayloadDocument::Erased { .. } => return Ok(None),
            PayloadDocument::Present { .. } => encode(&PayloadDocument::Erased { at }),
        },
        DocumentKey::Host(..) => match &stored.index {
            // What it holds is the host's own affair, and its schema too: only the words are ours.
            Index::Personal { .. } => Body::Write {
                schema: stored.schema,
                json: to_json(&PayloadDocument::Erased { at }).into(),
            },
            Index::None if is_tombstone(&stored.json) => return Ok(None),
            Index::None | Index::Active(_) | Index::Order(_) => return Err(refused()),
        },
        DocumentKey::Settings
        | DocumentKey::Channel(_)
        | DocumentKey::Hub(_)
        | DocumentKey::Product(_)
        | DocumentKey::SkuMapping(..)
        | DocumentKey::Customer(_)
        | DocumentKey::Order(_)
        | DocumentKey::Fulfillment(..)
        | DocumentKey::Explanation(..)
        | DocumentKey::Zones
        | DocumentKey::Slots(..)
        | DocumentKey::Transfer(_) => return Err(refused()),
    };
    Ok(Some(DocumentWrite {
        key: row.clone(),
        expected: Expected::Version(stored.version),
        version: stored.version.next(),
        body,
        index: Index::None,
    }))
}

/// Whether a document of the host's own was erased before.
fn is_tombstone(json: &str) -> bool {
    matches!(
        serde_json::from_str::<PayloadDocument>(json),
        Ok(PayloadDocument::Erased { .. })
    )
}
