//! A customer as the library knows one: an id, and where the erasable data lies.

use serde::{Deserialize, Serialize};

use crate::value::{ContactId, CustomerId, ExternalId, Timestamp};

/// Somebody who buys. Name and addresses live in the erasable contact row it names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Customer {
    /// The customer's id.
    pub id: CustomerId,
    /// The erasable row with name and addresses, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<ContactId>,
    /// What another system calls the customer, as that system sent it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external: Option<ExternalId>,
    /// Whether new orders may name the customer.
    pub active: bool,
    /// When the customer was stored first.
    pub created_at: Timestamp,
}
