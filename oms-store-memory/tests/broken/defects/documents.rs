//! Documents and unique names.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use oms_core::plan::{Body, DocumentKey, DocumentWrite, Expected, Outcome, Refusal, UniqueKey};
use oms_core::testing::build::{channel, channel_document};
use oms_core::value::Version;

use crate::defect::Defect;

/// Expects what is stored, whatever it is.
fn expect(write: &mut DocumentWrite, current: Version) {
    write.expected = Expected::Version(current);
    write.version = current.next();
}

pub(crate) fn forgets_the_schema() -> Defect {
    Defect::snapshot(|_, _, _, found| {
        found
            .documents
            .values_mut()
            .for_each(|document| document.schema = 1);
    })
}

pub(crate) fn forgets_when_an_order_was_promised() -> Defect {
    use oms_core::plan::Index;
    Defect::item(|_, _, item| {
        // Only where there is more in the index than the lists of orders look for.
        for write in item
            .documents
            .iter_mut()
            .filter(|write| write.version > Version::ZERO.next())
        {
            if let Index::Order(index) = &mut write.index {
                index.promised_by = None;
            }
        }
    })
}

pub(crate) fn creates_over_what_exists() -> Defect {
    Defect::lone(|sound, tenant, item| {
        for write in &mut item.documents {
            if let (Expected::Absent, Some(current)) =
                (write.expected, sound.version(tenant, &write.key))
            {
                expect(write, current);
            }
        }
    })
}

pub(crate) fn overwrites_what_changed() -> Defect {
    Defect::lone(|sound, tenant, item| {
        for write in &mut item.documents {
            if let (Expected::Version(seen), Some(current)) =
                (write.expected, sound.version(tenant, &write.key))
                && current > seen
                && !sound.is_race()
            {
                expect(write, current);
            }
        }
    })
}

pub(crate) fn changes_what_is_absent() -> Defect {
    Defect::lone(|sound, tenant, item| {
        for write in &mut item.documents {
            let first = write.expected == Expected::Version(Version::ZERO.next());
            if first && sound.version(tenant, &write.key).is_none() {
                write.expected = Expected::Absent;
            }
        }
    })
}

pub(crate) fn hides_the_version_of_a_conflict() -> Defect {
    Defect::outcome(|_, _, _, outcome| {
        if let Outcome::Refused(Refusal::Conflict { current, .. }) = outcome {
            *current = None;
        }
    })
}

pub(crate) fn empties_a_kept_body() -> Defect {
    Defect::item(|_, _, item| {
        for write in item
            .documents
            .iter_mut()
            .filter(|write| write.body == Body::Keep)
        {
            write.body = Body::Write {
                schema: 1,
                json: Arc::from("{}"),
            };
        }
    })
}

pub(crate) fn keeps_the_index_of_a_kept_body() -> Defect {
    Defect::item(|sound, tenant, item| {
        for write in item
            .documents
            .iter_mut()
            .filter(|write| write.body == Body::Keep)
        {
            if let Some(stored) = sound.document(tenant, &write.key) {
                write.index = stored.index;
            }
        }
    })
}

pub(crate) fn remembers_what_was_absent() -> Defect {
    let absent: Mutex<BTreeSet<DocumentKey>> = Mutex::default();
    Defect::snapshot(move |_, _, keys, found| {
        let mut absent = absent.lock().unwrap();
        for key in &keys.documents {
            if absent.contains(key) {
                found.documents.remove(key);
            } else if !found.documents.contains_key(key) {
                absent.insert(key.clone());
            }
        }
    })
}

pub(crate) fn writes_a_document_named_twice_once() -> Defect {
    Defect::item(|_, _, item| item.documents.dedup())
}

pub(crate) fn mends_versions_that_do_not_rise() -> Defect {
    Defect::item(|_, _, item| {
        for write in &mut item.documents {
            if let Expected::Version(seen) = write.expected {
                write.version = write.version.max(seen.next());
            }
        }
    })
}

pub(crate) fn gives_a_name_to_two_documents() -> Defect {
    Defect::lone(|sound, tenant, item| {
        item.unique.retain(|claim| {
            let holder = sound.holder(tenant, &claim.key);
            let host = matches!(claim.key, UniqueKey::Host(..)) && !sound.is_race();
            !host || holder.is_none_or(|holder| holder == claim.holder)
        });
    })
}

pub(crate) fn refuses_a_name_to_its_holder() -> Defect {
    Defect::answer(|sound, tenant, item| {
        item.unique.iter().find_map(|claim| {
            let holder = sound.holder(tenant, &claim.key)?;
            let key = claim.key.clone();
            (holder == claim.holder).then_some(Outcome::Refused(Refusal::Taken { key, holder }))
        })
    })
}

pub(crate) fn gives_a_name_twice_in_a_batch() -> Defect {
    Defect::one_by_one(|_, _, earlier, item| {
        item.unique.retain(|claim| {
            let mut taken = earlier.iter().flat_map(|(item, _)| &item.unique);
            !taken.any(|one| one.key == claim.key)
        });
        None
    })
}

pub(crate) fn mixes_the_references_of_channels() -> Defect {
    Defect::item(|_, _, item| {
        for claim in &mut item.unique {
            if let UniqueKey::ExternalReference(shop, ..) = &mut claim.key {
                *shop = channel("web");
            }
        }
    })
}

pub(crate) fn takes_bodies_that_are_not_json() -> Defect {
    Defect::item(|_, _, item| {
        for write in &mut item.documents {
            if let Body::Write { json, .. } = &mut write.body
                && serde_json::from_str::<serde_json::Value>(json).is_err()
            {
                *json = "null".into();
            }
        }
    })
}

pub(crate) fn makes_up_channels_of_mappings() -> Defect {
    Defect::item(|sound, tenant, item| {
        let keys: BTreeSet<DocumentKey> = item.documents.iter().map(|w| w.key.clone()).collect();
        for key in &keys {
            if let DocumentKey::SkuMapping(id, _) = key {
                let made = DocumentKey::Channel(id.clone());
                if !keys.contains(&made) && sound.version(tenant, &made).is_none() {
                    item.documents.push(channel_document(id.as_str(), true));
                }
            }
        }
    })
}
