//! Names, addresses, e-mail and phone: erasable, written once, never in an order or event.

use serde::{Deserialize, Serialize};

use crate::value::{Address, ChannelPlace, CustomerId, EmailAddress, OrderId, Phone, Timestamp};

/// How to reach somebody.
///
/// Its `Debug` tells what is known, not what it is: it may reach a log.
#[derive(Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Contact {
    /// Name and postal address.
    #[serde(default)]
    pub address: Address,
    /// E-mail address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<EmailAddress>,
    /// Phone number, in whatever form it came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<Phone>,
}

impl Contact {
    /// True when nothing is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.address.is_empty() && self.email.is_none() && self.phone.is_none()
    }
}

impl std::fmt::Debug for Contact {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut known = f.debug_struct("Contact");
        if !self.address.is_empty() {
            known.field("address", &self.address);
        }
        for (part, given) in [
            ("email", self.email.is_some()),
            ("phone", self.phone.is_some()),
        ] {
            if given {
                known.field(part, &format_args!("known"));
            }
        }
        known.finish()
    }
}

/// The stored row: a contact and whom it belongs to, or what is left after it was erased.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "state")]
#[expect(clippy::large_enum_variant, reason = "nearly every row is present")]
pub enum ContactDocument {
    /// As given.
    Present {
        /// The data.
        contact: Contact,
        /// The channel's own words for city, state and country, kept beside.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        place: Option<ChannelPlace>,
        /// The customer it belongs to, if known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        customer: Option<CustomerId>,
        /// The order it was given for, if any.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        order: Option<OrderId>,
    },
    /// Erased; only the fact remains.
    Erased {
        /// When.
        at: Timestamp,
    },
}

impl ContactDocument {
    /// The contact, and the channel's own words for its place if it gave any; `None` once erased.
    #[must_use]
    pub fn kept(self) -> Option<(Contact, Option<ChannelPlace>)> {
        match self {
            Self::Present { contact, place, .. } => Some((contact, place)),
            Self::Erased { .. } => None,
        }
    }
}
