//! Order, atomicity, neighbours, requirements.

use oms_core::event::StreamId;
use oms_core::plan::{DocumentKey, DocumentWrite, Expected, Index, Outcome, Refusal, Requirement};
use oms_core::value::Version;

use crate::defect::{Defect, Earlier, is_conflict, is_stock};

fn conflict(write: &DocumentWrite) -> Outcome {
    Outcome::Refused(Refusal::Conflict {
        document: write.key.clone(),
        current: None,
    })
}

fn was_refused_by_conflict((_, outcome): &Earlier) -> bool {
    matches!(outcome, Outcome::Refused(refusal) if is_conflict(refusal))
}

/// Whether an earlier item of the batch writes the document.
fn is_written(earlier: &[Earlier], key: &DocumentKey) -> bool {
    let mut writes = earlier.iter().flat_map(|(item, _)| &item.documents);
    writes.any(|write| write.key == *key)
}

pub(crate) fn commits_in_the_order_of_keys() -> Defect {
    Defect::commit(|sound, tenant, items| {
        let mut order: Vec<usize> = (0..items.len()).collect();
        order.sort_by_key(|n| &items[*n].origin.key);
        let sorted: Vec<_> = order.iter().map(|n| items[*n].clone()).collect();
        let found = sound.commit(tenant, &sorted)?;
        let mut outcomes: Vec<(usize, Outcome)> = order.into_iter().zip(found).collect();
        outcomes.sort_by_key(|(n, _)| *n);
        Ok(outcomes.into_iter().map(|(_, outcome)| outcome).collect())
    })
}

pub(crate) fn does_not_see_what_a_batch_created() -> Defect {
    Defect::one_by_one(|_, _, earlier, item| {
        let created = |write: &&DocumentWrite| {
            let mut writes = earlier.iter().flat_map(|(item, _)| &item.documents);
            write.expected != Expected::Absent
                && writes.any(|one| one.key == write.key && one.expected == Expected::Absent)
        };
        item.documents.iter().find(created).map(conflict)
    })
}

pub(crate) fn compares_versions_before_the_batch() -> Defect {
    Defect::one_by_one(|sound, tenant, earlier, item| {
        for write in &mut item.documents {
            let current = sound.version(tenant, &write.key);
            if let (Expected::Version(_), Some(current)) = (write.expected, current)
                && is_written(earlier, &write.key)
            {
                write.expected = Expected::Version(current);
                write.version = current.next();
            }
        }
        None
    })
}

pub(crate) fn reads_places_before_the_batch() -> Defect {
    Defect::one_by_one(|_, _, earlier, item| {
        let is_told = |stream: &StreamId| {
            let mut told = earlier.iter().flat_map(|(item, _)| &item.events);
            told.any(|event| event.stream == *stream)
        };
        let mut placed = item.events.iter().filter(|event| event.seq.is_some());
        let late = placed.any(|event| is_told(&event.stream));
        let problem = "another place was the next one".to_owned();
        late.then_some(Outcome::Refused(Refusal::Defect { problem }))
    })
}

pub(crate) fn stops_after_a_refused_item() -> Defect {
    Defect::one_by_one(|_, _, earlier, item| {
        let stopped = earlier
            .first()
            .is_some_and(|(_, outcome)| outcome.is_done())
            && earlier.iter().any(was_refused_by_conflict);
        item.documents.first().filter(|_| stopped).map(conflict)
    })
}

pub(crate) fn sees_documents_of_refused_items() -> Defect {
    Defect::one_by_one(|_, _, earlier, item| {
        let refused: Vec<Earlier> = earlier
            .iter()
            .filter(|one| was_refused_by_conflict(one))
            .cloned()
            .collect();
        item.documents
            .iter()
            .find(|write| is_written(&refused, &write.key))
            .map(conflict)
    })
}

fn creations(writes: &[DocumentWrite]) -> Vec<DocumentWrite> {
    writes
        .iter()
        .filter(|write| write.expected == Expected::Absent)
        .cloned()
        .collect()
}

