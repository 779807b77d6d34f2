//! Ids that are UUIDs, unique without asking anybody.

use super::{IdError, IdRule};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use uuid::Uuid;

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident, $kind:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// The id with this UUID; every UUID will do.
            #[must_use]
            pub const fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The UUID.
            #[must_use]
            pub const fn as_uuid(&self) -> Uuid {
                self.0
            }

            /// Reads a UUID in any of its usual spellings.
            ///
            /// # Errors
            #[doc = concat!("An [`IdError`] of kind `", $kind, "` if the text is not a UUID.")]
            pub fn parse(text: &str) -> Result<Self, IdError> {
                match Uuid::parse_str(text) {
                    Ok(uuid) => Ok(Self(uuid)),
                    Err(_) => Err(IdError::new($kind, IdRule::NotAUuid, text)),
                }
            }
        }

        impl From<Uuid> for $name {
            fn from(uuid: Uuid) -> Self {
                Self(uuid)
            }
        }

        impl From<$name> for Uuid {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.0.hyphenated().encode_lower(&mut Uuid::encode_buffer()))
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                Self::parse(text)
            }
        }
    };
}

uuid_id! {
    /// An order.
    ///
    /// ```
    /// use oms_core::value::OrderId;
    ///
    /// let id = OrderId::parse("01890a5d-ac96-774b-bcce-b302099a8057")?;
    /// assert_eq!(id.to_string(), "01890a5d-ac96-774b-bcce-b302099a8057");
    /// # Ok::<(), oms_core::value::IdError>(())
    /// ```
    OrderId, "order_id"
}
uuid_id! {
    /// A customer.
    CustomerId, "customer_id"
}
uuid_id! {
    /// An erasable row with a person's names, addresses, e-mail and phone.
    ContactId, "contact_id"
}
uuid_id! {
    /// A cart.
    CartId, "cart_id"
}
uuid_id! {
    /// A physical change of stock on hand.
    MovementId, "movement_id"
}
uuid_id! {
    /// An order that was taken in and waits to be placed.
    IntakeId, "intake_id"
}
uuid_id! {
    /// A job in the queue.
    JobId, "job_id"
}
uuid_id! {
    /// A stored payload of a channel, as it came.
    PayloadId, "payload_id"
}
