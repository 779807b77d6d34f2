//! Whether a change set agrees with itself, whatever is stored.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::job::JobDraft;
use crate::plan::change_set::OwnBodies;
use crate::plan::{Body, ChangeSet, DocumentKind, DocumentWrite, Expected, Index};
use crate::value::Version;

impl ChangeSet {
    /// What is wrong with the change set in itself, whatever is stored; `None` when it is sound.
    ///
    /// This is the first check of [`Store::commit`](crate::port::Store::commit). A store answers
    /// [`Refusal::Defect`](crate::plan::Refusal::Defect) with this text. Whether bodies are JSON,
    /// and the channels of SKU mappings exist, is not looked at: a store answers the same for them.
    #[must_use]
    pub fn problem(&self) -> Option<String> {
        twice(self)
            .or_else(|| self.documents.iter().find_map(misplaced_write))
            .or_else(|| self.documents.iter().find_map(misplaced_index))
            .or_else(|| contested_name(self))
            .or_else(|| misplaced_event(self))
            .or_else(|| unreadable_event(self))
            .or_else(|| unfit_job(self))
    }

    /// Whether every body is one that a plan of this library wrote, and so is JSON without anybody
    /// reading it again. False tells nothing: the bodies of a host's own are JSON mostly, too.
    #[must_use]
    pub fn has_own_bodies(&self) -> bool {
        let mut own = self.own.0.iter();
        bodies(self).all(|body| own.next().is_some_and(|mine| Arc::ptr_eq(mine, body)))
    }

    /// Takes the bodies there are for ones that this library wrote.
    pub(super) fn note_own_bodies(&mut self) {
        // A value that could not be written has no body.
        if bodies(self).all(|body| !body.is_empty()) {
            self.own = OwnBodies(bodies(self).cloned().collect());
        }
    }
}

/// The bodies of documents, then those of events.
fn bodies(set: &ChangeSet) -> impl Iterator<Item = &Arc<str>> {
    let documents = set.documents.iter().filter_map(|write| match &write.body {
        Body::Write { json, .. } => Some(json),
        Body::Keep => None,
    });
    documents.chain(set.events.iter().map(|event| &event.body))
}

/// Something that is named twice but may be named once.
fn twice(set: &ChangeSet) -> Option<String> {
    let document = repeated(set.documents.iter().map(|write| &write.key));
    let counter = || repeated(set.counters.iter().map(|change| &change.key));
    let row = || repeated(set.stock.iter().map(|setting| &setting.key));
    let movement = || repeated(set.movements.iter().map(|movement| &movement.id));
    let job = || repeated(set.jobs.iter().map(|job| &job.id));
    document
        .map(|key| format!("{key} is written twice"))
        .or_else(|| counter().map(|key| format!("the counter {key} is changed twice")))
        .or_else(|| row().map(|key| format!("stock of {key} is set twice")))
        .or_else(|| movement().map(|id| format!("movement {id} is recorded twice")))
        .or_else(|| job().map(|id| format!("job {id} is kept twice")))
}

/// The first item that occurs a second time.
fn repeated<'a, T: Ord>(items: impl ExactSizeIterator<Item = &'a T> + Clone) -> Option<&'a T> {
    const FEW: usize = 8;
    if items.len() <= FEW {
        let mut rest = items;
        while let Some(item) = rest.next() {
            if rest.clone().any(|other| other == item) {
                return Some(item);
            }
        }
        return None;
    }
    let mut seen = BTreeSet::new();
    let mut items = items;
    items.find(|item| !seen.insert(*item))
}

fn misplaced_write(write: &DocumentWrite) -> Option<String> {
    let (before, keeps) = match write.expected {
        Expected::Absent => (Version::ZERO, write.body == Body::Keep),
        Expected::Version(version) => (version, false),
    };
    if keeps {
        return Some(format!("{} is new and has no body to keep", write.key));
    }
    let problem = || {
        format!(
            "{} goes from version {before} to {}",
            write.key, write.version
        )
    };
    (write.version <= before).then(problem)
}

/// Index columns that the table of the kind does not have.
fn misplaced_index(write: &DocumentWrite) -> Option<String> {
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
                | DocumentKind::Transfer
        ),
        Index::Personal { .. } => matches!(
            kind,
            DocumentKind::Contact | DocumentKind::Payload | DocumentKind::Host
        ),
        Index::Order(_) => kind == DocumentKind::Order,
    };
    (!fits).then(|| format!("{} cannot be indexed by {:?}", write.key, write.index))
}

