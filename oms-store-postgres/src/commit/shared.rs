//! Commits of several tenants, as few transactions.
//!
//! What a transaction costs beside its rows, most of all the wait until its log is on disk, is
//! shared by all tenants that have something to commit. Nobody pays for a neighbour with more than
//! time, and not with much of it: where something speaks against the items of one tenant, or
//! somebody holds a lock that they need, the statement is sent again for halves until that tenant
//! stands alone. What stands alone comes last, and who waits for a lock then is busy before long:
//! the others are answered when it is.

use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

use oms_core::plan::Outcome;
use oms_core::port::{StoreError, TenantBatch};
use oms_core::value::TenantId;
use oms_core::value::limits::BATCH_ITEMS_MAX;

use super::run::{Apart, Checked, Until, at_once, commit, one_by_one};
use super::whole::is_whole;
use crate::session::Session;

/// How long tenants wait together for a lock.
const WAIT: Duration = Duration::from_millis(100);

/// How long parts of them wait, only to learn whom it is that the lock keeps.
const WAIT_OF_PART: Duration = Duration::from_millis(25);

/// How long those who stand alone wait for locks, all of them together. What was planned before all
/// that is too old soon.
const WAIT_ALONE: Duration = Duration::from_secs(2);

type Answer = Result<Vec<Outcome>, StoreError>;

/// Commits what each tenant has, as if each came alone; at most `together` tenants in a statement.
pub(crate) async fn commit_each(
    session: &Session,
    batches: &[TenantBatch],
    together: usize,
) -> Vec<Answer> {
    let tenants: BTreeSet<_> = batches.iter().map(|batch| &batch.tenant).collect();
    let mut answers = Vec::with_capacity(batches.len());
    if together <= 1 || batches.len() <= 1 || tenants.len() < batches.len() {
        // What a tenant asks for twice is done in order.
        for batch in batches {
            answers.push(commit(session, &batch.tenant, &batch.items).await);
        }
        return answers;
    }
    let mut shared = Shared::of(session, batches);
    shared.in_halves(together).await;
    shared.alone().await;
    shared.answers()
}

struct Shared<'a> {
    session: &'a Session,
    batches: &'a [TenantBatch],
    fates: Vec<Fate<'a>>,
    /// Who is to be decided alone, item by item.
    single: Vec<usize>,
    /// Who waits for a lock of somebody else: after all others.
    locked: Vec<usize>,
    /// Why nothing more is sent.
    gone: Option<StoreError>,
}

/// What becomes of a batch.
enum Fate<'a> {
    Open(Checked<'a>),
    Known(Answer),
}

