//! The version of the catalogue.

use oms_core::plan::{ChangeSet, DocumentKey, Keys, Outcome, Refusal, Requirement};
use oms_core::testing::build::{channel, external, host, hub, tenant};
use oms_core::value::{TenantId, Version};

use crate::defect::Defect;
use crate::sound::Sound;

/// Tells a version that is one higher where a document exists.
fn raised_by(key: fn() -> DocumentKey) -> Defect {
    Defect::snapshot(move |sound, tenant, _, found| {
        if sound.version(tenant, &key()).is_some() {
            found.catalogue = found.catalogue.next();
        }
    })
}

pub(crate) fn raises_twice_for_mappings() -> Defect {
    raised_by(|| DocumentKey::SkuMapping(channel("web"), external("their tea")))
}

pub(crate) fn raises_for_every_document() -> Defect {
    raised_by(|| DocumentKey::Hub(hub("east")))
}

pub(crate) fn raises_for_other_documents() -> Defect {
    raised_by(|| host("x"))
}

fn asks_for_the_catalogue(item: &ChangeSet) -> Option<&Requirement> {
    let mut requires = item.requires.iter();
    requires.find(|requirement| matches!(requirement, Requirement::Catalogue(_)))
}

fn forget_the_catalogue(item: &mut ChangeSet) {
    item.requires
        .retain(|requirement| !matches!(requirement, Requirement::Catalogue(_)));
}

pub(crate) fn takes_one_requirement_at_a_time() -> Defect {
    Defect::answer(|_, _, item| {
        let requirement = asks_for_the_catalogue(item)?.clone();
        let more = item.requires.len() > 1;
        more.then_some(Outcome::Refused(Refusal::Unmet { requirement }))
    })
}

pub(crate) fn takes_any_catalogue() -> Defect {
    Defect::lone(|_, _, item| forget_the_catalogue(item))
}

pub(crate) fn reads_the_catalogue_before_the_batch() -> Defect {
    Defect::one_by_one(|_, _, earlier, item| {
        if earlier.iter().any(|(item, _)| item.writes_catalogue()) {
            forget_the_catalogue(item);
        }
        None
    })
}

pub(crate) fn has_one_catalogue_for_all() -> Defect {
    let of_acme = |sound: &Sound, own: &TenantId| -> Version {
        let acme = tenant("acme");
        if *own == acme {
            return Version::ZERO;
        }
        sound.prefetch(&acme, &Keys::default()).unwrap().catalogue
    };
    Defect::snapshot(move |sound, tenant, _, found| {
        let more = of_acme(sound, tenant).get();
        found.catalogue = found.catalogue.plus(more).unwrap();
    })
}
