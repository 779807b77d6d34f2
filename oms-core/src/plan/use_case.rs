//! From a command to the keys it needs and the plan that answers it.

use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::plan::codec::to_json;
use crate::plan::context::{Context, Planned};
use crate::plan::{
    Command, DocumentKey, Fingerprint, Keys, Rejection, assign, contacts, erase, expire, heard,
    intake, order, place, registry, reserve, slot, stock, transfer,
};

/// The version of the rule that [`fingerprint`] follows.
const FINGERPRINT_RULE: u8 = 1;

/// Stands in its place where a command is hashed by its JSON.
const JSON_RULE: u8 = u8::MAX;

/// The canonical hash of a command: SHA-256 of its values, with the version of the rule in front.
///
/// What the service adds (ids, times, numbers) is no part of a [`Command`], so a command that is
/// planned again has the same fingerprint.
#[must_use]
pub fn fingerprint(command: &Command) -> Fingerprint {
    hashed(command)
}

fn hashed<T: Serialize>(command: &T) -> Fingerprint {
    // No type of a command refuses to be serialised. One that did in the short form would be told
    // by its JSON: what was written until then is the beginning of other commands, too, and what a
    // `Debug` says may hide in what they differ.
    let (rule, values) = match super::canonical::to_bytes(command) {
        Ok(values) => (FINGERPRINT_RULE, values),
        Err(_) => (JSON_RULE, to_json(command).into_bytes()),
    };
    let hash = Sha256::digest(values);
    let mut bytes = [0; 33];
    bytes[0] = rule;
    bytes[1..].copy_from_slice(&hash);
    Fingerprint(bytes)
}

/// What the plan of a command has to know.
#[must_use]
pub fn keys(command: &Command) -> Keys {
    match command {
        Command::PutSettings(_) | Command::Enqueue(_) => Keys::default(),
        Command::PutChannel(channel) => Keys::of(DocumentKey::Channel(channel.id.clone())),
        Command::PutHub(hub) => {
            let mut keys = Keys::of(DocumentKey::Hub(hub.id.clone()));
            keys.documents.insert(DocumentKey::Zones);
            keys
        }
        Command::PutZones(_) => {
            let mut keys = Keys::default();
            keys.ask_hubs();
            keys
        }
        Command::PutSlots(day) => {
            let mut keys = Keys::of(DocumentKey::Slots(day.hub.clone(), day.date));
            keys.documents.insert(DocumentKey::Hub(day.hub.clone()));
            keys.documents.insert(DocumentKey::Zones);
            keys
        }
        Command::PutProduct(product) => Keys::of(DocumentKey::Product(product.sku.clone())),
        Command::PutSkuMapping(mapping) => {
            let external = mapping.external.clone();
            let mut keys = Keys::of(DocumentKey::SkuMapping(mapping.channel.clone(), external));
            keys.documents
                .insert(DocumentKey::Channel(mapping.channel.clone()));
            keys.documents
                .insert(DocumentKey::Product(mapping.sku.clone()));
            keys
        }
        Command::PutCustomer { customer, .. } => Keys::of(DocumentKey::Customer(customer.id)),
        Command::SetActive { document, .. } => Keys::of(document.clone().into()),
        Command::EraseCustomer { customer, rows } => erase::keys(*customer, rows),
        Command::EraseOrder { order, rows } => erase::order_keys(*order, rows),
        Command::Stock { key, .. } => stock::keys(key),
        Command::Transfer { transfer, command } => transfer::keys(transfer, command),
        Command::Place(place) => place::keys(place),
        Command::Order { order, command } => order::keys(*order, command),
        Command::Assign { order, hub } | Command::Reassign { order, hub, .. } => {
            let mut keys = Keys::default();
            keys.ask_hubs();
            keys.orders.insert(*order);
            keys.documents.extend(hub.clone().map(DocumentKey::Hub));
            keys
        }
        Command::BookSlot { order, slot } => slot::keys(*order, slot.as_ref()),
        Command::ChangeContacts { order, .. } | Command::FollowContacts { order, .. } => {
            let mut keys = Keys::default();
            keys.ask_hubs();
            keys.orders.insert(*order);
            keys
        }
        Command::Reserve(claim) | Command::SetReservation(claim) => reserve::reserve_keys(claim),
        Command::ConfirmReservation { owner }
        | Command::ReleaseReservation { owner }
        | Command::ConsumeReservation { owner, .. }
        | Command::ExpireReservation { owner } => reserve::owner_keys(owner),
    }
}