impl<'a> Shared<'a> {
    fn of(session: &'a Session, batches: &'a [TenantBatch]) -> Self {
        let fate = |batch: &'a TenantBatch| match Checked::of(&batch.items) {
            Ok(checked) if checked.sound.is_empty() => Fate::Known(checked.answer(Vec::new())),
            Ok(checked) => Fate::Open(checked),
            Err(error) => Fate::Known(Err(error)),
        };
        Self {
            session,
            batches,
            fates: batches.iter().map(fate).collect(),
            single: Vec::new(),
            locked: Vec::new(),
            gone: None,
        }
    }

    /// Commits as many tenants together as may be.
    async fn in_halves(&mut self, together: usize) {
        let groups = self.groups(together).into_iter();
        let mut parts: VecDeque<_> = groups.map(|group| (group, WAIT)).collect();
        while self.gone.is_none()
            && let Some((mut group, wait)) = parts.pop_front()
        {
            match self.send(&group, wait).await {
                Ok(Ok(())) => {}
                Ok(Err(Apart::Refused)) if group.len() <= 1 => self.single.append(&mut group),
                Ok(Err(Apart::Locked)) if group.len() <= 1 => self.locked.append(&mut group),
                Ok(Err(Apart::Refused)) if !self.are_whole(&group) => {
                    self.set_aside(&mut group);
                    if !group.is_empty() {
                        parts.push_front((group, wait));
                    }
                }
                Ok(Err(apart)) => {
                    let wait = match apart {
                        Apart::Refused => wait,
                        Apart::Locked => WAIT_OF_PART,
                    };
                    let rest = group.split_off(group.len() / 2);
                    parts.push_front((rest, wait));
                    parts.push_front((group, wait));
                }
                Err(error) => self.fail(&group, error),
            }
        }
    }

    /// Whether what each of a group has can be decided together.
    fn are_whole(&self, group: &[usize]) -> bool {
        group.iter().all(|index| match self.fates.get(*index) {
            Some(Fate::Open(checked)) => is_whole(&checked.sound),
            Some(Fate::Known(_)) | None => true,
        })
    }

    /// Takes those out of a group whose items can only be decided one by one: nobody else is to
    /// blame, so the others still go together.
    fn set_aside(&mut self, group: &mut Vec<usize>) {
        let (whole, single): (Vec<_>, Vec<_>) =
            group.drain(..).partition(|index| self.are_whole(&[*index]));
        *group = whole;
        self.single.extend(single);
    }

    /// Who may go together, by tenant: the order in which rows are locked.
    fn groups(&self, together: usize) -> Vec<Vec<usize>> {
        let mut open: Vec<(usize, usize)> = Vec::with_capacity(self.fates.len());
        for (index, fate) in self.fates.iter().enumerate() {
            match fate {
                Fate::Open(checked) => open.push((index, checked.sound.len())),
                Fate::Known(_) => {}
            }
        }
        open.sort_by_key(|(index, _)| self.batches.get(*index).map(|batch| &batch.tenant));
        let mut groups: Vec<Vec<usize>> = Vec::new();
        let mut items = 0;
        for (index, count) in open {
            items += count;
            match groups.last_mut() {
                Some(group) if group.len() < together && items <= BATCH_ITEMS_MAX => {
                    group.push(index);
                }
                Some(_) | None => {
                    groups.push(vec![index]);
                    items = count;
                }
            }
        }
        groups
    }

    /// Commits a group as one.
    async fn send(
        &mut self,
        group: &[usize],
        wait: Duration,
    ) -> Result<Result<(), Apart>, StoreError> {
        let mut parts = Vec::with_capacity(group.len());
        for index in group {
            if let Some((batch, Fate::Open(checked))) =
                self.batches.get(*index).zip(self.fates.get(*index))
            {
                parts.push((&batch.tenant, &checked.sound[..]));
            }
        }
        let at = match at_once(self.session, &parts, Some(wait)).await? {
            Ok(at) => at,
            Err(apart) => return Ok(Err(apart)),
        };
        for index in group {
            self.settle(*index, |checked| {
                let committed = checked.committed(at);
                checked.answer(committed)
            });
        }
        Ok(Ok(()))
    }

    /// Decides those who stand alone, one after another.
    async fn alone(&mut self) {
        let until = Until::after(WAIT_ALONE);
        // Locks keep nobody for that long after it, but a pool that is used up would.
        let late = Until::after(WAIT_ALONE * 2);
        for (indexes, locked) in [
            (std::mem::take(&mut self.single), false),
            (std::mem::take(&mut self.locked), true),
        ] {
            for index in indexes {
                if self.gone.is_some() {
                    return;
                }
                let Some((batch, Fate::Open(checked))) =
                    self.batches.get(index).zip(self.fates.get(index))
                else {
                    continue;
                };
                let decided = if locked {
                    patiently(self.session, &batch.tenant, checked, until).await
                } else {
                    let (tenant, sets) = (&batch.tenant, &checked.sound);
                    let decided = one_by_one(self.session, tenant, sets, Some(until)).await;
                    decided.map(Some)
                };
                match decided {
                    Ok(Some(decided)) => self.settle(index, |checked| checked.answer(decided)),
                    Ok(None) => self.settle(index, |_| Err(still_locked())),
                    // What kept it keeps no other tenant, and there is time left.
                    Err(error) if is_busy(&error) && !late.is_over() => {
                        self.settle(index, |_| Err(error));
                    }
                    Err(error) => self.fail(&[index], error),
                }
            }
        }
    }

    fn settle(&mut self, index: usize, answer: impl FnOnce(Checked<'a>) -> Answer) {
        let Some(fate) = self.fates.get_mut(index) else {
            return;
        };
        // The place is filled again at once.
        let before = std::mem::replace(fate, Fate::Known(Ok(Vec::new())));
        *fate = match before {
            Fate::Open(checked) => Fate::Known(answer(checked)),
            Fate::Known(known) => Fate::Known(known),
        };
    }

    /// Answers a group with an error. Where that says nothing of what the group asked for, nothing
    /// more is sent: each call would wait as long to find out.
    fn fail(&mut self, group: &[usize], error: StoreError) {
        for index in group {
            self.settle(*index, |_| Err(same(&error)));
        }
        if error.is_retryable() {
            self.gone = Some(error);
        }
    }

    fn answers(self) -> Vec<Answer> {
        let gone = self.gone;
        let answer = |fate| match fate {
            Fate::Known(answer) => answer,
            Fate::Open(_) => Err(not_sent(gone.as_ref())),
        };
        self.fates.into_iter().map(answer).collect()
    }
}

