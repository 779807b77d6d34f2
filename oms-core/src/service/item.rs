//! One command on its way: what was asked, what was tried, what came of it.

use std::sync::Arc;

use crate::event::Origin;
use crate::plan::{
    ChangeSet, Command, CounterKey, DecodeError, Fingerprint, Keys, Outcome, Receipt, Refusal,
    Rejection, Snapshot, UniqueKey,
};
use crate::port::StoreError;
use crate::service::{Done, Error, Extension};
use crate::value::limits::RETRY_ATTEMPTS_MAX;
use crate::value::{OrderNumber, Version};

/// A command on its way.
pub(super) struct Item<'a> {
    pub(super) command: &'a Command,
    pub(super) origin: Origin,
    pub(super) fingerprint: Fingerprint,
    pub(super) expected: Option<Version>,
    pub(super) extension: Option<&'a Extension>,
    /// The caller chose the key, so it may come again and must be remembered.
    pub(super) keyed: bool,
    /// What its plan has to know, as far as it is known.
    pub(super) keys: Arc<Keys>,
    /// It must be planned on what the store says now, not on what is remembered.
    pub(super) fresh: bool,
    /// How often its plan asked for more.
    pub(super) looks: usize,
    pub(super) number: Option<OrderNumber>,
    /// How often the store refused what was planned.
    attempts: u32,
    /// Why the store refused it the last time.
    refused: Option<Refused>,
    /// A commit of it was sent whose answer was lost: the failure.
    unknown: Option<Arc<StoreError>>,
    /// A commit of it was stored, as the store answered or as was found after a lost answer.
    stored: bool,
    pub(super) result: Option<Result<Done, Error>>,
}

/// A refusal of the store.
struct Refused {
    why: Refusal,
    /// The stock rows that were refused have room by now, as the plan made since saw them.
    room: bool,
}

/// What became of a command.
pub(crate) struct Ended {
    pub(crate) result: Result<Done, Error>,
    /// How often the store did not take what was planned, or its answer was lost.
    pub(crate) replans: u32,
    /// Something was stored for it now: it is no repeat, and not so already.
    pub(crate) stored: bool,
}

impl Ended {
    /// One that was not even tried, as the store was away for those before it.
    pub(super) fn unsent() -> Self {
        let error = StoreError::Unavailable {
            detail: "it was away for the commands before this one".to_owned(),
            source: None,
        };
        Self {
            result: Err(error.into()),
            replans: 0,
            stored: false,
        }
    }

    /// Whether the store did not answer for it.
    pub(super) fn found_it_away(&self) -> bool {
        match &self.result {
            Err(Error::OutcomeUnknown { .. }) => true,
            Err(Error::Store(error)) => match **error {
                StoreError::Unavailable { .. } | StoreError::OutcomeUnknown { .. } => true,
                StoreError::Busy { .. }
                | StoreError::Corrupt { .. }
                | StoreError::NewerSchema { .. }
                | StoreError::InvalidCall { .. } => false,
            },
            Ok(_) | Err(Error::Rejected(_) | Error::Contended { .. } | Error::Defect { .. }) => {
                false
            }
        }
    }
}

impl<'a> Item<'a> {
    pub(super) fn new(command: &'a Command, origin: Origin, keyed: bool) -> Self {
        let mut keys = crate::plan::keys(command);
        keys.commands.insert(origin.key.clone());
        Self {
            command,
            origin,
            fingerprint: crate::plan::fingerprint(command),
            expected: None,
            extension: None,
            keyed,
            keys: Arc::new(keys),
            fresh: !matches!(command, Command::Place(_) | Command::Enqueue(_)),
            looks: 0,
            number: None,
            attempts: 0,
            refused: None,
            unknown: None,
            stored: false,
            result: None,
        }
    }

    pub(super) const fn is_pending(&self) -> bool {
        self.result.is_none()
    }

    /// True when the command needs a human order number and has none.
    pub(super) const fn wants_number(&self) -> bool {
        self.is_pending() && self.number.is_none() && matches!(self.command, Command::Place(_))
    }

