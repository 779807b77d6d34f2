//! Events and jobs.

use std::collections::BTreeSet;

use oms_core::event::{StreamId, StreamKind};
use oms_core::job::RunAt;
use oms_core::plan::{Outcome, Refusal};
use oms_core::value::{JobId, Timestamp, Version};

use crate::defect::{Defect, Earlier};
use crate::defects::reclaim::is_expired;
use crate::sound::Sound;

/// The place of the last event of a stream; up to 500 events.
fn last(sound: &Sound, tenant: &oms_core::value::TenantId, stream: &StreamId) -> Version {
    let events = sound.history(tenant, stream, Version::ZERO, 500).unwrap();
    events.last().map_or(Version::ZERO, |event| event.id.seq)
}

pub(crate) fn forgets_the_schema_of_events() -> Defect {
    Defect::told(|_, events| events.iter_mut().for_each(|event| event.schema = 1))
}

pub(crate) fn appends_events_backwards() -> Defect {
    Defect::item(|_, _, item| {
        if item.events.iter().all(|event| event.seq.is_none()) {
            item.events.reverse();
        }
    })
}

pub(crate) fn counts_places_within_a_change_set() -> Defect {
    Defect::told(|_, events| {
        let keys: BTreeSet<_> = events
            .iter()
            .map(|event| event.origin.key.clone())
            .collect();
        // A race may still look right here; it is for another case to find gaps there.
        if keys.len() == events.len() && events.len() < 10 {
            events
                .iter_mut()
                .for_each(|event| event.id.seq = Version::ZERO.next());
        }
    })
}

pub(crate) fn refuses_the_next_place() -> Defect {
    Defect::one_by_one(|sound, tenant, earlier, item| {
        // Behind others in a batch they are for another case.
        if !earlier.is_empty() {
            return None;
        }
        let next = item.events.iter().any(|event| {
            let last = last(sound, tenant, &event.stream);
            last > Version::ZERO && event.seq == Some(last.next())
        });
        let problem = "no places, please".to_owned();
        next.then_some(Outcome::Refused(Refusal::Defect { problem }))
    })
}

pub(crate) fn moves_events_off_taken_places() -> Defect {
    Defect::item(|sound, tenant, item| {
        for event in &mut item.events {
            let last = last(sound, tenant, &event.stream);
            event.seq = event.seq.filter(|seq| *seq > last);
        }
    })
}

pub(crate) fn closes_gaps_silently() -> Defect {
    Defect::item(|sound, tenant, item| {
        // What a refused event leaves of ended claims is for another case to find.
        for event in item.events.iter_mut().filter(|_| !item.reclaim) {
            let last = last(sound, tenant, &event.stream);
            event.seq = event.seq.filter(|seq| *seq <= last.next());
        }
    })
}

pub(crate) fn strips_events_of_what_is_no_text() -> Defect {
    Defect::item(|_, _, item| {
        for event in &mut item.events {
            event.body = event.body.replace(r#""\u0000""#, r#""""#).into();
        }
    })
}

pub(crate) fn loses_the_request_id() -> Defect {
    Defect::told(|_, events| {
        for event in events.iter_mut().filter(|event| !is_expired(event)) {
            event.origin.request_id = None;
        }
    })
}

pub(crate) fn takes_every_event_for_the_callers() -> Defect {
    Defect::item(|_, _, item| item.events.iter_mut().for_each(|event| event.actor = None))
}

pub(crate) fn stamps_events_with_the_stores_time() -> Defect {
    Defect::told(|sound, events| {
        // Those of ended claims are for another case.
        for event in events.iter_mut().filter(|event| !is_expired(event)) {
            event.at = sound.now();
        }
    })
}

pub(crate) fn repeats_the_last_event_of_a_page() -> Defect {
    Defect::history(|sound, tenant, stream, after, limit| {
        let before = Version::new(after.get().saturating_sub(1)).unwrap();
        sound.history(tenant, stream, before, limit)
    })
}

pub(crate) fn mixes_streams_of_two_kinds() -> Defect {
    let mixed = |stream: &StreamId| match stream.kind {
        StreamKind::Hub => StreamId::new(StreamKind::Host, stream.id.clone()),
        _ => stream.clone(),
    };
    let read = Defect::history(move |sound, tenant, stream, after, limit| {
        sound.history(tenant, &mixed(stream), after, limit)
    });
    let write = Defect::item(move |_, _, item| {
        item.events
            .iter_mut()
            .for_each(|event| event.stream = mixed(&event.stream));
    });
    Defect {
        history: read.history,
        ..write
    }
}

pub(crate) fn runs_jobs_at_once() -> Defect {
    Defect::jobs(|sound, tenant, after, limit| {
        let mut page = sound.jobs(tenant, after, limit)?;
        page.items
            .iter_mut()
            .for_each(|job| job.run_at = RunAt::At(Timestamp::EPOCH));
        Ok(page)
    })
}

pub(crate) fn skips_a_job_per_page() -> Defect {
    Defect::jobs(|sound, tenant, after, limit| {
        let mut page = sound.jobs(tenant, after, limit)?;
        if after.is_some() && !page.items.is_empty() {
            page.items.remove(0);
        }
        Ok(page)
    })
}

pub(crate) fn drops_jobs_kept_before() -> Defect {
    Defect::item(|sound, tenant, item| {
        let kept = sound.jobs(tenant, None, 500).unwrap().items;
        item.jobs
            .retain(|draft| kept.iter().all(|job| job.id != draft.id));
    })
}

/// Whether an earlier item of the batch came with this job.
fn came(earlier: &[Earlier], id: JobId) -> bool {
    let mut done = earlier.iter().filter(|(_, outcome)| outcome.is_done());
    done.any(|(before, _)| before.jobs.iter().any(|job| job.id == id))
}

pub(crate) fn drops_jobs_kept_twice_in_a_batch() -> Defect {
    Defect::one_by_one(|sound, tenant, earlier, item| {
        let kept = sound.jobs(tenant, None, 500).unwrap().items;
        item.jobs
            .retain(|draft| !came(earlier, draft.id) || kept.iter().all(|job| job.id != draft.id));
        None
    })
}

/// Adds a job that is kept, so that the item is refused for its id.
pub(crate) fn takes_ids_of_dropped_jobs_for_used() -> Defect {
    Defect::one_by_one(|sound, tenant, earlier, item| {
        if item.jobs.iter().any(|draft| came(earlier, draft.id)) {
            let kept = sound.jobs(tenant, None, 1).unwrap().items;
            item.jobs.extend(kept);
        }
        None
    })
}
