//! I7: a repeated key of a committed command returns its outcome and changes nothing; with another
//! body it is refused.

use crate::plan::{Command, Fingerprint, Receipt, fingerprint};
use crate::service::Done;
use crate::testing::simulation::book::{Book, Entry};
use crate::testing::simulation::report::{Broken, Checked, check};
use crate::value::IdempotencyKey;

const INVARIANT: &str = "I7";

/// An answer that says "done" is the one that was committed under the key, or nothing had to be
/// written.
pub(crate) fn check_done(
    book: &Book,
    op: usize,
    key: &IdempotencyKey,
    command: &Command,
    done: &Done,
) -> Checked {
    let asked = fingerprint(command);
    // A command that changed nothing leaves its key to others.
    let entry = book.commands.get(key);
    let entry = entry.filter(|entry| entry.record.fingerprint == asked);
    let by_this = entry.is_some_and(|entry| entry.op == op);
    if done.repeated || by_this || wrote_something(&done.receipt) {
        let Some(Entry { record, .. }) = entry else {
            let detail = format!("key {key} is told as done and was never committed: {done:?}");
            return Err(Broken::new("I8", detail));
        };
        let told = serde_json::from_str::<Receipt>(&record.receipt);
        let same = told.is_ok_and(|told| told == done.receipt) && record.at == done.at;
        return check(same, INVARIANT, || {
            format!("key {key} is answered with {done:?}, committed was {record:?}")
        });
    }
    Ok(())
}

/// A key that is told to be used for another command is.
pub(crate) fn check_reused(book: &Book, key: &IdempotencyKey, asked: Fingerprint) -> Checked {
    let other = book.commands.get(key).map(|entry| entry.record.fingerprint);
    check(other.is_some_and(|other| other != asked), INVARIANT, || {
        format!("key {key} is refused as used for another command, it is {other:?}")
    })
}

/// Receipts of commands that found everything done already name neither events nor movements.
fn wrote_something(receipt: &Receipt) -> bool {
    !receipt.events.is_empty() || receipt.movement.is_some()
}
