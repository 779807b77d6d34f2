//! Orders taken in by batches: placed, then told what their channels' words ask for beside.

mod quiet;

use std::collections::{BTreeMap, BTreeSet};

use oms_core::channel::Incoming;
use oms_core::order::{CommandKind, Order, OrderCommand, OrderStatus};
use oms_core::plan::{Command, OnProblem, OrderReceipt, PlaceOrder, Receipt, Rejection, UniqueKey};
use oms_core::port::Clock;
use oms_core::service::{Call, Done, Error, Tenant};
use oms_core::system::SystemClock;
use oms_core::value::OrderId;
use oms_core::value::limits::PAGE_ITEMS_MAX;

use self::quiet::quiet;
use super::{Ask, Treatment, asks, once, tell_all, told, treatment};
use crate::words;

/// An order on its way in.
#[derive(Clone, Debug)]
pub struct Arriving {
    /// The order.
    pub order: Incoming,
    /// Who brings it.
    pub call: Call,
    /// An order without a word on payment is to be worked on.
    pub on_account: bool,
    /// What is done where something stands against it.
    pub on_problem: OnProblem,
    /// How long an unpaid one keeps its stock, `None` for as long as the tenant's settings say.
    pub unpaid_ttl_secs: Option<i64>,
}

/// What became of it.
#[derive(Clone, Debug)]
pub enum Fate {
    /// There is no work in it.
    LeftOut {
        /// Why.
        why: String,
        /// What its order was told, where that was stored before.
        told: Vec<Told>,
    },
    /// It is stored, on hold where something stands against it.
    Stored(Stored),
    /// It was stored before.
    Known(Stored),
    /// It is not stored, or nobody knows whether it is; whether trying again may help, the error
    /// says.
    Refused(Error),
    /// It is stored, and what the channel's word asks for beside is not done, since the store
    /// failed. Reading it again does that.
    Unfinished(Error),
}

/// An order in the store.
#[derive(Clone, Debug)]
pub struct Stored {
    /// The order, after what the channel's word asked for.
    pub receipt: OrderReceipt,
    /// What the channel's word asked for.
    pub told: Vec<Told>,
}

/// What an order was told, and what became of that.
#[derive(Clone, Debug)]
pub struct Told {
    /// The command.
    pub command: OrderCommand,
    /// What it did, or why the order does not allow it any more.
    pub answer: Result<Done, Rejection>,
}

/// What the channel's word asked for and the order does not allow any more, with the reasons.
pub fn too_late(told: &[Told]) -> impl Iterator<Item = (CommandKind, &Rejection)> {
    told.iter().filter_map(|told| {
        let rejection = told.answer.as_ref().err()?;
        Some((told.command.kind(), rejection))
    })
}

impl Stored {
    const fn new(receipt: OrderReceipt) -> Self {
        Self {
            receipt,
            told: Vec::new(),
        }
    }

    fn stands(&mut self, done: &Done) {
        // What was done before says how the order stood then.
        if !done.repeated
            && let Some(receipt) = &done.receipt.order
        {
            let before = std::mem::replace(&mut self.receipt, receipt.clone());
            if self.receipt.status == OrderStatus::OnHold {
                self.receipt.holds.extend(before.holds);
            }
        }
    }
}

/// Takes orders in, one batch of a run after the other.
#[derive(Debug)]
pub struct Importer {
    tenant: Tenant,
    dry_run: bool,
    /// Orders that did not hear all of a message of this run, since the store failed. Until that is
    /// read again they hear nothing: an older message would count as news.
    failed: BTreeMap<OrderId, Error>,
    /// The names of orders that the store failed to place or to find: older messages wait, too.
    unplaced: BTreeMap<UniqueKey, Error>,
}

impl Importer {
    /// A run. A dry one writes nothing.
    #[must_use]
    pub const fn new(tenant: Tenant, dry_run: bool) -> Self {
        Self {
            tenant,
            dry_run,
            failed: BTreeMap::new(),
            unplaced: BTreeMap::new(),
        }
    }