pub(crate) fn leaks_documents() -> Defect {
    Defect::leak(is_conflict, |part, item| {
        part.documents = creations(&item.documents)
    })
}

pub(crate) fn leaks_events() -> Defect {
    Defect::leak(is_conflict, |part, item| part.events = item.events.clone())
}

pub(crate) fn leaks_jobs() -> Defect {
    Defect::leak(is_conflict, |part, item| part.jobs = item.jobs.clone())
}

pub(crate) fn leaks_movements() -> Defect {
    Defect::leak(is_conflict, |part, item| {
        part.movements = item.movements.clone()
    })
}

pub(crate) fn leaks_reservations() -> Defect {
    Defect::leak(is_conflict, |part, item| {
        part.reservations = item.reservations.clone()
    })
}

pub(crate) fn leaks_names() -> Defect {
    Defect::leak(is_conflict, |part, item| part.unique = item.unique.clone())
}

pub(crate) fn leaks_stock_settings() -> Defect {
    Defect::leak(is_conflict, |part, item| part.stock = item.stock.clone())
}

pub(crate) fn keeps_documents_that_stock_refused() -> Defect {
    Defect::leak(is_stock, |part, item| {
        part.documents = creations(&item.documents)
    })
}

pub(crate) fn refuses_requirements_that_hold() -> Defect {
    Defect::answer(|sound, tenant, item| {
        let holds = |requirement: &&Requirement| match requirement {
            Requirement::Active(_) | Requirement::Catalogue(_) => false,
            Requirement::Unchanged(key, version) => {
                !sound.is_race() && sound.version(tenant, key) == Some(*version)
            }
        };
        let requirement = item.requires.iter().find(holds)?.clone();
        Some(Outcome::Refused(Refusal::Unmet { requirement }))
    })
}

pub(crate) fn takes_inactive_documents() -> Defect {
    Defect::item(|sound, tenant, item| {
        item.requires.retain(|requirement| match requirement {
            Requirement::Active(key) => sound
                .document(tenant, key)
                .is_none_or(|document| document.index != Index::Active(false)),
            Requirement::Unchanged(..) | Requirement::Catalogue(_) => true,
        });
    })
}

pub(crate) fn takes_absent_documents_for_active() -> Defect {
    Defect::item(|sound, tenant, item| {
        item.requires.retain(|requirement| match requirement {
            Requirement::Active(key) => sound.document(tenant, key).is_some(),
            Requirement::Unchanged(..) | Requirement::Catalogue(_) => true,
        });
    })
}

/// Forgets requirements of documents of a kind that were changed since.
fn takes_changed(of_the_kind: fn(&DocumentKey) -> bool) -> Defect {
    Defect::item(move |sound, tenant, item| {
        item.requires.retain(|requirement| match requirement {
            Requirement::Active(_) | Requirement::Catalogue(_) => true,
            Requirement::Unchanged(key, version) => {
                let current = sound.version(tenant, key);
                sound.is_race() || !of_the_kind(key) || current.unwrap_or(Version::ZERO) <= *version
            }
        });
    })
}

pub(crate) fn takes_changed_documents() -> Defect {
    takes_changed(|key| !matches!(key, DocumentKey::Order(_)))
}

pub(crate) fn takes_changed_orders() -> Defect {
    takes_changed(|key| matches!(key, DocumentKey::Order(_)))
}

pub(crate) fn checks_requirements_before_the_batch() -> Defect {
    Defect::one_by_one(|_, _, earlier, item| {
        item.requires.retain(|requirement| match requirement {
            Requirement::Active(key) | Requirement::Unchanged(key, _) => !is_written(earlier, key),
            Requirement::Catalogue(_) => true,
        });
        None
    })
}

pub(crate) fn checks_requirements_before_documents() -> Defect {
    Defect::outcome(|_, _, item, outcome| {
        if let Outcome::Refused(Refusal::Conflict { .. }) = outcome
            && let Some(requirement) = item.requires.first().cloned()
        {
            *outcome = Outcome::Refused(Refusal::Unmet { requirement });
        }
    })
}