/// Commits what a tenant has, which somebody held a lock of; nothing is done where it is held until
/// the time is over.
async fn patiently(
    session: &Session,
    tenant: &TenantId,
    checked: &Checked<'_>,
    until: Until,
) -> Result<Option<Vec<Outcome>>, StoreError> {
    loop {
        match at_once(session, &[(tenant, &checked.sound)], Some(until.left())).await? {
            Ok(at) => return Ok(Some(checked.committed(at))),
            Err(Apart::Refused) => {
                let decided = one_by_one(session, tenant, &checked.sound, Some(until)).await?;
                return Ok(Some(decided));
            }
            Err(Apart::Locked) if until.is_over() => return Ok(None),
            Err(Apart::Locked) => {}
        }
    }
}

/// Whether a tenant was kept by what others did, be it before all it has or in the middle.
fn is_busy(error: &StoreError) -> bool {
    let before = if let StoreError::OutcomeUnknown {
        source: Some(why), ..
    } = error
    {
        why.downcast_ref::<StoreError>()
    } else {
        Some(error)
    };
    matches!(before, Some(StoreError::Busy { .. }))
}

fn still_locked() -> StoreError {
    StoreError::Busy {
        detail: "somebody else kept a lock that it needs".to_owned(),
    }
}

/// An error that several are told; its cause is in its words.
fn same(error: &StoreError) -> StoreError {
    match error {
        StoreError::OutcomeUnknown { detail, .. } => StoreError::OutcomeUnknown {
            detail: detail.clone(),
            source: None,
        },
        StoreError::Unavailable { detail, .. } => StoreError::Unavailable {
            detail: detail.clone(),
            source: None,
        },
        StoreError::Busy { detail } => StoreError::Busy {
            detail: detail.clone(),
        },
        StoreError::Corrupt { what, detail } => StoreError::Corrupt {
            what: what.clone(),
            detail: detail.clone(),
        },
        StoreError::InvalidCall { detail } => StoreError::InvalidCall {
            detail: detail.clone(),
        },
        // A schema that is too new, or what a later release may add: nothing was done.
        other @ (StoreError::NewerSchema { .. } | _) => StoreError::Unavailable {
            detail: other.to_string(),
            source: None,
        },
    }
}

/// What somebody is told of whom nothing was sent.
fn not_sent(gone: Option<&StoreError>) -> StoreError {
    let why = gone.map_or_else(String::new, |error| format!(": {error}"));
    let detail = format!("not sent after a commit of others failed{why}");
    match gone {
        Some(error) if is_busy(error) => StoreError::Busy { detail },
        _ => StoreError::Unavailable {
            detail,
            source: None,
        },
    }
}

#[cfg(test)]
mod tests {
    use oms_core::port::StoreError;

    use super::{is_busy, not_sent};
    use crate::error::partly;

    #[test]
    fn who_is_kept_in_the_middle_says_nothing_of_the_server() {
        let busy = || StoreError::Busy {
            detail: "a test".to_owned(),
        };
        let gone = || StoreError::Unavailable {
            detail: "a test".to_owned(),
            source: None,
        };
        assert!(is_busy(&busy()) && is_busy(&partly("parts", busy())));
        assert!(!is_busy(&gone()) && !is_busy(&partly("parts", gone())));
        // Nor do those who were not sent after it.
        let after = |error| is_busy(&not_sent(Some(&error)));
        assert!(after(busy()) && after(partly("parts", busy())));
        assert!(!after(gone()) && !after(partly("parts", gone())));
    }
}
