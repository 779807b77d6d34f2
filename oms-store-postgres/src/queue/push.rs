//! Pushing: one statement for all drafts, but for those whose answer waits for another's.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use oms_core::job::JobDraft;
use oms_core::port::{Pushed, StoreError};
use oms_core::value::{JobId, TenantId};

use super::call::{Drafts, within_call};
use super::row;
use crate::error::partly;
use crate::store::PgStore;

/// How often drafts are pushed whose obstacle went away.
const PUSHES: usize = 5;

pub(super) async fn push(
    store: &PgStore,
    tenant: &TenantId,
    drafts: &[JobDraft],
) -> Result<Vec<Pushed>, StoreError> {
    within_call(drafts.len())?;
    let mut answers: Vec<Option<Pushed>> = vec![None; drafts.len()];
    let mut batch: Vec<usize> = Vec::new();
    // The ids that were seen, and whether they are sure to be kept: only a key can be in the way.
    let mut seen: BTreeMap<JobId, bool> = BTreeMap::new();
    for (n, draft) in drafts.iter().enumerate() {
        if let Err(why) = draft.check() {
            note(&mut answers, n, Pushed::Refused(why));
            continue;
        }
        if seen.get(&draft.id) == Some(&false) {
            // Whether this is a repeat is known when the first of its id is answered.
            send(store, tenant, drafts, &batch, &mut answers).await?;
            for sent in batch.drain(..) {
                if let (Some(draft), Some(answer)) = (drafts.get(sent), answers.get(sent)) {
                    let there = matches!(answer, Some(Pushed::Kept | Pushed::Repeated));
                    seen.insert(draft.id, there);
                }
            }
            seen.retain(|_, there| *there);
        }
        match seen.entry(draft.id) {
            Entry::Occupied(_) => note(&mut answers, n, Pushed::Repeated),
            Entry::Vacant(first) => {
                first.insert(draft.unique.is_none());
                batch.push(n);
            }
        }
    }
    send(store, tenant, drafts, &batch, &mut answers).await?;
    if answers.contains(&None) {
        let detail = "jobs with the same keys come and go".to_owned();
        return Err(after_some(&answers, StoreError::Busy { detail }));
    }
    Ok(answers.into_iter().flatten().collect())
}

/// An error of a push that may have kept some of the jobs.
fn after_some(answers: &[Option<Pushed>], error: StoreError) -> StoreError {
    if answers.contains(&Some(Pushed::Kept)) {
        return partly("some of the jobs are kept", error);
    }
    error
}

/// Pushes the drafts at some places, each of its own id, and notes the answers.
async fn send(
    store: &PgStore,
    tenant: &TenantId,
    drafts: &[JobDraft],
    places: &[usize],
    answers: &mut [Option<Pushed>],
) -> Result<(), StoreError> {
    let mut rest = places.to_vec();
    for _ in 0..PUSHES {
        if rest.is_empty() {
            break;
        }
        let sent = Drafts::new(rest.iter().filter_map(|n| drafts.get(*n)));
        let now = store.session().fixed_time();
        let rows = store.session().again(|| sent.push(tenant, now)).await;
        let rows = rows.map_err(|error| after_some(answers, error))?;
        let dropped = row::dropped(&rows)?;
        let places = std::mem::take(&mut rest);
        for (place, n) in places.into_iter().enumerate() {
            match dropped.get(&place) {
                None => note(answers, n, Pushed::Kept),
                Some(Some(answer)) => note(answers, n, answer.clone()),
                Some(None) => rest.push(n),
            }
        }
    }
    let kept = places.iter().filter_map(|n| {
        let kept = matches!(answers.get(*n), Some(Some(Pushed::Kept)));
        drafts.get(*n).filter(|_| kept)
    });
    store.pushed().note(tenant, kept.map(|draft| &draft.queue));
    Ok(())
}

fn note(answers: &mut [Option<Pushed>], n: usize, answer: Pushed) {
    if let Some(open) = answers.get_mut(n) {
        *open = Some(answer);
    }
}
