//! Who receives and who pays a Shopify GraphQL order.

use crate::channel::error::ChannelError;
use crate::channel::fields::Fields;
use crate::channel::json::Object;
use crate::channel::people::{AddressKeys, contact};
use crate::channel::shopify::contact::PeopleKeys;
use crate::order::Contacts;
use crate::value::{Address, EmailAddress, Name, Phone};

const KEYS: PeopleKeys = PeopleKeys {
    receiver: "shippingAddress",
    payer: "billingAddress",
    address: AddressKeys {
        company: "company",
        lines: ["address1", "address2", ""],
        city: "city",
        region: &["provinceCode", "province"],
        postal_code: "zip",
        country: &["countryCodeV2", "countryCode"],
        country_name: "country",
        location: Some(["latitude", "longitude"]),
    },
    name,
};

/// Names and addresses. Orders of a point of sale may have none but the customer's name.
pub(super) fn contacts(fields: &mut Fields, order: &Object<'_>) -> Result<Contacts, ChannelError> {
    let email = fields.lenient(order, "email", EmailAddress::parse);
    let phone = fields.lenient(order, "phone", Phone::parse);
    let mut contacts = KEYS.read(fields, order, &email, &phone)?;
    if contacts.ship_to.is_none() && contacts.bill_to.is_none() {
        let customer = order.object("customer")?;
        let name = customer.and_then(|customer| name(fields, &customer));
        let address = Address {
            name,
            ..Address::default()
        };
        contacts.bill_to = contact(address, email, phone);
    }
    Ok(contacts)
}

pub(super) fn name(fields: &mut Fields, from: &Object<'_>) -> Option<Name> {
    for key in ["name", "displayName"] {
        if let Some(name) = fields.text(from, key) {
            return Some(name);
        }
    }
    fields.full_name(from, "firstName", "lastName")
}
