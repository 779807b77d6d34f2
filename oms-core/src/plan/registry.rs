//! Hubs, SKUs, their names on channels, channels, customers and settings: create, change, activate,
//! deactivate.

use serde::{Deserialize, Serialize};

use crate::catalog::{Product, SalesChannel, SkuMapping};
use crate::customer::{Contact, ContactDocument, Customer};
use crate::event::StreamId;
use crate::hub::{Hub, ZoneBook};
use crate::order::Workflow;
use crate::plan::context::{Context, Planned, draft, finish};
use crate::plan::once_rows::write_once;
use crate::plan::{
    ChangeSet, DocumentKey, DocumentWrite, Expected, Index, Receipt, Rejection, Requirement,
    Stored, Switchable, encode,
};
use crate::routing::RoutePolicy;
use crate::tenant::Settings;
use crate::value::{ContactId, Version, limits};

/// What happened to a hub, SKU, SKU mapping, channel, customer or the settings: old and new.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegistryEvent<T> {
    /// As it was; `None` when it was created.
    pub old: Option<T>,
    /// As it is.
    pub new: T,
}

/// The version of the schema of [`RegistryEvent`] bodies that this release writes.
pub const REGISTRY_EVENT_SCHEMA: u16 = 1;

/// What the events of a kind of entry are called.
pub(crate) struct EntryEvents {
    created: &'static str,
    changed: &'static str,
    pub(crate) activated: &'static str,
    deactivated: &'static str,
}

impl EntryEvents {
    /// Whether an event of that name says that the entry was switched on or off.
    pub(crate) fn is_switch(&self, name: &str) -> bool {
        name == self.activated || name == self.deactivated
    }
}

macro_rules! entry_events {
    ($name:literal) => {
        EntryEvents {
            created: concat!($name, ".created"),
            changed: concat!($name, ".changed"),
            activated: concat!($name, ".activated"),
            deactivated: concat!($name, ".deactivated"),
        }
    };
}

/// What the events of hubs are called.
pub(crate) const HUB_EVENTS: EntryEvents = entry_events!("hub");
/// What the events of SKUs are called.
pub(crate) const SKU_EVENTS: EntryEvents = entry_events!("sku");
const CHANNEL_EVENTS: EntryEvents = entry_events!("channel");
const CUSTOMER_EVENTS: EntryEvents = entry_events!("customer");
const MAPPING_EVENTS: EntryEvents = entry_events!("sku_mapping");

/// A registry entry: where it is stored, how it is told, whether it may be used.
trait Entry: Stored + Clone + PartialEq {
    const EVENTS: EntryEvents;
    fn key(&self) -> DocumentKey;
    fn stream(&self) -> StreamId;
    fn active(&self) -> bool;
    fn set_active(&mut self, active: bool);
}

macro_rules! entry {
    ($type:ty, $events:expr, $document:ident, $stream:ident, $id:ident, $by:tt) => {
        impl Entry for $type {
            const EVENTS: EntryEvents = $events;
            fn key(&self) -> DocumentKey {
                DocumentKey::$document(self.$id.clone())
            }
            fn stream(&self) -> StreamId {
                StreamId::$stream(entry!(@arg $by self.$id))
            }
            fn active(&self) -> bool {
                self.active
            }
            fn set_active(&mut self, active: bool) {
                self.active = active;
            }
        }
    };
    (@arg reference $value:expr) => { &$value };
    (@arg copy $value:expr) => { $value };
}

entry!(
    SalesChannel,
    CHANNEL_EVENTS,
    Channel,
    channel,
    id,
    reference
);
entry!(Hub, HUB_EVENTS, Hub, hub, id, reference);
entry!(Product, SKU_EVENTS, Product, sku, sku, reference);
entry!(Customer, CUSTOMER_EVENTS, Customer, customer, id, copy);

impl Entry for SkuMapping {
    const EVENTS: EntryEvents = MAPPING_EVENTS;
    fn key(&self) -> DocumentKey {
        DocumentKey::SkuMapping(self.channel.clone(), self.external.clone())
    }
    fn stream(&self) -> StreamId {
        StreamId::sku_mapping(&self.channel, &self.external)
    }
    fn active(&self) -> bool {
        self.active
    }
    fn set_active(&mut self, active: bool) {
        self.active = active;
    }
}

