//! I7: a repeated key of a committed command returns its outcome and changes nothing; with another
//! body it is refused.

use crate::plan::{Command, Fingerprint, Receipt, fingerprint};
use crate::service::Done;
use crate::testing::simulation::book::{Book, Entry};
use crate::testing::simulation::report::{Checked, check};
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
    let same_body = |entry: &&Entry| entry.record.fingerprint == asked;
    let by_this = |entry: &Entry| entry.op == op;
    let seen: Vec<&Entry> = book.seen(op, key).filter(same_body).collect();
    if done.repeated || seen.iter().any(|entry| by_this(entry)) || wrote_something(&done.receipt) {
        check(!seen.is_empty(), "I8", || {
            format!("key {key} is told as done and was never committed: {done:?}")
        })?;
        let same = |entry: &&Entry| {
            let told = serde_json::from_str::<Receipt>(&entry.record.receipt);
            told.is_ok_and(|told| told == done.receipt) && entry.record.at == done.at
        };
        return check(seen.iter().any(same), INVARIANT, || {
            format!("key {key} is answered with {done:?}, committed was {seen:?}")
        });
    }
    Ok(())
}

/// A key that is told to be used for another command is.
pub(crate) fn check_reused(
    book: &Book,
    op: usize,
    key: &IdempotencyKey,
    asked: Fingerprint,
) -> Checked {
    let is_other = |entry: &Entry| entry.record.fingerprint != asked;
    check(book.seen(op, key).any(is_other), INVARIANT, || {
        format!("key {key} is refused as used for another command, and it was not")
    })
}

/// Receipts of commands that found everything done already name neither events nor movements.
fn wrote_something(receipt: &Receipt) -> bool {
    !receipt.events.is_empty() || receipt.movement.is_some()
}
