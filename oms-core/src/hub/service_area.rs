//! Where a hub delivers to.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::value::{Address, CountryCode, PostalCode};

/// Where a hub delivers to. An empty area is everywhere.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ServiceArea {
    /// Countries; empty means every country.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub countries: BTreeSet<CountryCode>,
    /// Beginnings of postal codes; empty means every postal code.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub postal_prefixes: BTreeSet<PostalCode>,
}

impl ServiceArea {
    /// Whether the hub delivers to the address. An order without an address (a sale at a counter)
    /// is served by every hub; an address that does not name what the area asks for by none.
    #[must_use]
    pub fn serves(&self, address: Option<&Address>) -> bool {
        let Some(address) = address else { return true };
        let country = self.countries.is_empty()
            || address
                .country
                .as_ref()
                .is_some_and(|country| self.countries.contains(country));
        let postal = self.postal_prefixes.is_empty()
            || address
                .postal_code
                .as_ref()
                .is_some_and(|code| self.has_prefix_of(code));
        country && postal
    }

    fn has_prefix_of(&self, code: &PostalCode) -> bool {
        self.postal_prefixes
            .iter()
            .any(|prefix| code.as_str().starts_with(prefix.as_str()))
    }
}
