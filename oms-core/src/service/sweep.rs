//! The sweeper: ends claims whose time is over, and forgets old keys.

use std::collections::BTreeSet;

use crate::event::{Actor, ActorKind};
use crate::plan::{Command, Keys};
use crate::port::ReservationFilter;
use crate::reservation::Owner;
use crate::service::{Call, Error, Oms, Tenant};
use crate::value::limits::{BATCH_ITEMS_MAX, KEY_RETENTION_DAYS, PAGE_ITEMS_MAX};

/// When to tick again if nothing more is to be done now, in seconds.
const REST_SECS: u32 = 5;

const DAY_SECS: i64 = 86_400;

/// What a tick did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Sweep {
    /// Owners whose due claims were ended.
    pub expired: usize,
    /// Owners that could not be dealt with; they are tried again at the next tick.
    pub failed: usize,
    /// Keys of old commands that were forgotten.
    pub forgotten: usize,
    /// When to tick again.
    pub next: Wake,
}

/// When to tick again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Wake {
    /// There is more to do.
    #[default]
    Now,
    /// There may be something to do by then.
    AfterSecs(u32),
}

impl Tenant {
    /// Ends claims of this tenant whose time is over, up to a batch of owners, and forgets the
    /// keys of old commands. The host calls it again as [`Sweep::next`] says; several hosts may.
    ///
    /// # Errors
    /// [`Error`] when the store cannot be asked at all.
    pub async fn sweep(&self) -> Result<Sweep, Error> {
        let store = &self.engine.store;
        let filter = ReservationFilter {
            due: true,
            ..ReservationFilter::default()
        };
        let page = store
            .reservations(&self.id, &filter, None, PAGE_ITEMS_MAX)
            .await?;
        let owners: BTreeSet<Owner> = page.items.into_iter().map(|(key, _)| key.owner).collect();
        let more = owners.len() > BATCH_ITEMS_MAX || page.next.is_some();
        let call = Call::by(Actor::new(ActorKind::Job));
        let commands: Vec<(Command, Call)> = owners
            .into_iter()
            .take(BATCH_ITEMS_MAX)
            .map(|owner| (Command::ExpireReservation { owner }, call.clone()))
            .collect();
        let results = self.bulk(&commands).await;
        let expired = results.iter().filter(|result| result.is_ok()).count();
        let failed = results.len() - expired;
        let now = store.prefetch(&self.id, &Keys::default()).await?.now;
        let forgotten = match now.checked_add_secs(-KEY_RETENTION_DAYS * DAY_SECS) {
            Some(before) => {
                store
                    .forget_commands(&self.id, before, PAGE_ITEMS_MAX)
                    .await?
            }
            None => 0,
        };
        let again = (more && expired > 0) || forgotten == PAGE_ITEMS_MAX;
        let next = if again {
            Wake::Now
        } else {
            Wake::AfterSecs(REST_SECS)
        };
        Ok(Sweep {
            expired,
            failed,
            forgotten,
            next,
        })
    }
}

impl Oms {
    /// One tick of the sweeper over all tenants.
    ///
    /// # Errors
    /// [`Error`] when the store cannot be asked at all.
    pub async fn sweep(&self) -> Result<Sweep, Error> {
        let mut total = Sweep {
            next: Wake::AfterSecs(REST_SECS),
            ..Sweep::default()
        };
        let mut after = None;
        loop {
            let page = self.store().tenants(after.as_ref(), PAGE_ITEMS_MAX).await?;
            for tenant in page.items {
                let sweep = self.tenant(tenant).sweep().await?;
                total.expired += sweep.expired;
                total.failed += sweep.failed;
                total.forgotten += sweep.forgotten;
                if sweep.next == Wake::Now {
                    total.next = Wake::Now;
                }
            }
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok(total),
            }
        }
    }
}
