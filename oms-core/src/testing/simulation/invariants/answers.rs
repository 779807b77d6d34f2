//! What callers hear is true: a refusal or failure that says "nothing was written" wrote nothing
//! (I8), nobody hears of defects, and who wrote can read it back.

use crate::plan::{Command, Rejection, fingerprint};
use crate::port::StoreError;
use crate::service::{Call, Done, Error};
use crate::testing::simulation::book::Book;
use crate::testing::simulation::invariants::keys;
use crate::testing::simulation::report::{Broken, Checked, check};
use crate::value::IdempotencyKey;

/// What a caller is left with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Heard {
    /// It is done.
    Done,
    /// It is not done.
    NotDone,
    /// Nobody knows.
    Unknown,
}

/// Where a command was when it was answered.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    /// Another command of the same list has the same key.
    pub(crate) twin: bool,
    /// A late commit under its key may still arrive and be the first.
    pub(crate) under_way: bool,
}

/// Checks the answer to one command of an operation.
pub(crate) fn check_answer(
    book: &Book,
    op: usize,
    (command, call): (&Command, &Call),
    place: Place,
    answer: &Result<Done, Error>,
) -> Result<Heard, Broken> {
    // The service makes keys of its own for calls without one; nobody else can repeat those.
    let key = call.key();
    match answer {
        Ok(done) => {
            if let Some(key) = key {
                keys::check_done(book, op, key, command, done)?;
            }
            check_meaning(book, command, done)?;
            Ok(Heard::Done)
        }
        Err(Error::OutcomeUnknown { .. }) => Ok(Heard::Unknown),
        Err(Error::Rejected(rejection)) => {
            check_rejection(book, op, (command, call), rejection)?;
            nothing_written(book, op, key, place, answer)?;
            Ok(Heard::NotDone)
        }
        Err(Error::Contended { .. }) => {
            nothing_written(book, op, key, place, answer)?;
            Ok(Heard::NotDone)
        }
        Err(Error::Store(error)) => {
            check_failure(error)?;
            nothing_written(book, op, key, place, answer)?;
            Ok(Heard::NotDone)
        }
        Err(error @ Error::Defect { .. }) => {
            Err(Broken::new("answer", format!("{error} for {command:?}")))
        }
    }
}

/// The simulated trouble makes stores unavailable and busy, nothing else.
pub(crate) fn check_failure(error: &StoreError) -> Checked {
    let simulated = match error {
        StoreError::Unavailable { .. } | StoreError::Busy { .. } => true,
        StoreError::OutcomeUnknown { .. }
        | StoreError::Corrupt { .. }
        | StoreError::NewerSchema { .. }
        | StoreError::InvalidCall { .. } => false,
    };
    check(simulated, "answer", || {
        format!("nobody made the store fail so: {error:?}")
    })
}

/// Nothing is stored of an operation that was answered so, and nothing of it is under way.
fn nothing_written(
    book: &Book,
    op: usize,
    key: Option<&IdempotencyKey>,
    Place { twin, under_way }: Place,
    answer: &Result<Done, Error>,
) -> Checked {
    let Some(key) = key else { return Ok(()) };
    // In a list that names a key twice, the other one may have written.
    if twin {
        return Ok(());
    }
    let written = book.seen(op, key).any(|entry| entry.op == op);
    check(!written && !under_way, "I8", || {
        format!("key {key} was answered with {answer:?} and is stored or under way")
    })
}

fn check_rejection(
    book: &Book,
    op: usize,
    (command, call): (&Command, &Call),
    rejection: &Rejection,
) -> Checked {
    match rejection {
        Rejection::KeyReused { key } => keys::check_reused(book, op, key, fingerprint(command)),
        Rejection::Unreadable { error } => Err(Broken::new("I13", error.to_string())),
        Rejection::Changed { .. } => check(call.expected.is_some(), "answer", || {
            format!("{rejection} for a caller who expected nothing")
        }),
        Rejection::UnknownTenant { .. }
        | Rejection::NotFound { .. }
        | Rejection::Inactive { .. }
        | Rejection::Order { .. }
        | Rejection::Stock { .. }
        | Rejection::Short { .. }
        | Rejection::Unserviceable { .. }
        | Rejection::Counter { .. }
        | Rejection::RoutingOff
        | Rejection::Slot { .. }
        | Rejection::Transfer { .. }
        | Rejection::Hub { .. }
        | Rejection::Policy { .. }
        | Rejection::UnknownSkus { .. }
        | Rejection::TotalsDiffer { .. }
        | Rejection::Reservation { .. }
        | Rejection::NothingReserved { .. }
        | Rejection::OwnedByOrder { .. }
        | Rejection::WrongCount { .. }
        | Rejection::OutOfRange { .. }
        | Rejection::StockRefused { .. }
        | Rejection::Taken { .. }
        | Rejection::Unmet { .. }
        | Rejection::NotVersioned { .. }
        | Rejection::NotErasable { .. }
        | Rejection::NamesCustomer { .. }
        | Rejection::OtherCustomer { .. } => Ok(()),
    }
}

/// A receipt about an order is about one that exists, at a version it has reached.
fn check_meaning(book: &Book, command: &Command, done: &Done) -> Checked {
    let Some(receipt) = &done.receipt.order else {
        let of_order = matches!(command, Command::Place(_) | Command::Order { .. });
        return check(!of_order, "answer", || {
            format!("no order in {done:?} for {command:?}")
        });
    };
    let order = book.orders.get(&receipt.id);
    let reached = order.is_some_and(|order| {
        order.version >= done.receipt.version && order.head.number == receipt.number
    });
    check(reached, "I8", || format!("{done:?} is told of {order:?}"))
}