/// Plans a command.
///
/// # Errors
/// [`Rejection`]: nothing may be written.
pub fn plan(context: &Context<'_>, command: &Command) -> Result<Planned, Rejection> {
    match command {
        Command::PutSettings(settings) => registry::put_settings(context, settings),
        Command::PutChannel(channel) => registry::put_channel(context, channel),
        Command::PutHub(hub) => registry::put_hub(context, hub),
        Command::PutZones(zones) => registry::put_zones(context, zones),
        Command::PutSlots(day) => slot::put(context, day),
        Command::PutProduct(product) => registry::put_product(context, product),
        Command::PutSkuMapping(mapping) => registry::put_sku_mapping(context, mapping),
        Command::PutCustomer { customer, contact } => {
            registry::put_customer(context, customer, contact.as_ref())
        }
        Command::SetActive { document, active } => registry::set_active(context, document, *active),
        Command::EraseCustomer { customer, rows } => erase::plan(context, *customer, rows),
        Command::EraseOrder { order, rows } => erase::plan_order(context, *order, rows),
        Command::Stock {
            key,
            command,
            reason,
        } => stock::plan(context, key, *command, reason),
        Command::Transfer { transfer, command } => transfer::plan(context, transfer, command),
        Command::Place(place) => place::plan(context, place),
        Command::Enqueue(intake) => intake::plan(context, intake),
        Command::Order { order, command } => order::plan(context, *order, command),
        Command::Assign { order, hub } => assign::assign(context, *order, hub.as_ref()),
        Command::Reassign {
            order,
            fulfillment,
            hub,
        } => assign::reassign(context, *order, *fulfillment, hub.as_ref()),
        Command::BookSlot { order, slot } => slot::book(context, *order, slot.as_ref()),
        Command::ChangeContacts {
            order,
            ship_to,
            bill_to,
        } => contacts::change_contacts(context, *order, ship_to.as_ref(), bill_to.as_ref()),
        Command::FollowContacts { order, said } => heard::follow(context, *order, said),
        Command::Reserve(claim) => reserve::reserve(context, claim),
        Command::SetReservation(claim) => reserve::set(context, claim),
        Command::ConfirmReservation { owner } => reserve::confirm(context, owner),
        Command::ReleaseReservation { owner } => reserve::release(context, owner),
        Command::ConsumeReservation { owner, reason } => reserve::consume(context, owner, reason),
        Command::ExpireReservation { owner } => expire::plan(context, owner),
    }
}

#[cfg(test)]
mod tests {
    use serde::ser::Error;
    use serde::{Serialize, Serializer};

    use super::{FINGERPRINT_RULE, JSON_RULE, fingerprint, hashed, keys};
    use crate::order::{
        Assignment, DraftLine, EditLine, ExternalReference, LineSku, OrderCommand, OrderDraft,
        Source, SourceKind,
    };
    use crate::plan::{Command, DocumentKey, Intake, PlaceOrder, ReserveLine, ReserveStock};
    use crate::stock::TransferCommand;
    use crate::testing::build;
    use crate::value::{Currency, Sku, TransferId, Units, limits};

    /// Its words hide what it says, and it has no short form.
    struct ForPeople(&'static str);

    impl Serialize for ForPeople {
        fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
            if to.is_human_readable() {
                to.serialize_str(self.0)
            } else {
                Err(S::Error::custom("not short"))
            }
        }
    }

    #[test]
    fn what_differs_has_another_fingerprint_whatever_its_words_hide() {
        let (one, two) = (hashed(&ForPeople("ab")), hashed(&ForPeople("ba")));
        assert_eq!((one.0[0], two.0[0]), (JSON_RULE, JSON_RULE));
        assert_ne!(one, two);
        assert_eq!(one, hashed(&ForPeople("ab")));

        let sent = |text: &str| {
            let intake = Intake::payload(build::channel("web"), text.as_bytes()).unwrap();
            Command::Enqueue(Box::new(intake))
        };
        let (one, two) = (sent("[1]"), sent("[2]"));
        assert_eq!(format!("{one:?}"), format!("{two:?}"));
        assert_ne!(fingerprint(&one), fingerprint(&two));
        assert_eq!(fingerprint(&one).0[0], FINGERPRINT_RULE);
    }

