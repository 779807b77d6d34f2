//! Defects by which one tenant moves what is another's.

use oms_core::port::{EventFeed, JobQueue};
use oms_core::testing::build::tenant;
use oms_core::value::TenantId;

use crate::defect::{Defect, ready};

/// The tenant that the suite fills first.
fn acme() -> TenantId {
    tenant("acme")
}

pub(crate) fn fires_for_all_tenants() -> Defect {
    Defect::fire(|sound, own, schedule, at, draft| {
        if *own != acme() {
            ready(sound.store.fire(&acme(), schedule, at, draft))?;
        }
        ready(sound.store.fire(own, schedule, at, draft))
    })
}

/// Gives the jobs of one tenant, and takes those of another that have the same ids.
pub(crate) fn claims_for_all_tenants() -> Defect {
    Defect::claim(|sound, own, wanted, lease_secs| {
        if *own == acme() {
            ready(sound.store.claim(&tenant("other"), wanted, lease_secs))?;
        }
        ready(sound.store.claim(own, wanted, lease_secs))
    })
}

/// Moves the subscriber of `acme` as well, as far as it can.
pub(crate) fn acknowledges_for_all_tenants() -> Defect {
    Defect::acknowledge(|sound, own, name, place| {
        if *own != acme() {
            let all = ready(sound.store.poll(&acme(), name, 100))?;
            ready(sound.store.acknowledge(&acme(), name, &all.place))?;
        }
        ready(sound.store.acknowledge(own, name, place))
    })
}

pub(crate) fn rewinds_for_all_tenants() -> Defect {
    Defect::rewind(|sound, own, name, start| {
        ready(sound.store.rewind(&acme(), name, start))?;
        ready(sound.store.rewind(own, name, start))
    })
}

pub(crate) fn forgets_for_all_tenants() -> Defect {
    Defect::unsubscribe(|sound, own, name| {
        let gone = ready(sound.store.unsubscribe(own, name))?;
        ready(sound.store.unsubscribe(&acme(), name))?;
        Ok(gone)
    })
}

pub(crate) fn tells_rows_of_any_tenant() -> Defect {
    Defect::poll_stock(|sound, asked, name, limit| {
        let batch = ready(sound.store.poll_stock(asked, name, limit))?;
        if batch.rows.is_empty() && *asked != acme() {
            return ready(sound.store.poll_stock(&acme(), name, limit));
        }
        Ok(batch)
    })
}
