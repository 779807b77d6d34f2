//! Customers.

use serde::{Deserialize, Serialize};

use crate::value::{ContactId, CustomerId, ExternalId};

/// A customer. Names and addresses are in the contact row, which can be erased.
///
/// A customer is found by the [`id`](Self::id); [`external`](Self::external) is kept, and
/// neither looked up nor unique. So derive the id from what the host calls the customer: whoever
/// signs up twice is one customer, and is found again without a table beside. Do not derive it from
/// an e-mail address or a name: ids are in orders and events and are never erased.
///
/// ```
/// use oms_core::uuid::Builder;
/// use oms_core::value::CustomerId;
/// use sha2::{Digest, Sha256};
///
/// /// The customer who has that id in that shop.
/// fn customer_of(shop: &str, user: &str) -> CustomerId {
///     let hash = Sha256::digest(format!("{}:{shop}{user}", shop.len()));
///     let mut bytes = [0; 16];
///     bytes.copy_from_slice(&hash[..16]);
///     CustomerId::from_uuid(Builder::from_custom_bytes(bytes).into_uuid())
/// }
///
/// assert_eq!(customer_of("web", "7"), customer_of("web", "7"));
/// assert_ne!(customer_of("web", "7"), customer_of("web7", ""));
/// ```
///
/// Where ids are given already, the call that stores the customer can take a unique name for it,
/// and [`find_customer`](crate::service::Tenant::find_customer) finds it again. Like an id, a name
/// is never erased, and nobody else can have it. The call has a key: without one nothing is
/// committed for a customer who is stored as it is already, so no name is taken either.
///
/// ```
/// use std::sync::Arc;
///
/// use oms_core::customer::Customer;
/// use oms_core::plan::{ChangeSet, DocumentKey, UniqueClaim, UniqueKey};
/// use oms_core::service::{Call, Error, Tenant};
/// use oms_core::value::{ExternalId, IdempotencyKey};
///
/// /// Stores a customer under the number that the host's accounting has for it.
/// async fn put(
///     shop: &Tenant,
///     customer: Customer,
///     number: ExternalId,
///     request: IdempotencyKey,
/// ) -> Result<(), Error> {
///     let known = number.clone();
///     let holder = DocumentKey::Customer(customer.id);
///     let take = move |change_set: &mut ChangeSet| {
///         let key = name(number.clone());
///         let holder = holder.clone();
///         change_set.unique.push(UniqueClaim { key, holder });
///     };
///     let call = Call::default().with_key(request).with_extension(Arc::new(take));
///     shop.put_customer(customer, None, call).await?;
///     assert!(shop.find_customer(name(known)).await?.is_some());
///     Ok(())
/// }
///
/// fn name(number: ExternalId) -> UniqueKey {
///     let kind = ExternalId::parse("accounting");
///     UniqueKey::Host(kind.expect("a literal"), number)
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Customer {
    /// The id.
    pub id: CustomerId,
    /// What the host calls the customer. Not a name or address: this is never erased. Several
    /// customers may have the same.
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
