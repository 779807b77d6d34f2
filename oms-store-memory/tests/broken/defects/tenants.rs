//! What one tenant sees or changes of another.

use oms_core::plan::{ChangeSet, CounterKey, DocumentKind, Expected, Keys, Outcome, Refusal};
use oms_core::testing::build::tenant;
use oms_core::value::TenantId;

use crate::defect::Defect;

/// The tenant that the suite fills first.
fn acme() -> TenantId {
    tenant("acme")
}

/// Answers a part of a prefetch of other tenants with what `acme` has.
fn leaks(part: fn(&Keys) -> Keys) -> Defect {
    Defect::snapshot(move |sound, tenant, keys, found| {
        let part = part(keys);
        if *tenant != acme() && part != Keys::default() {
            let other = sound.prefetch(&acme(), &part).unwrap();
            found.documents.extend(other.documents);
            found.stock.extend(other.stock);
            found.unique.extend(other.unique);
            found.reservations.extend(other.reservations);
            found.commands.extend(other.commands);
        }
    })
}

pub(crate) fn shows_documents() -> Defect {
    leaks(|keys| Keys {
        documents: keys.documents.clone(),
        ..Keys::default()
    })
}

pub(crate) fn shows_orders() -> Defect {
    leaks(|keys| Keys {
        orders: keys.orders.clone(),
        ..Keys::default()
    })
}

pub(crate) fn shows_hubs() -> Defect {
    leaks(|keys| Keys {
        hubs: keys.hubs,
        ..Keys::default()
    })
}

pub(crate) fn shows_stock() -> Defect {
    leaks(|keys| Keys {
        stock: keys.stock.clone(),
        ..Keys::default()
    })
}

pub(crate) fn shows_stock_of_a_sku() -> Defect {
    leaks(|keys| Keys {
        sku_stock: keys.sku_stock.clone(),
        ..Keys::default()
    })
}

pub(crate) fn shows_names() -> Defect {
    leaks(|keys| Keys {
        unique: keys.unique.clone(),
        ..Keys::default()
    })
}

pub(crate) fn shows_reservations() -> Defect {
    leaks(|keys| Keys {
        owners: keys.owners.clone(),
        ..Keys::default()
    })
}

pub(crate) fn shows_commands() -> Defect {
    leaks(|keys| Keys {
        commands: keys.commands.clone(),
        ..Keys::default()
    })
}

pub(crate) fn lists_orders_of_another() -> Defect {
    Defect::orders(|sound, _, filter, after, limit| sound.orders(&acme(), filter, after, limit))
}

pub(crate) fn lists_documents_of_another() -> Defect {
    Defect::documents(|sound, _, filter, after, limit| {
        sound.documents(&acme(), filter, after, limit)
    })
}

pub(crate) fn lists_personal_documents_of_another() -> Defect {
    Defect::personal(|sound, tenant, customer, after, limit| {
        let mut found = sound.personal(tenant, customer, after, limit)?;
        if *tenant != acme() {
            found.extend(sound.personal(&acme(), customer, after, limit)?);
        }
        Ok(found)
    })
}

pub(crate) fn tells_the_history_of_another() -> Defect {
    Defect::history(|sound, _, stream, after, limit| sound.history(&acme(), stream, after, limit))
}

pub(crate) fn lists_stock_of_another() -> Defect {
    Defect::stock(|sound, _, filter, after, limit| sound.stock(&acme(), filter, after, limit))
}

pub(crate) fn lists_movements_of_another() -> Defect {
    Defect::movements(|sound, _, filter, after, limit| {
        sound.movements(&acme(), filter, after, limit)
    })
}

pub(crate) fn lists_reservations_of_another() -> Defect {
    Defect::reservations(|sound, _, filter, after, limit| {
        sound.reservations(&acme(), filter, after, limit)
    })
}

pub(crate) fn lists_jobs_of_another() -> Defect {
    Defect::jobs(|sound, _, after, limit| sound.jobs(&acme(), after, limit))
}

/// Commits some change sets to `acme`, whoever sends them.
fn strays(wanted: fn(&ChangeSet) -> bool) -> Defect {
    Defect::commit(move |sound, tenant, items| {
        if items.iter().any(wanted) {
            return sound.commit(&acme(), items);
        }
        sound.commit(tenant, items)
    })
}

pub(crate) fn changes_documents_of_another() -> Defect {
    // Among others, and beside goods that come, they are for another case.
    strays(|item| match item.documents.as_slice() {
        [write] => write.key.kind() == DocumentKind::Host && write.expected != Expected::Absent,
        _ => false,
    })
}

pub(crate) fn claims_stock_of_another() -> Defect {
    strays(|item| {
        let mut changes = item.reservations.iter();
        item.movements.is_empty() && changes.any(|change| change.delta.reserved_delta() > 0)
    })
}

/// Does a part of what others than `acme` commit to `acme` as well: `keep` copies it into an empty
/// change set.
fn spills(keep: fn(&mut ChangeSet, &ChangeSet)) -> Defect {
    Defect::commit(move |sound, tenant, items| {
        let outcomes = sound.commit(tenant, items)?;
        for (item, outcome) in items.iter().zip(&outcomes) {
            let mut part = sound.bare(item);
            let nothing = part.clone();
            keep(&mut part, item);
            if *tenant != acme() && outcome.is_done() && part != nothing {
                sound.commit_one(&acme(), part)?;
            }
        }
        Ok(outcomes)
    })
}

pub(crate) fn sets_stock_of_all() -> Defect {
    spills(|part, item| part.stock.clone_from(&item.stock))
}

/// Takes from what `acme` has where the one who asks has nothing yet.
pub(crate) fn takes_from_counters_of_another() -> Defect {
    spills(|part, item| {
        // Those with a limit are for another case.
        if let [change] = item.counters.as_slice()
            && matches!(change.key, CounterKey::Host(..))
            && change.limit.is_none()
            && item.documents.is_empty()
        {
            part.counters.push(change.clone());
        }
    })
}

pub(crate) fn knows_keys_of_another() -> Defect {
    Defect::answer(|sound, tenant, item| {
        let key = item.origin.key.clone();
        let used = *tenant != acme() && sound.record(&acme(), &key).is_some();
        used.then_some(Outcome::Refused(Refusal::KeyReused { key }))
    })
}

pub(crate) fn knows_names_of_another() -> Defect {
    Defect::answer(|sound, tenant, item| {
        let claim = item.unique.first().filter(|_| *tenant != acme())?;
        let holder = sound.holder(&acme(), &claim.key)?;
        let key = claim.key.clone();
        Some(Outcome::Refused(Refusal::Taken { key, holder }))
    })
}

pub(crate) fn forgets_keys_of_another() -> Defect {
    Defect::forget_commands(|sound, tenant, before, limit| {
        if *tenant != acme() {
            sound.forget_commands(&acme(), before, limit)?;
        }
        sound.forget_commands(tenant, before, limit)
    })
}

pub(crate) fn skips_a_tenant_per_page() -> Defect {
    Defect::tenants(|sound, after, limit| {
        let mut page = sound.tenants(after, limit)?;
        if after.is_some() && !page.items.is_empty() {
            page.items.remove(0);
        }
        Ok(page)
    })
}
