//! Whether a change set can be stored, whatever is there.

use oms_core::plan::{Body, ChangeSet};

/// What is wrong with a change set in itself.
pub(crate) fn problem(set: &ChangeSet) -> Option<String> {
    set.problem().or_else(|| undecodable(set))
}

/// A body that is not JSON.
fn undecodable(set: &ChangeSet) -> Option<String> {
    if set.has_own_bodies() {
        return None;
    }
    let document = set.documents.iter().find_map(|write| match &write.body {
        Body::Write { json, .. } => json_problem(json).map(|why| format!("{}: {why}", write.key)),
        Body::Keep => None,
    });
    document.or_else(|| {
        set.events.iter().find_map(|event| {
            json_problem(&event.body)
                .map(|why| format!("{} of {}: {why}", event.name, event.stream))
        })
    })
}

/// Why a text is not JSON.
pub(crate) fn json_problem(text: &str) -> Option<String> {
    let read = serde_json::from_str::<serde::de::IgnoredAny>(text);
    read.err().map(|why| format!("not JSON: {why}"))
}
