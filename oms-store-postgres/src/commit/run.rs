//! Running a batch to its verdicts.

use std::collections::VecDeque;
use std::ops::Range;
use std::time::Duration;

use oms_core::plan::{ChangeSet, Outcome, Refusal};
use oms_core::port::StoreError;
use oms_core::value::limits::BATCH_ITEMS_MAX;
use oms_core::value::{TenantId, Timestamp};
use sqlx::Row;
use tokio::time::Instant;

use super::encode::Batch;
use super::statement::statement;
use super::told::unreadable_event;
use super::verdict::outcomes;
use super::whole::{Part, statement as whole_statement, whole};
use crate::error::{Failure, corrupt, invalid, partly, unreadable};
use crate::session::Session;
use crate::time::timestamp;

/// The server's code for a lock that was not had in time.
const LOCKED: &str = "55P03";

/// How often a batch is sent before it counts as hopeless.
const ATTEMPTS: u32 = 24;

/// From this attempt on there is a pause before the next, doubling each time.
const PATIENT_FROM: u32 = 4;

/// Longest pause between two attempts.
const PAUSE_MAX: Duration = Duration::from_millis(50);

/// How long a lock is waited for when the time for waiting is over.
const MOMENT: Duration = Duration::from_millis(25);

/// Until when locks are waited for. Whoever comes after that is still asked for, and waits for a
/// moment: what keeps one tenant may be long gone for the next.
#[derive(Clone, Copy, Debug)]
pub(super) struct Until(Instant);

impl Until {
    pub(super) fn after(time: Duration) -> Self {
        Self(Instant::now() + time)
    }

    pub(super) fn is_over(self) -> bool {
        Instant::now() >= self.0
    }

    pub(super) fn left(self) -> Duration {
        let left = self.0.saturating_duration_since(Instant::now());
        left.max(MOMENT)
    }
}

/// Commits change sets in order, one verdict each.
pub(crate) async fn commit(
    session: &Session,
    tenant: &TenantId,
    items: &[ChangeSet],
) -> Result<Vec<Outcome>, StoreError> {
    let checked = Checked::of(items)?;
    let decided = if checked.sound.is_empty() {
        Vec::new()
    } else {
        match at_once(session, &[(tenant, &checked.sound)], None).await? {
            Ok(at) => checked.committed(at),
            Err(Apart::Locked | Apart::Refused) => {
                one_by_one(session, tenant, &checked.sound, None).await?
            }
        }
    };
    checked.answer(decided)
}

/// The items of a tenant, looked at.
pub(super) struct Checked<'a> {
    /// An item's answer, where it is known already.
    known: Vec<Option<Refusal>>,
    /// The others.
    pub(super) sound: Vec<&'a ChangeSet>,
}

impl<'a> Checked<'a> {
    pub(super) fn of(items: &'a [ChangeSet]) -> Result<Self, StoreError> {
        if items.len() > BATCH_ITEMS_MAX {
            let detail = format!(
                "{} items in one commit, at most {BATCH_ITEMS_MAX}",
                items.len()
            );
            return Err(invalid(detail));
        }
        let mut checked = Self {
            known: Vec::with_capacity(items.len()),
            sound: Vec::with_capacity(items.len()),
        };
        for set in items {
            let problem = set.problem().or_else(|| unreadable_event(set));
            if problem.is_none() {
                checked.sound.push(set);
            }
            let refusal = problem.map(|problem| Refusal::Defect { problem });
            checked.known.push(refusal);
        }
        Ok(checked)
    }

    /// The outcomes of the sound items, where all were committed.
    pub(super) fn committed(&self, at: Timestamp) -> Vec<Outcome> {
        vec![Outcome::Committed { at }; self.sound.len()]
    }

    /// The outcomes of all items, given those of the sound ones.
    pub(super) fn answer(self, decided: Vec<Outcome>) -> Result<Vec<Outcome>, StoreError> {
        let mut decided = decided.into_iter();
        let answers = self.known.into_iter().map(|known| match known {
            Some(refusal) => Some(Outcome::Refused(refusal)),
            None => decided.next(),
        });
        answers
            .collect::<Option<Vec<Outcome>>>()
            .ok_or_else(|| corrupt("an answer", &"an item has no verdict"))
    }
}

/// Why sets were not committed together; nothing was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Apart {
    /// Somebody else had a lock for longer than tenants wait for one another.
    Locked,
    /// One of them has to be decided alone.
    Refused,
}

