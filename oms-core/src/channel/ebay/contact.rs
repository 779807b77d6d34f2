//! Who receives an eBay order and who bought it.

use crate::channel::error::ChannelError;
use crate::channel::fields::Fields;
use crate::channel::json::Object;
use crate::channel::people::{AddressKeys, contact};
use crate::customer::Contact;
use crate::order::OrderDraft;
use crate::value::{ChannelPlace, EmailAddress, Name, Phone};

const KEYS: AddressKeys = AddressKeys {
    company: "",
    lines: ["addressLine1", "addressLine2", ""],
    city: "city",
    region: &["stateOrProvince", "county"],
    postal_code: "postalCode",
    country: &["countryCode"],
    country_name: "",
    location: None,
};

/// Names, addresses and the promised day.
pub(super) fn contacts(
    fields: &mut Fields,
    order: &Object<'_>,
    draft: &mut OrderDraft,
) -> Result<(), ChannelError> {
    for instruction in &order.objects("fulfillmentStartInstructions")? {
        if draft.promised_by.is_none() {
            draft.promised_by = fields.time(instruction, "maxEstimatedDeliveryDate");
        }
        let step = instruction.object("shippingStep")?;
        let Some(receiver) = step.map_or(Ok(None), |step| step.object("shipTo"))? else {
            continue;
        };
        if draft.contacts.ship_to.is_none() {
            let (ship_to, place) = person(fields, &receiver)?;
            draft.contacts.ship_to = ship_to;
            draft.contacts.place = (!place.is_empty()).then_some(place);
        }
    }
    let Some(buyer) = order.object("buyer")? else {
        return Ok(());
    };
    if let Some(registered) = buyer.object("buyerRegistrationAddress")? {
        let (bill_to, place) = person(fields, &registered)?;
        let known = &mut draft.contacts;
        known.bill_to = bill_to.filter(|bill_to| Some(bill_to) != known.ship_to.as_ref());
        if known.place.is_none() && known.ship_to.is_none() {
            known.place = (!place.is_empty()).then_some(place);
        }
    }
    Ok(())
}

fn person(
    fields: &mut Fields,
    from: &Object<'_>,
) -> Result<(Option<Contact>, ChannelPlace), ChannelError> {
    let name: Option<Name> = fields.text(from, "fullName");
    let (mut address, place) = match from.object("contactAddress")? {
        Some(inner) => KEYS.read(fields, &inner, name),
        None => KEYS.read(fields, from, name),
    };
    address.company = fields.text(from, "companyName");
    let email = fields.lenient(from, "email", EmailAddress::parse);
    let phone = match from.object("primaryPhone")? {
        Some(phone) => fields.lenient(&phone, "phoneNumber", Phone::parse),
        None => None,
    };
    Ok((contact(address, email, phone), place))
}
