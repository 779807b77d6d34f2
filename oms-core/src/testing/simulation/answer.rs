//! What becomes of the answers that callers get, and of those they never get.

use crate::plan::Command;
use crate::service::{Call, Done, Error};
use crate::testing::simulation::book::Book;
use crate::testing::simulation::invariants::answers::{Heard, Place, check_answer, check_failure};
use crate::testing::simulation::report::{Broken, Checked, check};
use crate::testing::simulation::run::{Answer, Run};
use crate::value::{IdempotencyKey, TenantId};

impl Run {
    /// An operation is over: checks what it answers and remembers what nobody knows.
    pub(super) fn answered(&mut self, op: usize, answer: Answer) -> Checked {
        match answer {
            Answer::Commands(results) => self.commands_answered(op, &results),
            Answer::Dry(result) => self.other_answered(op, "dry run", result.err()),
            Answer::Sweep(result) => self.other_answered(op, "sweep", result.err()),
            Answer::List(result) => self.other_answered(op, "list", result.err()),
            Answer::Erase(result) => self.other_answered(op, "erase", result.err()),
            Answer::Look(result) => {
                let look = self
                    .operations
                    .get(op)
                    .and_then(|operation| operation.look());
                if let (Ok(order), Some((id, version))) = (result.as_ref(), look) {
                    check(order.version >= version, "I8", || {
                        format!("order {id} was at {version} and is read as {order:?}")
                    })?;
                }
                self.other_answered(op, "look", result.err())
            }
        }
    }

    fn commands_answered(&mut self, op: usize, results: &[Result<Done, Error>]) -> Checked {
        let Some(operation) = self.operations.get(op) else {
            return Ok(());
        };
        let (tenant, commands) = (operation.tenant.clone(), operation.commands.clone());
        check(results.len() == commands.len(), "answer", || {
            format!("{} commands, {} answers", commands.len(), results.len())
        })?;
        let mut state = self.network.state();
        for ((command, call), result) in commands.iter().zip(results) {
            let code = result
                .as_ref()
                .map_or_else(|error| error.code(), |_| "done");
            state.report.add(code);
            state.report.add(&format!("{} {code}", command.name()));
            state.note(format_args!("operation {op} hears {code}"));
            let same_key = commands
                .iter()
                .filter(|(_, other)| other.key() == call.key());
            let key = call.key();
            let place = Place {
                twin: same_key.count() > 1,
                under_way: key.is_some_and(|key| state.under_way(op, key)),
            };
            let book = state.book(&tenant);
            let heard = check_answer(book, op, (command, call), place, result)?;
            let board = self.boards.entry(tenant.clone()).or_default();
            if heard == Heard::Unknown {
                board.doubt(command, call);
            }
        }
        Ok(())
    }

    fn other_answered(&mut self, op: usize, what: &str, error: Option<Error>) -> Checked {
        let mut state = self.network.state();
        let code = error.as_ref().map_or("done", |error| error.code());
        state.report.add(&format!("{what} {code}"));
        state.note(format_args!("operation {op} hears {code}"));
        match error {
            Some(Error::Store(error)) => check_failure(&error),
            Some(error @ Error::Defect { .. }) => Err(Broken::new("answer", error.to_string())),
            Some(Error::Rejected(_) | Error::Contended { .. } | Error::OutcomeUnknown { .. })
            | None => Ok(()),
        }
    }

    /// Nobody hears the answers of an operation whose caller is gone.
    pub(super) fn vanished(&mut self, op: usize) {
        let Some(operation) = self.operations.get(op) else {
            return;
        };
        let board = self.boards.entry(operation.tenant.clone()).or_default();
        for (command, call) in operation.commands.iter() {
            board.doubt(command, call);
        }
    }

    /// Keys that callers used and that were never committed.
    pub(super) fn unused_keys(&self, tenant: &TenantId, book: &Book) -> Vec<IdempotencyKey> {
        let own = self
            .operations
            .iter()
            .filter(|operation| operation.tenant == *tenant);
        let keys = own.flat_map(|operation| operation.commands.iter());
        let keys = keys.filter_map(|(_, call): &(Command, Call)| call.key().cloned());
        keys.filter(|key| !book.commands.contains_key(key))
            .collect()
    }
}
