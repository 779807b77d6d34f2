//! What a run knows, shared between the driver and the network.

use std::collections::BTreeMap;

use crate::plan::{ChangeSet, Command, Outcome, fingerprint};
use crate::testing::Random;
use crate::testing::simulation::book::{Book, Posting};
use crate::testing::simulation::invariants::plans;
use crate::testing::simulation::options::Trouble;
use crate::testing::simulation::report::{Broken, Checked, Report};
use crate::testing::simulation::trace::{Commands, Trace};
use crate::value::{IdempotencyKey, TenantId, Timestamp};

/// A commit that arrives after its caller gave up on it.
#[derive(Clone, Debug)]
pub(super) struct Straggler {
    pub(super) op: usize,
    pub(super) tenant: TenantId,
    pub(super) items: Vec<ChangeSet>,
}

/// What an operation read last.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    /// Change sets of the tenant committed until then.
    committed: u64,
    now: Timestamp,
}

/// What a run knows.
#[derive(Debug)]
pub(super) struct State {
    pub(super) random: Random,
    pub(super) trouble: Trouble,
    pub(super) books: BTreeMap<TenantId, Book>,
    pub(super) trace: Trace,
    pub(super) report: Report,
    /// The first broken promise that was noticed inside a call.
    pub(super) broken: Option<Broken>,
    /// What the store's clock shows.
    pub(super) now: Timestamp,
    pub(super) step: u64,
    /// The operation that is allowed to go on at present.
    pub(super) op: usize,
    /// Set when that operation waits for the simulated network, not for the store.
    pub(super) paused: bool,
    pub(super) stragglers: Vec<Straggler>,
    /// The commands of each operation, by its number.
    pub(super) operations: Vec<Commands>,
    /// What each operation read last.
    seen: BTreeMap<usize, Seen>,
}

impl State {
    pub(super) fn new(seed: u64, random: Random, now: Timestamp) -> Self {
        let report = Report {
            seed,
            ..Report::default()
        };
        Self {
            random,
            trouble: Trouble::none(),
            books: BTreeMap::new(),
            trace: Trace::new(),
            report,
            broken: None,
            now,
            step: 0,
            op: 0,
            paused: false,
            stragglers: Vec::new(),
            operations: Vec::new(),
            seen: BTreeMap::new(),
        }
    }

    /// The book of a tenant.
    pub(super) fn book(&mut self, tenant: &TenantId) -> &mut Book {
        let book = || Book::new(tenant.clone());
        self.books.entry(tenant.clone()).or_insert_with(book)
    }

    /// Notes something in the trace.
    pub(super) fn note(&mut self, what: std::fmt::Arguments<'_>) {
        self.trace.note(self.step, what);
    }

    /// Keeps the first broken promise.
    pub(super) fn keep(&mut self, checked: Checked) {
        if let Err(broken) = checked {
            self.broken.get_or_insert(broken);
        }
    }

    /// The operation read the tenant's data just now.
    pub(super) fn saw(&mut self, tenant: &TenantId) {
        let seen = Seen {
            committed: self.book(tenant).committed,
            now: self.now,
        };
        self.seen.insert(self.op, seen);
    }

    /// Writes down what the store answered to a commit of `op`. A commit that arrives in time is
    /// checked against what its operation saw.
    pub(super) fn post(
        &mut self,
        op: usize,
        tenant: &TenantId,
        items: &[ChangeSet],
        outcomes: &[Outcome],
        in_time: bool,
    ) {
        if items.len() != outcomes.len() {
            let detail = format!("{} change sets, {} outcomes", items.len(), outcomes.len());
            self.keep(Err(Broken::new("I8", detail)));
            return;
        }
        let now = self.now;
        let committed = self.book(tenant).committed;
        let seen = self.seen.get(&op);
        let fresh = seen.filter(|seen| in_time && seen.committed == committed && seen.now == now);
        if fresh.is_some() {
            let checked = plans::check_fresh(items, outcomes);
            self.keep(checked);
        }
        for (set, outcome) in items.iter().zip(outcomes) {
            self.count(set, outcome);
            let commands = self.operations.get(op).cloned();
            let carried = commands
                .as_ref()
                .and_then(|commands| command_of(commands, set));
            let swept = sweeping(set);
            let command = carried.or(swept.as_ref());
            let posting = Posting {
                op,
                command,
                set,
                outcome,
                now,
            };
            let checked = self.book(tenant).post(&posting);
            self.keep(checked);
        }
    }

    fn count(&mut self, set: &ChangeSet, outcome: &Outcome) {
        let key = &set.origin.key;
        match outcome {
            Outcome::Committed { .. } => {
                for event in &set.events {
                    self.report.add(&event.name);
                }
                for movement in &set.movements {
                    self.report.add(movement.kind.as_str());
                }
                self.note(format_args!("{key} committed"));
            }
            Outcome::Repeated { .. } => {
                self.report.add("repeated");
                self.note(format_args!("{key} repeated"));
            }
            Outcome::Refused(refusal) => {
                self.report.add("refused by the store");
                self.note(format_args!("{key} refused: {refusal}"));
            }
        }
    }

    /// Whether a commit of an operation under a key may still arrive and be the first.
    pub(super) fn under_way(&self, op: usize, key: &IdempotencyKey) -> bool {
        self.stragglers.iter().any(|straggler| {
            let mut items = straggler.items.iter();
            let book = self.books.get(&straggler.tenant);
            let done = book.is_some_and(|book| book.commands.contains_key(key));
            !done && straggler.op == op && items.any(|item| item.origin.key == *key)
        })
    }
}

/// The command an operation carried that became this change set.
fn command_of<'a>(commands: &'a Commands, set: &ChangeSet) -> Option<&'a Command> {
    let key = Some(&set.origin.key);
    let mut same = commands.iter().filter(|(_, call)| call.key() == key);
    let first = same.next().map(|(command, _)| command);
    if same.next().is_none() {
        return first;
    }
    let mut all = commands.iter().map(|(command, _)| command);
    all.find(|command| fingerprint(command) == set.fingerprint)
}

/// The sweeper makes keys of its own; its change sets are about the claims of one owner.
fn sweeping(set: &ChangeSet) -> Option<Command> {
    let owner = set
        .reservations
        .first()
        .map(|change| change.key.owner.clone())?;
    Some(Command::ExpireReservation { owner })
}