    /// Takes the number of an order that was not stored under it, for others to use.
    pub(super) fn unused_number(&mut self) -> Option<OrderNumber> {
        let stored = match &self.result {
            Some(Ok(done)) => {
                let order = done.receipt.order.as_ref();
                order.map(|order| order.number) == self.number
            }
            Some(Err(_)) | None => false,
        };
        if stored || self.unknown.is_some() {
            None
        } else {
            self.number.take()
        }
    }

    /// Notes an answer that needs no commit.
    pub(super) fn answer(&mut self, answer: Result<Receipt, Error>, snapshot: &Snapshot) {
        let record = snapshot.commands.get(&self.origin.key);
        let at = record.map_or(snapshot.now, |record| record.at);
        let repeated = record.is_some() && self.unknown.is_none();
        self.stored = record.is_some() && self.unknown.is_some() && answer.is_ok();
        self.result = Some(match answer {
            Ok(receipt) => Ok(Done {
                receipt,
                at,
                repeated,
            }),
            Err(error) => Err(self.honest(error)),
        });
    }

    /// Notes what became of its change set.
    pub(super) fn note(&mut self, outcome: Outcome, receipt: Receipt) {
        match outcome {
            Outcome::Committed { at } => {
                self.stored = true;
                self.result = Some(Ok(Done {
                    receipt,
                    at,
                    repeated: false,
                }));
            }
            Outcome::Repeated { receipt, at } => {
                let repeated = self.unknown.is_none();
                self.stored = !repeated;
                let done = |receipt| Done {
                    receipt,
                    at,
                    repeated,
                };
                let receipt = read_receipt(&receipt).map_err(Error::from);
                self.result = Some(receipt.map(done));
            }
            Outcome::Refused(refusal) => self.refuse(refusal),
        }
    }

    /// What became of it; one that was not finished is contended.
    pub(super) fn end(self) -> Ended {
        let (attempts, refused) = (self.attempts, self.refused.map(|refused| refused.why));
        let contended = || Err(Error::contended(attempts, refused));
        Ended {
            result: self.result.unwrap_or_else(contended),
            replans: attempts,
            stored: self.stored,
        }
    }

    /// Notes what its new plan saw of the stock rows that were refused the last time.
    pub(super) fn see_room(&mut self, snapshot: &Snapshot, change_set: &ChangeSet) {
        if let Some(Refused { why, room }) = &mut self.refused
            && let Refusal::Stock { rows } = why
        {
            *room = snapshot.has_room(&self.keys, change_set, rows);
        }
    }

    /// What the store refused is planned again on what it says then. If it refuses the same again
    /// for a reason that rivals do not explain, that reason is the answer.
    fn refuse(&mut self, refusal: Refusal) {
        self.attempts += 1;
        self.fresh = true;
        // What it asks for grows with what it finds, and that may be something else each time.
        self.looks = 0;
        if let Refusal::Taken {
            key: UniqueKey::OrderNumber(_),
            ..
        } = refusal
        {
            self.number = None;
        }
        let before = self.refused.as_ref();
        let same = before.filter(|before| before.why == refusal);
        let (again, room) = (same.is_some(), same.is_some_and(|before| before.room));
        let given_up = self.attempts >= RETRY_ATTEMPTS_MAX;
        let answer = match refusal.clone() {
            Refusal::KeyReused { key } => Some(Rejection::KeyReused { key }.into()),
            Refusal::Defect { problem } => Some(Error::Defect { problem }),
            Refusal::Unfit { what, detail } => Some(StoreError::Corrupt { what, detail }.into()),
            Refusal::Reservation {
                key,
                problem: reason,
            } if again => Some(Rejection::Reservation { key, reason }.into()),
            // Every loser of a sell-out is refused the same. Where its plan saw room, a rival took
            // it since, and there may be some again, or elsewhere.
            Refusal::Stock { rows } if again && !room => {
                Some(Rejection::StockRefused { rows }.into())
            }
            // A full hub is passed over by the next plan; only rivals can fill one anew.
            Refusal::Counter {
                key: key @ CounterKey::Host(..),
                problem: reason,
            } if again => Some(Rejection::Counter { key, reason }.into()),
            Refusal::Taken { key, holder } if again => {
                Some(Rejection::Taken { key, holder }.into())
            }
            Refusal::Unmet { requirement } if again => {
                Some(Rejection::Unmet { requirement }.into())
            }
            Refusal::ClockSkew { .. }
            | Refusal::Counter { .. }
            | Refusal::Conflict { .. }
            | Refusal::Reservation { .. }
            | Refusal::Stock { .. }
            | Refusal::Taken { .. }
            | Refusal::Unmet { .. } => {
                given_up.then(|| Error::contended(self.attempts, Some(refusal.clone())))
            }
        };
        let (why, room) = (refusal, false);
        self.refused = Some(Refused { why, room });
        self.result = answer.map(|error| Err(self.honest(error)));
    }