/// Plans a new or changed entry.
fn put<T: Entry>(
    context: &Context<'_>,
    mut change_set: ChangeSet,
    new: T,
) -> Result<Planned, Rejection> {
    let (key, stream) = (new.key(), new.stream());
    let stored = context.snapshot.version(&key);
    context.check_expected(&key, stored.unwrap_or(Version::ZERO))?;
    let old: Option<T> = context.read(&key)?;
    let version = stored.unwrap_or(Version::ZERO);
    if old.as_ref() == Some(&new) {
        return Ok(Planned::Already(Receipt::new(stream, version)));
    }
    let name = match &old {
        None => T::EVENTS.created,
        Some(old) if old.active() && !new.active() => T::EVENTS.deactivated,
        Some(old) if !old.active() && new.active() => T::EVENTS.activated,
        Some(_) => T::EVENTS.changed,
    };
    let version = version.next();
    let body = RegistryEvent {
        old,
        new: new.clone(),
    };
    change_set.events.push(draft(
        &stream,
        Some(version),
        name,
        REGISTRY_EVENT_SCHEMA,
        &body,
    ));
    change_set.documents.push(DocumentWrite {
        key,
        expected: stored.map_or(Expected::Absent, Expected::Version),
        version,
        body: encode(&new),
        index: Index::Active(new.active()),
    });
    Ok(finish(change_set, Receipt::new(stream, version)))
}

fn check_settings(new: &Settings) -> Result<(), Rejection> {
    let ttl = (new.tentative_ttl_secs, limits::TENTATIVE_TTL_MAX_SECS);
    let retention = (new.key_retention_days, limits::KEY_RETENTION_DAYS_MAX);
    for (field, (found, max)) in [
        ("tentative_ttl_secs", ttl),
        ("key_retention_days", retention),
    ] {
        if !(1..=max).contains(&found) {
            let (field, min) = (field.to_owned(), 1);
            return Err(Rejection::OutOfRange {
                field,
                found,
                min,
                max,
            });
        }
    }
    let Workflow { stages, guards, .. } = &new.workflow;
    at_most("workflow.stages", stages.len(), limits::STAGES_MAX)?;
    at_most("workflow.guards", guards.len(), limits::GUARDS_MAX)?;
    new.routing.as_ref().map_or(Ok(()), RoutePolicy::check)?;
    Ok(())
}

fn at_most(field: &str, found: usize, max: usize) -> Result<(), Rejection> {
    if found <= max {
        return Ok(());
    }
    let wide = |count| i64::try_from(count).unwrap_or(i64::MAX);
    Err(Rejection::OutOfRange {
        field: field.to_owned(),
        found: wide(found),
        min: 0,
        max: wide(max),
    })
}

/// Plans the tenant's settings; the first ones create the tenant.
pub(crate) fn put_settings(context: &Context<'_>, new: &Settings) -> Result<Planned, Rejection> {
    check_settings(new)?;
    let names = ("tenant.created", "tenant.changed");
    put_single(
        context,
        DocumentKey::Settings,
        StreamId::tenant(),
        names,
        new,
    )
}

/// Plans the tenant's delivery zones.
pub(crate) fn put_zones(context: &Context<'_>, new: &ZoneBook) -> Result<Planned, Rejection> {
    context.settings()?;
    new.check()?;
    for hub in context.hubs()?.hubs() {
        // Nothing else of a hub is a matter of zones: one whose time zone this build does not know
        // keeps nobody from changing them.
        hub.area.check(hub.location, new).map_err(|mut reason| {
            reason.field = format!("hubs.{}.{}", hub.id, reason.field);
            reason
        })?;
    }
    let names = ("zones.created", "zones.changed");
    let mut planned = put_single(context, DocumentKey::Zones, StreamId::zones(), names, new)?;
    if let Planned::Write(change_set, _) = &mut planned {
        // A hub that is stored meanwhile may name a zone that goes.
        let catalogue = Requirement::Catalogue(context.snapshot.catalogue);
        change_set.requires.push(catalogue);
    }
    Ok(planned)
}

/// Plans a document that is stored as a whole; `names` of the events for the first and later ones.
pub(crate) fn put_single<T: Stored + Clone + PartialEq>(
    context: &Context<'_>,
    key: DocumentKey,
    stream: StreamId,
    names: (&str, &str),
    new: &T,
) -> Result<Planned, Rejection> {
    let stored = context.snapshot.version(&key);
    let version = stored.unwrap_or(Version::ZERO);
    context.check_expected(&key, version)?;
    let old: Option<T> = context.read(&key)?;
    if old.as_ref() == Some(new) {
        return Ok(Planned::Already(Receipt::new(stream, version)));
    }
    let name = if old.is_none() { names.0 } else { names.1 };
    let version = version.next();
    let body = RegistryEvent {
        old,
        new: new.clone(),
    };
    let mut change_set = context.change_set();
    change_set.events.push(draft(
        &stream,
        Some(version),
        name,
        REGISTRY_EVENT_SCHEMA,
        &body,
    ));
    change_set.documents.push(DocumentWrite {
        key,
        expected: stored.map_or(Expected::Absent, Expected::Version),
        version,
        body: encode(new),
        index: Index::None,
    });
    Ok(finish(change_set, Receipt::new(stream, version)))
}

