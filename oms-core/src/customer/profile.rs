//! Customers.

use serde::{Deserialize, Serialize};

use crate::value::{ContactId, CustomerId, ExternalId};

/// A customer. Names and addresses are in the contact row, which can be erased.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Customer {
    /// The id.
    pub id: CustomerId,
    /// What the host calls the customer. Not a name or address: this is never erased.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external: Option<ExternalId>,
    /// The erasable row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<ContactId>,
    /// Only active customers can order.
    pub active: bool,
    /// Set when the customer's personal data was erased.
    #[serde(default)]
    pub erased: bool,
}
