//! Whether a change set agrees with itself, whatever is stored.

use std::collections::{BTreeMap, BTreeSet};

use oms_core::plan::{Body, ChangeSet, DocumentKind, DocumentWrite, Expected, Index};
use oms_core::value::Version;

/// What is wrong with a change set in itself.
pub(crate) fn problem(set: &ChangeSet) -> Option<String> {
    named_twice(set)
        .or_else(|| set.documents.iter().find_map(write_problem))
        .or_else(|| set.documents.iter().find_map(index_problem))
        .or_else(|| contested_name(set))
        .or_else(|| misplaced_event(set))
}

fn named_twice(set: &ChangeSet) -> Option<String> {
    let document = repeated(set.documents.iter().map(|write| &write.key));
    document
        .map(|key| format!("{key} is written twice"))
        .or_else(|| {
            let row = repeated(set.stock.iter().map(|setting| &setting.key));
            row.map(|key| format!("stock of {key} is set twice"))
        })
        .or_else(|| {
            let movement = repeated(set.movements.iter().map(|movement| &movement.id));
            movement.map(|id| format!("movement {id} is recorded twice"))
        })
        .or_else(|| {
            let job = repeated(set.jobs.iter().map(|job| &job.id));
            job.map(|id| format!("job {id} is kept twice"))
        })
}

fn repeated<T: Copy + Ord>(mut items: impl Iterator<Item = T>) -> Option<T> {
    let mut seen = BTreeSet::new();
    items.find(|item| !seen.insert(*item))
}

fn write_problem(write: &DocumentWrite) -> Option<String> {
    let before = match write.expected {
        Expected::Absent if write.body == Body::Keep => {
            return Some(format!("{} is new and has no body to keep", write.key));
        }
        Expected::Absent => Version::ZERO,
        Expected::Version(version) => version,
    };
    (write.version <= before).then(|| {
        format!(
            "{} goes from version {before} to {}",
            write.key, write.version
        )
    })
}

/// Index columns that the table of the kind does not have.
fn index_problem(write: &DocumentWrite) -> Option<String> {
    let kind = write.key.kind();
    let fits = match &write.index {
        Index::None => true,
        Index::Active(_) => matches!(
            kind,
            DocumentKind::Channel
                | DocumentKind::Hub
                | DocumentKind::Product
                | DocumentKind::SkuMapping
                | DocumentKind::Customer
                | DocumentKind::Host
        ),
        Index::Personal { .. } => matches!(
            kind,
            DocumentKind::Contact | DocumentKind::Payload | DocumentKind::Host
        ),
        Index::Order(_) => kind == DocumentKind::Order,
    };
    (!fits).then(|| format!("{} cannot be indexed by {:?}", write.key, write.index))
}

fn contested_name(set: &ChangeSet) -> Option<String> {
    let mut holders = BTreeMap::new();
    set.unique.iter().find_map(|claim| {
        let one = *holders.entry(&claim.key).or_insert(&claim.holder);
        (*one != claim.holder)
            .then(|| format!("one name is taken by {one} and by {}", claim.holder))
    })
}

/// An event whose place contradicts the places before it.
fn misplaced_event(set: &ChangeSet) -> Option<String> {
    let mut places: BTreeMap<_, Version> = BTreeMap::new();
    for event in &set.events {
        let stream = &event.stream;
        if event.seq == Some(Version::ZERO) {
            return Some(format!("an event of {stream} has place 0"));
        }
        let next = places.get(stream).map(|last| last.next());
        if let (Some(named), Some(next)) = (event.seq, next)
            && named != next
        {
            return Some(format!(
                "an event of {stream} has place {named}, the next one is {next}"
            ));
        }
        if let Some(place) = event.seq.or(next) {
            places.insert(stream, place);
        }
    }
    None
}