/// Plans a new or changed channel.
pub(crate) fn put_channel(context: &Context<'_>, new: &SalesChannel) -> Result<Planned, Rejection> {
    context.settings()?;
    put(context, context.change_set(), new.clone())
}

/// Plans a new or changed hub.
pub(crate) fn put_hub(context: &Context<'_>, new: &Hub) -> Result<Planned, Rejection> {
    context.settings()?;
    let zones: Option<ZoneBook> = context.read(&DocumentKey::Zones)?;
    new.check(&zones.unwrap_or_default())?;
    let mut change_set = context.change_set();
    let zoned = !new.area.zones.is_empty();
    let zones = context.snapshot.version(&DocumentKey::Zones);
    if let Some(version) = zones.filter(|_| zoned) {
        let unchanged = Requirement::Unchanged(DocumentKey::Zones, version);
        change_set.requires.push(unchanged);
    }
    put(context, change_set, new.clone())
}

/// Plans a new or changed SKU.
pub(crate) fn put_product(context: &Context<'_>, new: &Product) -> Result<Planned, Rejection> {
    context.settings()?;
    put(context, context.change_set(), new.clone())
}

/// Plans a new or changed customer. A given contact becomes a new erasable row; an empty one takes
/// the present one away.
pub(crate) fn put_customer(
    context: &Context<'_>,
    customer: &Customer,
    contact: Option<&Contact>,
) -> Result<Planned, Rejection> {
    context.settings()?;
    let old: Option<Customer> = context.read(&DocumentKey::Customer(customer.id))?;
    let mut new = customer.clone();
    let given = contact.filter(|contact| !contact.is_empty());
    new.contact = match contact {
        // An empty one takes it away: its row stays the customer's, until that is erased.
        Some(_) => None,
        None => old.as_ref().and_then(|old| old.contact),
    };
    new.erased = old.as_ref().is_some_and(|old| old.erased) && given.is_none();
    let mut change_set = context.change_set();
    if let Some(contact) = given {
        let row = ContactId::from_uuid((context.ids)());
        let customer = Some(customer.id);
        let contact = contact.clone();
        let body = ContactDocument::Present {
            contact,
            place: None,
            customer,
            order: None,
        };
        let index = Index::Personal {
            customer,
            order: None,
        };
        write_once(
            &mut change_set,
            DocumentKey::Contact(row),
            encode(&body),
            index,
        );
        new.contact = Some(row);
    }
    put(context, change_set, new)
}

/// Plans what a channel calls a SKU.
pub(crate) fn put_sku_mapping(
    context: &Context<'_>,
    new: &SkuMapping,
) -> Result<Planned, Rejection> {
    context.settings()?;
    let channel = DocumentKey::Channel(new.channel.clone());
    let product = DocumentKey::Product(new.sku.clone());
    let _: SalesChannel = context.require(&channel)?;
    let _: Product = context.require(&product)?;
    let mut change_set = context.change_set();
    for document in [channel, product] {
        if let Some(version) = context.snapshot.version(&document) {
            let unchanged = Requirement::Unchanged(document, version);
            change_set.requires.push(unchanged);
        }
    }
    put(context, change_set, new.clone())
}

/// Plans switching an entry on or off.
pub(crate) fn set_active(
    context: &Context<'_>,
    what: &Switchable,
    active: bool,
) -> Result<Planned, Rejection> {
    context.settings()?;
    let document = DocumentKey::from(what.clone());
    match what {
        Switchable::Channel(_) => switch::<SalesChannel>(context, &document, active),
        Switchable::Hub(_) => switch::<Hub>(context, &document, active),
        Switchable::Product(_) => switch::<Product>(context, &document, active),
        Switchable::SkuMapping(..) => switch::<SkuMapping>(context, &document, active),
        Switchable::Customer(_) => switch::<Customer>(context, &document, active),
    }
}

fn switch<T: Entry>(
    context: &Context<'_>,
    document: &DocumentKey,
    active: bool,
) -> Result<Planned, Rejection> {
    let mut entry: T = context.require(document)?;
    entry.set_active(active);
    put(context, context.change_set(), entry)
}
