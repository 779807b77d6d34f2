//! Who receives and who pays a WooCommerce order.

use crate::channel::error::ChannelError;
use crate::channel::fields::Fields;
use crate::channel::json::Object;
use crate::customer::Contact;
use crate::order::Contacts;
use crate::value::{Address, ChannelPlace, CountryCode, EmailAddress, Name, Phone, PostalCode};

/// Names and addresses. They are always there, and an empty one to ship to means the billing one.
pub(super) fn contacts(fields: &mut Fields, order: &Object<'_>) -> Result<Contacts, ChannelError> {
    let billing = order.object("billing")?;
    let shipping = order.object("shipping")?.filter(is_filled);
    let payer = billing.as_ref().map(|from| read(fields, from));
    let receiver = shipping.as_ref().map(|from| read(fields, from));
    let Some((mut ship_to, place)) = receiver.or_else(|| payer.clone()) else {
        return Ok(Contacts::default());
    };
    let bill_to = payer.map(|(contact, _)| contact);
    if let Some(payer) = &bill_to {
        // Only the billing address has an e-mail, and in most shops only it has a phone.
        ship_to.email = ship_to.email.or_else(|| payer.email.clone());
        ship_to.phone = ship_to.phone.or_else(|| payer.phone.clone());
    }
    let bill_to = bill_to.filter(|contact| !contact.is_empty() && *contact != ship_to);
    Ok(Contacts {
        ship_to: (!ship_to.is_empty()).then_some(ship_to),
        bill_to,
        place: (!place.is_empty()).then_some(place),
    })
}

/// A country alone is the shop's default, no address.
fn is_filled(address: &Object<'_>) -> bool {
    [
        "first_name",
        "last_name",
        "company",
        "address_1",
        "address_2",
        "city",
        "postcode",
    ]
    .iter()
    .any(|key| address.value(key).is_some())
}

fn read(fields: &mut Fields, from: &Object<'_>) -> (Contact, ChannelPlace) {
    let region: Option<Name> = fields.text(from, "state");
    let city: Option<Name> = fields.text(from, "city");
    let address = Address {
        name: fields.full_name(from, "first_name", "last_name"),
        company: fields.text(from, "company"),
        line1: fields.text(from, "address_1"),
        line2: fields.text(from, "address_2"),
        city: city.clone(),
        region: region.clone(),
        postal_code: fields.lenient(from, "postcode", PostalCode::parse),
        country: fields.lenient(from, "country", CountryCode::parse),
        location: None,
    };
    let place = ChannelPlace {
        city,
        region,
        country: fields.text(from, "country"),
    };
    let (email, phone) = (
        fields.lenient(from, "email", EmailAddress::parse),
        fields.lenient(from, "phone", Phone::parse),
    );
    (
        Contact {
            address,
            email,
            phone,
        },
        place,
    )
}
