//! Messages that change nothing of the people of their orders, which is nearly all of them.

use std::collections::{BTreeMap, BTreeSet};

use oms_core::order::{Contacts, Order};
use oms_core::service::Tenant;
use oms_core::value::OrderId;

use super::{Arriving, Begun};

/// The places of messages that say nothing new of who receives and who pays the order as it was
/// read, all asked at once.
pub(super) async fn quiet(
    tenant: &Tenant,
    orders: &[Arriving],
    begun: &[Begun],
    read: &BTreeMap<OrderId, Order>,
) -> BTreeSet<usize> {
    let said = orders.iter().zip(begun).enumerate();
    let said = said.filter_map(|(at, (arriving, begun))| {
        let known = read.get(&begun.order?)?;
        Some((at, known, arriving.order.contacts_since(known)?))
    });
    let said: Vec<(usize, &Order, Contacts)> = said.collect();
    let asked: Vec<_> = said.iter().map(|(_, known, said)| (*known, said)).collect();
    // Where they cannot be asked, each is followed by itself, which says why.
    let new = tenant.says_new_contacts(&asked).await;
    let new = new.unwrap_or_default().into_iter();
    let quiet = said.iter().zip(new).filter(|(_, new)| !new);
    quiet.map(|((at, ..), _)| *at).collect()
}
