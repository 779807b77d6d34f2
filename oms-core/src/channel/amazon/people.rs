//! Who receives an Amazon order and who bought it.

use crate::channel::error::ChannelError;
use crate::channel::fields::Fields;
use crate::channel::history::ChannelCustomer;
use crate::channel::json::Object;
use crate::channel::people::{AddressKeys, contact};
use crate::order::OrderDraft;
use crate::value::{EmailAddress, Phone};

/// The spellings of one generation of the API.
#[derive(Debug)]
pub(super) struct PeopleKeys {
    address: AddressKeys,
    name: &'static str,
    phone: &'static str,
    buyer_name: &'static str,
    buyer_email: &'static str,
}

pub(super) const V0: PeopleKeys = PeopleKeys {
    address: AddressKeys {
        company: "CompanyName",
        lines: ["AddressLine1", "AddressLine2", "AddressLine3"],
        city: "City",
        region: &["StateOrRegion", "County", "District", "Municipality"],
        postal_code: "PostalCode",
        country: &["CountryCode"],
        country_name: "",
        location: None,
    },
    name: "Name",
    phone: "Phone",
    buyer_name: "BuyerName",
    buyer_email: "BuyerEmail",
};

pub(super) const V2026: PeopleKeys = PeopleKeys {
    address: AddressKeys {
        company: "companyName",
        lines: ["addressLine1", "addressLine2", "addressLine3"],
        city: "city",
        region: &["stateOrRegion", "districtOrCounty", "municipality"],
        postal_code: "postalCode",
        country: &["countryCode"],
        country_name: "",
        location: None,
    },
    name: "name",
    phone: "phone",
    buyer_name: "buyerName",
    buyer_email: "buyerEmail",
};

impl PeopleKeys {
    /// The receiver and the buyer. Without a token for people's data the address has no name and
    /// no street, and there is no buyer.
    pub(super) fn read(
        &self,
        fields: &mut Fields,
        address: Option<&Object<'_>>,
        buyer: Option<&Object<'_>>,
        draft: &mut OrderDraft,
    ) -> Result<ChannelCustomer, ChannelError> {
        let mut customer = ChannelCustomer::default();
        if let Some(buyer) = buyer {
            customer.name = fields.text(buyer, self.buyer_name);
            customer.email = fields.lenient(buyer, self.buyer_email, EmailAddress::parse);
        }
        if let Some(from) = address {
            let name = fields.text(from, self.name);
            let (address, place) = self.address.read(fields, from, name);
            let phone = fields.lenient(from, self.phone, Phone::parse);
            draft.contacts.ship_to = contact(address, customer.email.clone(), phone);
            draft.contacts.place = (!place.is_empty()).then_some(place);
        }
        Ok(customer)
    }
}
