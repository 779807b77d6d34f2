//! What an owner holds becomes what it says: a cart whose buyer changed it.

use std::collections::BTreeMap;

use super::{check_lines, choose_hub, claimed, give_way, not_an_order};
use crate::plan::Rejection;
use crate::plan::command::ReserveStock;
use crate::plan::context::{Context, Planned};
use crate::plan::ttl::expires_at;
use crate::reservation::Owner;
use crate::stock::StockKey;
use crate::value::Units;

/// Plans claims in place of those that the owner has: what it gives up and what it claims is one
/// change set, so that nobody gets in between what it keeps.
pub(crate) fn set(context: &Context<'_>, claim: &ReserveStock) -> Result<Planned, Rejection> {
    let ReserveStock { owner, lines, .. } = claim;
    let settings = context.settings()?;
    not_an_order(owner)?;
    check_lines(context, lines)?;
    let hub = choose_hub(context, lines, claim.hub.as_ref(), &held(context, owner))?;
    let expires_at = expires_at(context, &settings, claim.mode)?;
    let mut change_set = context.change_set();
    // First, so that the new claims of a row begin where the old ones ended.
    let given_up = give_way(context, owner, &mut change_set)?;
    change_set.reservations.extend(given_up);
    Ok(claimed(change_set, owner, lines, &hub, expires_at))
}

/// The owner's live units by stock row, without those that are over: the store can have these
/// anyway.
pub(crate) fn held(context: &Context<'_>, owner: &Owner) -> BTreeMap<StockKey, Units> {
    let mut held: BTreeMap<StockKey, Units> = BTreeMap::new();
    for (key, row) in context.snapshot.owned_by(owner) {
        let units = row.live().saturating_sub(row.due(context.now()));
        let sum = held.entry(key.stock()).or_default();
        *sum = sum.checked_add(units).unwrap_or(Units::MAX);
    }
    held
}