/// Commits sets that all hold, of tenants in their order, and answers when. It gives up where it
/// would `wait` for a lock for longer.
pub(super) async fn at_once(
    session: &Session,
    parts: &[Part<'_>],
    wait: Option<Duration>,
) -> Result<Result<Timestamp, Apart>, StoreError> {
    let Some(pack) = whole(parts) else {
        return Ok(Err(Apart::Refused));
    };
    let statement = whole_statement(&pack, wait, session.fixed_time());
    let rows = match session.write(statement).await {
        Ok(rows) => rows,
        Err(Failure::Again { code, .. }) if code == LOCKED => return Ok(Err(Apart::Locked)),
        Err(Failure::Again { .. } | Failure::Poison(_) | Failure::Unfit { .. }) => {
            return Ok(Err(Apart::Refused));
        }
        Err(failure @ (Failure::Forbidden(_) | Failure::Store(_))) => return Err(failure.plain()),
    };
    let Some(row) = rows.first() else {
        return Err(corrupt("an answer", &"it is empty"));
    };
    Ok(Ok(timestamp(row.try_get("at").map_err(unreadable)?)?))
}

/// An error of a batch that may be stored in part.
fn after_some(decided: &[Outcome], error: StoreError) -> StoreError {
    let stored = |outcome: &Outcome| matches!(outcome, Outcome::Committed { .. });
    if decided.iter().any(stored) {
        return partly("parts of the batch are stored", error);
    }
    error
}

/// Decides the sets one after another, a part that SQL refuses as a whole being halved. Locks are
/// waited for `until` then, if given.
pub(super) async fn one_by_one(
    session: &Session,
    tenant: &TenantId,
    sets: &[&ChangeSet],
    until: Option<Until>,
) -> Result<Vec<Outcome>, StoreError> {
    let mut decided = Vec::with_capacity(sets.len());
    let all = 0..sets.len();
    let mut parts: VecDeque<Range<usize>> = VecDeque::from([all]);
    while let Some(part) = parts.pop_front() {
        let of_part = sets.get(part.clone()).unwrap_or_default();
        match attempt(session, tenant, of_part, until).await {
            Ok(outcomes) => decided.extend(outcomes),
            Err(failure @ (Failure::Forbidden(_) | Failure::Store(_))) => {
                return Err(after_some(&decided, failure.plain()));
            }
            Err(
                Failure::Poison(problem)
                | Failure::Again {
                    detail: problem, ..
                },
            ) if part.len() == 1 => {
                decided.push(Outcome::Refused(Refusal::Defect { problem }));
            }
            // Whatever its neighbours met, this is no fault of its own.
            Err(Failure::Unfit { what, detail }) if part.len() == 1 => {
                decided.push(Outcome::Refused(Refusal::Unfit { what, detail }));
            }
            Err(Failure::Poison(_) | Failure::Again { .. } | Failure::Unfit { .. }) => {
                let middle = part.start + part.len() / 2;
                parts.push_front(middle..part.end);
                parts.push_front(part.start..middle);
            }
        }
    }
    Ok(decided)
}

/// Sends a batch until nobody is in its way, or the time for waiting is over.
async fn attempt(
    session: &Session,
    tenant: &TenantId,
    sets: &[&ChangeSet],
    until: Option<Until>,
) -> Result<Vec<Outcome>, Failure> {
    let mut batch = Batch::new(sets.to_vec(), true);
    let mut attempts = 0_u32;
    loop {
        let query = statement(&batch, tenant, session.fixed_time());
        match session.write_within(query, until.map(Until::left)).await {
            Ok(rows) => return outcomes(&batch, &rows).map_err(Failure::Store),
            Err(Failure::Again { detail, code })
                if code == LOCKED && until.is_some_and(Until::is_over) =>
            {
                return Err(Failure::Store(StoreError::Busy { detail }));
            }
            Err(Failure::Again { detail, code }) if attempts >= ATTEMPTS => {
                // A twin that never shows is a defect of the item; locks are a matter of time.
                return Err(if code == "23505" {
                    Failure::Again { detail, code }
                } else {
                    Failure::Store(StoreError::Busy { detail })
                });
            }
            Err(Failure::Again { .. }) => {
                if attempts == 0 {
                    batch = Batch::new(sets.to_vec(), false);
                }
                pause(attempts).await;
                attempts += 1;
            }
            Err(
                failure @ (Failure::Poison(_)
                | Failure::Unfit { .. }
                | Failure::Forbidden(_)
                | Failure::Store(_)),
            ) => {
                return Err(failure);
            }
        }
    }
}

async fn pause(attempts: u32) {
    let Some(doubled) = attempts.checked_sub(PATIENT_FROM) else {
        return;
    };
    let pause = Duration::from_millis(1).saturating_mul(1 << doubled.min(6));
    tokio::time::sleep(pause.min(PAUSE_MAX)).await;
}
