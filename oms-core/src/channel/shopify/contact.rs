//! Who receives and who pays a Shopify order.

use crate::channel::error::ChannelError;
use crate::channel::fields::Fields;
use crate::channel::json::Object;
use crate::customer::Contact;
use crate::order::Contacts;
use crate::value::{Address, ChannelPlace, CountryCode, EmailAddress, Name, Phone, PostalCode};

/// Names and addresses. Orders of a point of sale may have none but the customer's name.
pub(super) fn contacts(fields: &mut Fields, order: &Object<'_>) -> Result<Contacts, ChannelError> {
    let email = match fields.lenient(order, "email", EmailAddress::parse) {
        Some(email) => Some(email),
        None => fields.lenient(order, "contact_email", EmailAddress::parse),
    };
    let phone = fields.lenient(order, "phone", Phone::parse);
    let shipping = order.object("shipping_address")?;
    let ship_to = shipping
        .as_ref()
        .map(|from| contact(fields, from, &email, &phone));
    let billing = order.object("billing_address")?;
    let bill_to = match &billing {
        Some(from) => Some(contact(fields, from, &email, &phone)),
        None if shipping.is_none() => {
            let customer = order.object("customer")?;
            customer.map(|from| customer_contact(fields, &from, email, phone))
        }
        None => None,
    };
    let whence = shipping
        .as_ref()
        .zip(ship_to.as_ref())
        .or_else(|| billing.as_ref().zip(bill_to.as_ref()));
    let place = whence.map(|(from, contact)| place(fields, from, &contact.address));
    let ship_to = ship_to.filter(|contact| !contact.is_empty());
    let bill_to =
        bill_to.filter(|contact| !contact.is_empty() && Some(contact) != ship_to.as_ref());
    Ok(Contacts {
        ship_to,
        bill_to,
        place: place.filter(|place| !place.is_empty()),
    })
}

fn contact(
    fields: &mut Fields,
    from: &Object<'_>,
    email: &Option<EmailAddress>,
    phone: &Option<Phone>,
) -> Contact {
    let own_phone = fields.lenient(from, "phone", Phone::parse);
    Contact {
        address: address(fields, from),
        email: email.clone(),
        phone: own_phone.or_else(|| phone.clone()),
    }
}

fn customer_contact(
    fields: &mut Fields,
    customer: &Object<'_>,
    email: Option<EmailAddress>,
    phone: Option<Phone>,
) -> Contact {
    let address = Address {
        name: name(fields, customer),
        ..Address::default()
    };
    let email = email.or_else(|| fields.lenient(customer, "email", EmailAddress::parse));
    let phone = phone.or_else(|| fields.lenient(customer, "phone", Phone::parse));
    Contact {
        address,
        email,
        phone,
    }
}

fn name(fields: &mut Fields, from: &Object<'_>) -> Option<Name> {
    match fields.text(from, "name") {
        Some(name) => Some(name),
        None => fields.full_name(from, "first_name", "last_name"),
    }
}

fn address(fields: &mut Fields, from: &Object<'_>) -> Address {
    Address {
        name: name(fields, from),
        company: fields.text(from, "company"),
        line1: fields.text(from, "address1"),
        line2: fields.text(from, "address2"),
        city: fields.text(from, "city"),
        region: match fields.text(from, "province_code") {
            Some(code) => Some(code),
            None => fields.text(from, "province"),
        },
        postal_code: fields.lenient(from, "zip", PostalCode::parse),
        country: fields.lenient(from, "country_code", CountryCode::parse),
        location: None,
    }
}

/// The channel's own words.
fn place(fields: &mut Fields, from: &Object<'_>, address: &Address) -> ChannelPlace {
    ChannelPlace {
        city: address.city.clone(),
        region: match fields.text(from, "province") {
            Some(words) => Some(words),
            None => address.region.clone(),
        },
        country: match fields.text(from, "country") {
            Some(words) => Some(words),
            None => fields.text(from, "country_code"),
        },
    }
}