/// A name that two documents take.
fn contested_name(set: &ChangeSet) -> Option<String> {
    if set.unique.len() < 2 {
        return None;
    }
    let mut holders = BTreeMap::new();
    set.unique.iter().find_map(|claim| {
        let holder = holders.entry(&claim.key).or_insert(&claim.holder);
        let (one, two) = (&**holder, &claim.holder);
        (one != two).then(|| format!("one name is taken by {one} and by {two}"))
    })
}

/// A job that no store may keep.
fn unfit_job(set: &ChangeSet) -> Option<String> {
    let refused = |job: &JobDraft| {
        job.check()
            .err()
            .map(|why| format!("job {}: {why}", job.id))
    };
    set.jobs.iter().find_map(refused)
}

/// An event with what is allowed in JSON and is no text: whoever reads it with all others, as a
/// view of a database does, could then read none of them.
fn unreadable_event(set: &ChangeSet) -> Option<String> {
    set.events.iter().find_map(|event| {
        if event.stream.id.contains('\0') {
            let id = &event.stream.id;
            return Some(format!(
                "the id of the stream of an event holds a NUL: {id:?}"
            ));
        }
        if event.name.contains('\0') {
            return Some(format!(
                "the name of an event of {} holds a NUL",
                event.stream
            ));
        }
        let escape = unreadable_escape(&event.body)?;
        let (name, stream) = (&event.name, &event.stream);
        Some(format!(
            "the body of event {name} of {stream} holds {escape}, which is no text"
        ))
    })
}

/// The first escape in a JSON text that stands for a NUL or for half of a surrogate pair.
fn unreadable_escape(json: &str) -> Option<&str> {
    let mut rest = json;
    loop {
        let escape = rest.get(rest.find('\\')?..)?;
        let Some(unit) = escaped_unit(escape) else {
            // Another escape; its second character may be a backslash, too.
            let mut chars = escape.chars();
            chars.nth(1)?;
            rest = chars.as_str();
            continue;
        };
        let after = escape.get(UNIT_LENGTH..)?;
        rest = match unit {
            0 | 0xDC00..=0xDFFF => return escape.get(..UNIT_LENGTH),
            0xD800..=0xDBFF => match escaped_unit(after) {
                Some(0xDC00..=0xDFFF) => after.get(UNIT_LENGTH..)?,
                Some(_) | None => return escape.get(..UNIT_LENGTH),
            },
            _ => after,
        };
    }
}

/// The length of `\u` and four digits.
const UNIT_LENGTH: usize = 6;

/// The unit of UTF-16 that an escape at the beginning of a JSON text stands for.
fn escaped_unit(text: &str) -> Option<u16> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    u16::from_str_radix(digits, 16).ok()
}

/// An event whose place contradicts the places named before it.
fn misplaced_event(set: &ChangeSet) -> Option<String> {
    let mut places: BTreeMap<_, Option<Version>> = BTreeMap::new();
    set.events.iter().find_map(|event| {
        if event.seq == Some(Version::ZERO) {
            return Some(format!("an event of {} has place 0", event.stream));
        }
        if set.events.len() < 2 {
            return None;
        }
        let last = places.entry(&event.stream).or_default();
        let next = last.map(Version::next);
        let gap = event.seq.zip(next).filter(|(named, next)| named != next);
        *last = event.seq.or(next);
        gap.map(|(named, next)| {
            format!(
                "an event of {} has place {named}, the next one is {next}",
                event.stream
            )
        })
    })
}

#[cfg(test)]
mod tests {
    use super::unreadable_escape;

    #[test]
    fn an_escape_that_is_no_text_is_found_and_others_are_not() {
        for (json, found) in [
            (r#"{"a":"\u0000"}"#, r"\u0000"),
            (r#"["\n\\\u0000"]"#, r"\u0000"),
            (r#""\ud83d""#, r"\ud83d"),
            (r#""\uD83D\n""#, r"\uD83D"),
            (r#""\ud83d\ud83d\ude00""#, r"\ud83d"),
            (r#""\ude00\ud83d""#, r"\ude00"),
            (r#""\u0041\uDC00""#, r"\uDC00"),
        ] {
            assert_eq!(unreadable_escape(json), Some(found), "{json}");
        }
        for json in [
            "{}",
            "",
            r#""\\u0000""#,
            r#""\ud83d\ude00 \u0041 \" \\""#,
            r#""\\\\ud800""#,
            "\"ud800 Grüße, 茶\"",
            // No JSON; not looked at here.
            "\\",
            r"\u12",
            r"\uGrüße",
        ] {
            assert_eq!(unreadable_escape(json), None, "{json}");
        }
    }
}