    /// Twice as many SKUs as an order may have lines.
    fn skus() -> impl Iterator<Item = Sku> {
        (0..2 * limits::LINES_PER_ORDER_MAX).map(|n| build::sku(&format!("TEA-{n}")))
    }

    /// What is refused for its length is not looked up item by item before.
    #[test]
    fn of_an_order_no_more_is_asked_than_it_may_name() {
        let max = limits::LINES_PER_ORDER_MAX;
        let source = Source::new(SourceKind::Manual, build::channel("desk"));
        let mut draft = OrderDraft::new(source, Currency::parse("EUR").unwrap());
        let line = draft.push_line("TEA", 1, "4.50").unwrap().clone();
        let lines = skus().map(|sku| DraftLine {
            sku: Some(build::external(sku.as_str())),
            ..line.clone()
        });
        draft.lines = lines.collect();
        let named = (0..100).map(|n| ExternalReference {
            kind: build::external("order"),
            id: build::external(&format!("{n}")),
        });
        draft.external = named.collect();
        let asked = keys(&Command::Place(Box::new(PlaceOrder::new(draft))));
        // The zones, the channel, and of each line what the channel calls it, and the SKU.
        assert_eq!(asked.documents.len(), 2 + 2 * max);
        assert_eq!(asked.sku_stock.len(), max);
        assert_eq!(asked.unique.len(), limits::EXTERNAL_REFERENCES_MAX);
    }

    #[test]
    fn of_no_other_list_more_is_asked_than_it_may_have() {
        let max = limits::LINES_PER_ORDER_MAX;
        let lines = skus().map(|sku| ReserveLine {
            line: build::line(1),
            sku,
            quantity: build::quantity(1),
        });
        let claim = ReserveStock::new(build::owner_cart(1), lines.collect());
        let asked = keys(&Command::Reserve(claim));
        assert_eq!(asked.documents.len(), 1 + max);
        assert_eq!(asked.sku_stock.len(), max);

        let command = TransferCommand::Request {
            from: build::hub("north"),
            to: build::hub("south"),
            lines: skus().map(|sku| (sku, Units::ZERO)).collect(),
        };
        let transfer = TransferId::parse("t-1").unwrap();
        let asked = keys(&Command::Transfer { transfer, command });
        assert_eq!(asked.documents.len(), 3 + max);

        let max = limits::PAGE_ITEMS_MAX;
        let rows: Vec<DocumentKey> = (0..2_000)
            .map(|n| DocumentKey::Contact(build::contact_id(n)))
            .collect();
        assert!(rows.len() > max);
        let customer = build::customer_id(1);
        let asked = keys(&Command::EraseCustomer {
            customer,
            rows: rows.clone(),
        });
        assert_eq!(asked.documents.len(), 1 + max);
        let order = build::order_id(1);
        let asked = keys(&Command::EraseOrder { order, rows });
        assert_eq!(asked.documents.len(), max);
    }

    #[test]
    fn of_a_command_on_an_order_no_more_is_asked_than_it_may_name() {
        let order = build::order_id(1);
        let asked = |command| keys(&Command::Order { order, command });
        let max = limits::LINES_PER_ORDER_MAX;
        let changes = skus().map(|sku| EditLine::Change {
            line: build::line(1),
            sku: Some(LineSku::Known(sku)),
            quantity: None,
            unit_price: None,
            discount: None,
            tax: None,
            tax_rate: None,
            title: None,
            channel_item: None,
        });
        let edit = asked(OrderCommand::EditLines {
            changes: changes.collect(),
        });
        assert_eq!(edit.documents.len(), 1 + max);
        assert_eq!(edit.sku_stock.len(), max);

        // Several lines go to each hub.
        let max = limits::FULFILLMENTS_PER_ORDER_MAX;
        let allocate = |hubs: usize| OrderCommand::Allocate {
            assignments: (0..3 * hubs)
                .map(|n| Assignment {
                    hub: build::hub(&format!("hub-{}", n % hubs)),
                    line: build::line(1),
                    quantity: build::quantity(1),
                })
                .collect(),
            expires_at: None,
        };
        for hubs in [max, 2 * max] {
            assert_eq!(asked(allocate(hubs)).documents.len(), max);
        }
    }
}
