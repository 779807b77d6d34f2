//! What is shown for programmers, and so may reach a log, holds nobody's name or address.

use futures_executor::block_on;
use oms_core::customer::{Contact, ContactDocument};
use oms_core::order::RawPayload;
use oms_core::plan::{Command, DocumentKey, Keys, PayloadDocument, PlaceOrder};
use oms_core::port::Store;
use oms_core::testing::build;
use oms_core::value::{ChannelPlace, CountryCode, EmailAddress, Name, Phone, PostalCode};

use crate::world::{World, call};

const SECRET: &str = "Zyx";

/// A contact whose every part has the secret in it, but for the country.
fn contact() -> Contact {
    let mut contact = Contact::default();
    let name = || Some(Name::parse(SECRET).unwrap());
    let address = &mut contact.address;
    (address.name, address.company) = (name(), name());
    (address.line1, address.line2) = (name(), name());
    (address.city, address.region) = (name(), name());
    address.postal_code = Some(PostalCode::parse(SECRET).unwrap());
    address.country = Some(CountryCode::parse("DE").unwrap());
    contact.email = Some(EmailAddress::parse("Zyx@example.org").unwrap());
    contact.phone = Some(Phone::parse(SECRET).unwrap());
    contact
}

fn place() -> ChannelPlace {
    let name = || Some(Name::parse(SECRET).unwrap());
    ChannelPlace {
        city: name(),
        region: name(),
        country: name(),
    }
}

fn hides(shown: &str, told: &str) {
    assert!(!shown.contains(SECRET), "{shown}");
    assert!(shown.contains(told), "{shown}");
}

#[test]
fn contacts_and_payloads_show_what_is_known_and_not_what_it_is() {
    let contact = contact();
    hides(&format!("{contact:?}"), "email: known, phone: known }");
    assert_eq!(format!("{:?}", Contact::default()), "Contact");
    hides(&format!("{:?}", contact.address), "postal_code: known");
    hides(&format!("{:?}", place()), "city: known");
    let row = ContactDocument::Present {
        contact,
        place: Some(place()),
        customer: None,
        order: None,
    };
    hides(&format!("{row:?}"), "phone: known");
    let (media_type, text) = ("text/plain", SECRET.to_owned());
    hides(&format!("{:?}", RawPayload { media_type, text }), "3 bytes");
    let row = PayloadDocument::Present {
        media_type: media_type.to_owned(),
        text: SECRET.to_owned(),
    };
    hides(&format!("{row:?}"), "3 bytes");
}

#[test]
fn commands_change_sets_and_snapshots_show_no_personal_data() {
    let world = World::new();
    world.receive(1);
    let mut draft = World::draft(1);
    draft.contacts.ship_to = Some(contact());
    draft.contacts.place = Some(place());
    draft.payload = Some(RawPayload {
        media_type: "text/plain",
        text: SECRET.to_owned(),
    });
    let command = Command::Place(Box::new(PlaceOrder::new(draft)));
    hides(&format!("{command:?}"), "3 bytes");
    let plan = block_on(world.tenant.dry_run(command.clone(), call())).unwrap();
    let set = plan.change_set.as_ref().unwrap();
    assert!(set.documents.iter().any(|write| match &write.body {
        oms_core::plan::Body::Write { json, .. } => json.contains(SECRET),
        oms_core::plan::Body::Keep => false,
    }));
    hides(&format!("{plan:?}"), "bytes");
    let done = block_on(world.tenant.execute(command, call())).unwrap();
    let order = block_on(world.tenant.order(done.receipt.order.unwrap().id)).unwrap();
    let mut keys = Keys::default();
    let row = DocumentKey::Contact(order.head.ship_to.unwrap());
    keys.documents.insert(row.clone());
    let found = block_on(world.store.prefetch(&build::tenant("acme"), &keys)).unwrap();
    assert!(found.documents.get(&row).unwrap().json.contains(SECRET));
    hides(&format!("{found:?}"), "bytes");
}
