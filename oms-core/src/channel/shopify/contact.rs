//! Who receives and who pays a Shopify order.

use crate::channel::error::ChannelError;
use crate::channel::fields::Fields;
use crate::channel::json::Object;
use crate::channel::people::{AddressKeys, contact};
use crate::customer::Contact;
use crate::order::Contacts;
use crate::value::{Address, EmailAddress, Name, Phone};

const KEYS: PeopleKeys = PeopleKeys {
    receiver: "shipping_address",
    payer: "billing_address",
    address: AddressKeys {
        company: "company",
        lines: ["address1", "address2", ""],
        city: "city",
        region: &["province_code", "province"],
        postal_code: "zip",
        country: &["country_code"],
        country_name: "country",
        location: Some(["latitude", "longitude"]),
    },
    name,
};

/// Where one generation of the API says who receives and who pays.
#[derive(Debug)]
pub(super) struct PeopleKeys {
    pub(super) receiver: &'static str,
    pub(super) payer: &'static str,
    pub(super) address: AddressKeys,
    pub(super) name: fn(&mut Fields, &Object<'_>) -> Option<Name>,
}

impl PeopleKeys {
    /// Who is named with an address. The phone of the order stands in for that of an address; who
    /// pays is named only where that is somebody else.
    pub(super) fn read(
        &self,
        fields: &mut Fields,
        order: &Object<'_>,
        email: &Option<EmailAddress>,
        phone: &Option<Phone>,
    ) -> Result<Contacts, ChannelError> {
        let mut contacts = Contacts::default();
        for (key, receives) in [(self.receiver, true), (self.payer, false)] {
            let Some(from) = order.object(key)? else {
                continue;
            };
            let name = (self.name)(fields, &from);
            let (address, place) = self.address.read(fields, &from, name);
            let own_phone = fields.lenient(&from, "phone", Phone::parse);
            let person = contact(address, email.clone(), own_phone.or_else(|| phone.clone()));
            if contacts.place.is_none() && !place.is_empty() {
                contacts.place = Some(place);
            }
            if receives {
                contacts.ship_to = person;
            } else {
                let known = contacts.ship_to.as_ref();
                contacts.bill_to = person.filter(|person| Some(person) != known);
            }
        }
        Ok(contacts)
    }
}

/// Names and addresses. Orders of a point of sale may have none but the customer's name.
pub(super) fn contacts(fields: &mut Fields, order: &Object<'_>) -> Result<Contacts, ChannelError> {
    let email = match fields.lenient(order, "email", EmailAddress::parse) {
        Some(email) => Some(email),
        None => fields.lenient(order, "contact_email", EmailAddress::parse),
    };
    let phone = fields.lenient(order, "phone", Phone::parse);
    let mut contacts = KEYS.read(fields, order, &email, &phone)?;
    if contacts.ship_to.is_none()
        && contacts.bill_to.is_none()
        && let Some(from) = order.object("customer")?
    {
        contacts.bill_to = customer(fields, &from, email, phone);
    }
    Ok(contacts)
}

fn customer(
    fields: &mut Fields,
    from: &Object<'_>,
    email: Option<EmailAddress>,
    phone: Option<Phone>,
) -> Option<Contact> {
    let address = Address {
        name: name(fields, from),
        ..Address::default()
    };
    let email = email.or_else(|| fields.lenient(from, "email", EmailAddress::parse));
    let phone = phone.or_else(|| fields.lenient(from, "phone", Phone::parse));
    contact(address, email, phone)
}

fn name(fields: &mut Fields, from: &Object<'_>) -> Option<Name> {
    match fields.text(from, "name") {
        Some(name) => Some(name),
        None => fields.full_name(from, "first_name", "last_name"),
    }
}
