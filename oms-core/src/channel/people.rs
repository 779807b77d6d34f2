//! Addresses under whatever keys a channel has for their parts.

use crate::channel::fields::Fields;
use crate::channel::json::Object;
use crate::customer::Contact;
use crate::value::{
    Address, ChannelPlace, CountryCode, EmailAddress, Name, Phone, PostalCode, Text,
};

/// The keys of an address; of several the first that says anything counts.
#[derive(Clone, Copy, Debug)]
pub(super) struct AddressKeys {
    pub(super) company: &'static str,
    /// The last of three goes behind the second.
    pub(super) lines: [&'static str; 3],
    pub(super) city: &'static str,
    /// The code of the region, then its name.
    pub(super) region: &'static [&'static str],
    pub(super) postal_code: &'static str,
    pub(super) country: &'static [&'static str],
    /// The country's name, where the channel sends one.
    pub(super) country_name: &'static str,
    /// Degrees north and degrees east, where the channel sends them.
    pub(super) location: Option<[&'static str; 2]>,
}

impl AddressKeys {
    /// The address, its name aside, and the channel's own words of the place.
    pub(super) fn read(
        &self,
        fields: &mut Fields,
        from: &Object<'_>,
        name: Option<Name>,
    ) -> (Address, ChannelPlace) {
        let city: Option<Name> = fields.text(from, self.city);
        let region: Option<Name> = first(fields, from, self.region.iter());
        let words: Option<Name> = first(fields, from, self.region.iter().rev());
        let code = self.country.iter().find(|key| from.value(key).is_some());
        let country_words: Option<Name> = match fields.text(from, self.country_name) {
            Some(name) => Some(name),
            None => code.and_then(|key| fields.text(from, key)),
        };
        let address = Address {
            name,
            company: fields.text(from, self.company),
            line1: fields.text(from, self.lines[0]),
            line2: self.second_line(fields, from),
            city: city.clone(),
            region,
            postal_code: fields.lenient(from, self.postal_code, PostalCode::parse),
            country: code.and_then(|key| fields.lenient(from, key, CountryCode::parse)),
            location: self.location.and_then(|keys| fields.location(from, keys)),
        };
        let place = ChannelPlace {
            city,
            region: words,
            country: country_words,
        };
        (address, place)
    }

    fn second_line<const MAX: usize>(
        &self,
        fields: &mut Fields,
        from: &Object<'_>,
    ) -> Option<Text<MAX>> {
        let parts = [self.lines[1], self.lines[2]].map(|key| fields.words(from, key));
        let joined = parts.iter().flatten().map(|part| part.trim());
        let joined = joined
            .filter(|part| !part.is_empty())
            .collect::<Vec<_>>()
            .join(", ");
        fields.fit(&joined, || from.path_of(self.lines[1]))
    }
}

fn first<'k>(
    fields: &mut Fields,
    from: &Object<'_>,
    mut keys: impl Iterator<Item = &'k &'static str>,
) -> Option<Name> {
    let key = keys.find(|key| from.value(key).is_some())?;
    fields.text(from, key)
}

/// A contact of an address; `None` if nothing at all is known.
pub(super) fn contact(
    address: Address,
    email: Option<EmailAddress>,
    phone: Option<Phone>,
) -> Option<Contact> {
    let contact = Contact {
        address,
        email,
        phone,
    };
    (!contact.is_empty()).then_some(contact)
}