    /// Places orders and does what the channel's word asks for beside. The answers are in the order
    /// of the orders; a batch has at most
    /// [`BATCH_ITEMS_MAX`](oms_core::value::limits::BATCH_ITEMS_MAX). When the channel changed an
    /// order is kept with it, so that an older message, read after it, is known as such.
    pub async fn take(&mut self, orders: &mut [Arriving]) -> Vec<Fate> {
        let now = SystemClock.now();
        for arriving in &mut *orders {
            arriving.order.bound_changed_at(now);
            arriving.order.keep_changed_at();
        }
        let orders: &[Arriving] = orders;
        let mut begun = self.place(orders).await;
        if self.dry_run {
            return begun.into_iter().map(|begun| begun.fate).collect();
        }
        let read = self.look(orders, &mut begun).await;
        let mut round = Round {
            quiet: quiet(&self.tenant, orders, &begun, &read).await,
            read,
            tenant: &self.tenant,
            failed: &mut self.failed,
            unplaced: &mut self.unplaced,
            then: Vec::new(),
            fates: Vec::with_capacity(orders.len()),
        };
        for (arriving, begun) in orders.iter().zip(begun) {
            round.add(arriving, begun).await;
        }
        round.follow_up().await;
        round.fates
    }

    /// Places all of them but those that are left out.
    async fn place(&self, orders: &[Arriving]) -> Vec<Begun> {
        let treated = orders.iter().map(|arriving| {
            let on_account = arriving.on_account;
            let ttl_secs = arriving.unpaid_ttl_secs;
            treatment(&arriving.order, on_account, ttl_secs)
        });
        let treated: Vec<Treatment> = treated.collect();
        let mut commands = Vec::new();
        for (arriving, treatment) in orders.iter().zip(&treated) {
            if let Treatment::Take { reserve, .. } = treatment {
                let place = PlaceOrder {
                    on_problem: arriving.on_problem,
                    reserve: *reserve,
                    hub: arriving.order.hub.clone(),
                    ..PlaceOrder::new(arriving.order.draft.clone())
                };
                commands.push((Command::Place(Box::new(place)), arriving.call.clone()));
            }
        }
        let mut placed = self.run(commands).await.into_iter();
        let mut begun = Vec::with_capacity(orders.len());
        for (arriving, treatment) in orders.iter().zip(treated) {
            begun.push(match treatment {
                Treatment::LeaveOut => Begun::left_out(&arriving.order),
                Treatment::Take { then, .. } => match placed.next() {
                    Some(answer) => Begun::placed(answer, then),
                    // There is one answer per command.
                    None => break,
                },
            });
        }
        begun
    }

    async fn run(&self, commands: Vec<(Command, Call)>) -> Vec<Result<Receipt, Error>> {
        if !self.dry_run {
            let done = self.tenant.bulk(&commands).await.into_iter();
            return done.map(|done| done.map(|done| done.receipt)).collect();
        }
        let mut receipts = Vec::with_capacity(commands.len());
        for (command, call) in commands {
            let dry = self.tenant.dry_run(command, call).await;
            receipts.push(dry.map(|dry| dry.receipt));
        }
        receipts
    }

    /// Reads the orders that were stored before, all at once, also of messages that are left out:
    /// what an order is now, an older message may not undo.
    async fn look(&self, orders: &[Arriving], begun: &mut [Begun]) -> BTreeMap<OrderId, Order> {
        let known = begun
            .iter()
            .filter(|begun| matches!(begun.fate, Fate::Known(_)));
        let known: Vec<OrderId> = known.filter_map(|begun| begun.order).collect();
        // What cannot be read so is read alone when its turn comes, which says why.
        let read = self.tenant.orders_by_id(&known).await.unwrap_or_default();
        let read = read.into_iter().filter_map(Result::ok);
        let mut read: BTreeMap<OrderId, Order> = read.map(|order| (order.head.id, order)).collect();
        let mut names = Vec::new();
        for (arriving, begun) in orders.iter().zip(&*begun) {
            if begun.is_left_out() {
                names.extend(names_of(&arriving.order));
            }
        }
        let found = self.find(&names).await;
        for (arriving, begun) in orders.iter().zip(begun) {
            if !begun.is_left_out() {
                continue;
            }
            let mut names = names_of(&arriving.order);
            match names.find_map(|name| found.get(&name)) {
                Some(Ok(order)) => {
                    begun.order = Some(order.head.id);
                    read.insert(order.head.id, order.clone());
                }
                Some(Err(error)) => begun.fate = Fate::Refused(error.clone()),
                None => {}
            }
        }
        read
    }