    /// Notes that the answer to its commit was lost.
    pub(super) fn lose(&mut self, error: &Arc<StoreError>) {
        if error.is_outcome_unknown() {
            self.unknown = Some(error.clone());
            self.fresh = true;
            self.attempts += 1;
            if self.attempts < RETRY_ATTEMPTS_MAX {
                return;
            }
        }
        self.fail(error);
    }

    /// Notes that the store cannot be asked.
    pub(super) fn fail(&mut self, source: &Arc<StoreError>) {
        let error = Error::Store(source.clone());
        self.result = Some(Err(self.honest(error)));
    }

    /// While a commit whose answer was lost may still be under way, nothing else is certain.
    fn honest(&self, error: Error) -> Error {
        match &self.unknown {
            Some(source) => Error::OutcomeUnknown {
                key: self.origin.key.clone(),
                source: source.clone(),
            },
            None => error,
        }
    }
}

/// The receipt of a command as it was stored.
pub(super) fn read_receipt(json: &str) -> Result<Receipt, DecodeError> {
    serde_json::from_str(json).map_err(|error| {
        let (what, detail) = ("the receipt of a command".to_owned(), error.to_string());
        DecodeError::Corrupt { what, detail }
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::Item;
    use crate::event::{Actor, ActorKind, Origin};
    use crate::plan::{Command, Outcome, Receipt, Refusal};
    use crate::port::StoreError;
    use crate::reservation::Owner;
    use crate::service::Error;
    use crate::value::{ExternalId, IdempotencyKey, Version};

    fn released() -> (Command, Receipt) {
        let owner = Owner::Host(ExternalId::parse("cart").unwrap());
        let receipt = Receipt::new(owner.stream(), Version::ZERO);
        (Command::ReleaseReservation { owner }, receipt)
    }

    fn item(command: &Command) -> Item<'_> {
        let origin = Origin {
            actor: Actor::new(ActorKind::System),
            reason: None,
            request_id: None,
            key: IdempotencyKey::parse("k").unwrap(),
        };
        Item::new(command, origin, true)
    }

    #[test]
    fn a_plan_that_is_made_again_may_ask_as_often_as_the_first() {
        let (command, receipt) = released();
        let mut item = item(&command);
        item.looks = 3;
        let refusal = Refusal::Stock { rows: Vec::new() };
        item.note(Outcome::Refused(refusal), receipt);
        assert!(item.is_pending());
        assert_eq!(item.looks, 0);
    }

    #[test]
    fn a_store_that_is_not_fit_is_no_defect_of_the_command() {
        let (command, receipt) = released();
        let mut item = item(&command);
        let refusal = Refusal::Unfit {
            what: "the database".to_owned(),
            detail: "XX001".to_owned(),
        };
        item.note(Outcome::Refused(refusal), receipt);
        let error = item.end().result.unwrap_err();
        let Error::Store(told) = &error else {
            panic!("{error:?}");
        };
        assert!(matches!(**told, StoreError::Corrupt { .. }), "{error:?}");
    }
}