    /// The orders with these names, where there is one.
    async fn find(&self, names: &[UniqueKey]) -> BTreeMap<UniqueKey, Result<Order, Error>> {
        let mut found = BTreeMap::new();
        for names in names.chunks(PAGE_ITEMS_MAX) {
            let each = names.iter().cloned();
            match self.tenant.find_orders(names).await {
                Ok(answers) => found.extend(each.zip(answers).filter_map(|(name, answer)| {
                    let answer = answer.transpose()?;
                    Some((name, answer))
                })),
                Err(error) => found.extend(each.map(|name| (name, Err(error.clone())))),
            }
        }
        found
    }
}

/// What the channel calls an order.
fn names_of(order: &Incoming) -> impl Iterator<Item = UniqueKey> {
    let channel = &order.draft.source.channel;
    order.draft.external.iter().map(move |external| {
        let kind = external.kind.clone();
        let id = external.id.clone();
        UniqueKey::ExternalReference(channel.clone(), kind, id)
    })
}

/// What became of an order at first.
struct Begun {
    fate: Fate,
    /// The order in the store, if there is one.
    order: Option<OrderId>,
    /// What is done with it by [`treatment`].
    then: Vec<OrderCommand>,
}

impl Begun {
    fn left_out(order: &Incoming) -> Self {
        let fate = Fate::LeftOut {
            why: words::left_out(&order.state.suggestion),
            told: Vec::new(),
        };
        Self {
            fate,
            order: None,
            then: Vec::new(),
        }
    }

    const fn is_left_out(&self) -> bool {
        matches!(self.fate, Fate::LeftOut { .. })
    }

    fn placed(answer: Result<Receipt, Error>, then: Vec<OrderCommand>) -> Self {
        let refused = |error| Self {
            fate: Fate::Refused(error),
            order: None,
            then: Vec::new(),
        };
        let receipt = match answer {
            Ok(receipt) => receipt,
            Err(error) => return refused(error),
        };
        let known = receipt.known;
        let Some(receipt) = receipt.order else {
            let problem = "an order was placed and its receipt names none".to_owned();
            return refused(Error::Defect { problem });
        };
        let order = Some(receipt.id);
        let stored = Stored::new(receipt);
        let fate = match known {
            true => Fate::Known(stored),
            false => Fate::Stored(stored),
        };
        Self { fate, order, then }
    }
}

/// What is done with an order once it is stored.
struct Then {
    /// The order's place among the fates.
    at: usize,
    order: OrderId,
    ask: Ask,
    call: Call,
}

/// A batch of orders once they are placed.
struct Round<'a> {
    tenant: &'a Tenant,
    failed: &'a mut BTreeMap<OrderId, Error>,
    unplaced: &'a mut BTreeMap<UniqueKey, Error>,
    /// Orders that were stored before, as they stand.
    read: BTreeMap<OrderId, Order>,
    /// The places of messages that say nothing new of the people of an order that was read.
    quiet: BTreeSet<usize>,
    then: Vec<Then>,
    fates: Vec<Fate>,
}

impl Round<'_> {
    async fn add(&mut self, arriving: &Arriving, begun: Begun) {
        let Begun {
            mut fate,
            order,
            then,
        } = begun;
        let Some(order) = order else {
            if let Fate::Refused(error) = &fate
                && !matches!(error, Error::Rejected(_))
            {
                let failed = |name| (name, error.clone());
                self.unplaced.extend(names_of(&arriving.order).map(failed));
            }
            self.fates.push(fate);
            return;
        };
        let mut names = names_of(&arriving.order);
        if let Some(error) = names.find_map(|name| self.unplaced.get(&name)) {
            self.fates.push(Fate::Unfinished(error.clone()));
            return;
        }
        let asks = if matches!(fate, Fate::Stored(_)) {
            then.into_iter().map(Ask::Tell).collect()
        } else {
            self.hear(&arriving.order, order, then, &mut fate).await
        };
        let at = self.fates.len();
        self.then.extend(asks.into_iter().map(|ask| {
            let call = arriving.call.clone();
            let call = match &ask {
                Ask::Tell(command) => once(call, order, command),
                // What was followed before is nothing new.
                Ask::Follow(_) => call,
            };
            Then {
                at,
                order,
                ask,
                call,
            }
        }));
        self.fates.push(fate);
    }

    /// What an order that was stored before is told.
    async fn hear(
        &mut self,
        message: &Incoming,
        order: OrderId,
        then: Vec<OrderCommand>,
        fate: &mut Fate,
    ) -> Vec<Ask> {
        let mut quiet = self.quiet.contains(&self.fates.len());
        // It was compared with the order as that was read.
        quiet &= self.read.contains_key(&order) && !self.is_due(order);
        let known = match self.known(order).await {
            Ok(known) => known,
            Err(error) => return self.fail(order, error, fate),
        };
        let standing = Receipt::of_order(&known).order;
        if let (Fate::Known(stored), Some(standing)) = (&mut *fate, standing) {
            stored.receipt = standing;
        }
        let said = message.contacts_since(&known).filter(|_| !quiet);
        match told(self.tenant, message, then, &known).await {
            Ok(commands) => asks(commands, said),
            Err(error) => self.fail(order, error, fate),
        }
    }

    fn fail(&mut self, order: OrderId, error: Error, fate: &mut Fate) -> Vec<Ask> {
        self.failed.insert(order, error.clone());
        *fate = Fate::Unfinished(error);
        Vec::new()
    }

    /// An order as it stands. One that comes twice is told of the second message what the first
    /// left of it.
    async fn known(&mut self, order: OrderId) -> Result<Order, Error> {
        if self.is_due(order) {
            self.follow_up().await;
        }
        if let Some(error) = self.failed.get(&order) {
            return Err(error.clone());
        }
        match self.read.remove(&order) {
            Some(known) => Ok(known),
            None => self.tenant.order(order).await,
        }
    }

    /// Whether something is to be done with the order first.
    fn is_due(&self, order: OrderId) -> bool {
        self.then.iter().any(|then| then.order == order)
    }

    /// Does what is due: of each order one command after the other, and none after one that the
    /// store failed at. Each counts on those before it: once an order is approved, the money that
    /// was to be recorded before is no news any more.
    async fn follow_up(&mut self) {
        let mut due = std::mem::take(&mut self.then);
        while !due.is_empty() {
            let mut turn = BTreeSet::new();
            let first = |then: &Then| turn.insert(then.order);
            let (now, mut later): (Vec<Then>, Vec<Then>) = due.into_iter().partition(first);
            let asked = |then: &Then| (then.order, then.ask.clone(), then.call.clone());
            let asked: Vec<_> = now.iter().map(asked).collect();
            let results = tell_all(self.tenant, &asked).await;
            for (then, result) in now.into_iter().zip(results) {
                self.tell(then, result);
            }
            later.retain(|then| !self.failed.contains_key(&then.order));
            due = later;
        }
    }

    fn tell(&mut self, then: Then, result: Result<Done, Error>) {
        self.read.remove(&then.order);
        let Some(fate) = self.fates.get_mut(then.at) else {
            return;
        };
        let answer = match result {
            Ok(done) => Ok(done),
            Err(Error::Rejected(rejection)) => Err(rejection),
            Err(error) => {
                self.failed.insert(then.order, error.clone());
                *fate = Fate::Unfinished(error);
                return;
            }
        };
        let told = match fate {
            Fate::Stored(stored) | Fate::Known(stored) => {
                if let Ok(done) = &answer {
                    stored.stands(done);
                }
                &mut stored.told
            }
            Fate::LeftOut { told, .. } => told,
            Fate::Refused(_) | Fate::Unfinished(_) => return,
        };
        match then.ask {
            Ask::Tell(command) => told.push(Told { command, answer }),
            // The order itself tells a person what could not be followed.
            Ask::Follow(_) => {}
        }
    }
}

#[cfg(test)]
mod tests;
