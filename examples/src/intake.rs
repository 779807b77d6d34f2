//! What is done with an order that a channel sent: what the channel says of it is respected.

use std::collections::BTreeSet;

use oms_core::channel::{Arrival, FinancialState, Incoming, Suggestion};
use oms_core::order::{HoldReason, Order, OrderCommand, OrderEvent, OrderStatus};
use oms_core::plan::{Command, OnProblem, OrderReceipt, PlaceOrder, Receipt, ReserveMode};
use oms_core::service::{Call, Done, Error, Tenant};
use oms_core::value::{OrderId, Reason};

use crate::{who, words};

/// How long stock is kept for an order that a person has to look at: a week.
const HELD_TTL_SECS: i64 = 7 * 86_400;

/// What to do with an order that was read.
#[derive(Clone, Debug, PartialEq)]
pub enum Treatment {
    /// Nothing: there is no work in it.
    LeaveOut,
    /// Store it.
    Take {
        /// How its stock is reserved.
        reserve: ReserveMode,
        /// What is done with it once it is stored.
        then: Option<OrderCommand>,
    },
}

/// What to do with an order, by the channel's word. `on_account` says that an order without a word
/// on payment is to be worked on; `unpaid_ttl_secs` is how long an unpaid one keeps its stock,
/// `None` for as long as the tenant's settings say.
#[must_use]
pub fn treatment(order: &Incoming, on_account: bool, unpaid_ttl_secs: Option<i64>) -> Treatment {
    let briefly = ReserveMode::Tentative {
        ttl_secs: unpaid_ttl_secs,
    };
    let for_a_while = ReserveMode::Tentative {
        ttl_secs: Some(HELD_TTL_SECS),
    };
    let hold = |reason, why: &str| {
        Some(OrderCommand::Hold {
            reason,
            note: Reason::truncated(why),
        })
    };
    let (reserve, then) = match &order.state.suggestion {
        Suggestion::Ignore { .. } | Suggestion::Shipped | Suggestion::Delivered => {
            return Treatment::LeaveOut;
        }
        Suggestion::Approved => (ReserveMode::Confirmed, None),
        Suggestion::Pending if on_account && order.state.financial.is_none() => {
            (ReserveMode::Confirmed, None)
        }
        // A bank has promised the money, and that lasts for days.
        Suggestion::Pending if order.state.financial == Some(FinancialState::Authorised) => {
            (for_a_while, None)
        }
        Suggestion::Pending => (briefly, None),
        Suggestion::OnHold { why } => (for_a_while, hold(payment_or_review(order), why)),
        Suggestion::NeedsPerson { why } => (for_a_while, hold(HoldReason::Review, why)),
        Suggestion::Cancelled { why } => {
            let cancel = Reason::truncated(why).map(|reason| OrderCommand::Cancel { reason });
            (briefly, cancel)
        }
    };
    Treatment::Take { reserve, then }
}

const fn payment_or_review(order: &Incoming) -> HoldReason {
    match order.state.financial {
        Some(FinancialState::Paid | FinancialState::Unknown) | None => HoldReason::Review,
        Some(_) => HoldReason::Payment,
    }
}

/// What an order that is stored already is told when it comes again: it was cancelled there, or it
/// was paid, also after it was cancelled. `then` is what [`treatment`] says. Nothing where a newer
/// message was heard before; and first of all, when the channel changed the order is kept, so that
/// an older message is known as such from then on.
#[must_use]
pub fn news(order: &Incoming, then: Option<OrderCommand>, known: &Order) -> Vec<OrderCommand> {
    if order.arrival(known) == Arrival::Late {
        return Vec::new();
    }
    let mut commands: Vec<OrderCommand> = order.seen(known).into_iter().collect();
    match &order.state.suggestion {
        Suggestion::Cancelled { .. } => commands.extend(then),
        Suggestion::Approved
        | Suggestion::Ignore { .. }
        | Suggestion::Pending
        | Suggestion::OnHold { .. }
        | Suggestion::NeedsPerson { .. }
        | Suggestion::Shipped
        | Suggestion::Delivered => {
            commands.extend(order.paid_since(known));
            commands.extend(order.paid_though_cancelled(known));
        }
    }
    commands
}

/// The same where only the receipt of the stored order is at hand: it is read if that matters. And
/// the hold that it was to be put on when it was stored, where the store failed in between.
///
/// # Errors
/// [`Error`] when the store cannot be asked.
pub async fn told(
    tenant: &Tenant,
    order: &Incoming,
    then: Option<OrderCommand>,
    known: &OrderReceipt,
) -> Result<Vec<OrderCommand>, Error> {
    let cancelled = matches!(order.state.suggestion, Suggestion::Cancelled { .. });
    let dated = order.state.changed_at.is_some();
    let paid = order.draft.payment.captured.is_positive();
    if dated || paid || cancelled || waits(known.status) {
        let known = tenant.order(known.id).await?;
        let mut commands = news(order, then.clone(), &known);
        commands.extend(missed_hold(tenant, order, then, &known).await?);
        return Ok(commands);
    }
    Ok(Vec::new())
}

/// The hold of [`treatment`], unless the order was ever held for what a channel says, by whichever
/// way its word came in. The history says so for ever, where a key is forgotten: what a person
/// released stays released.
async fn missed_hold(
    tenant: &Tenant,
    order: &Incoming,
    then: Option<OrderCommand>,
    known: &Order,
) -> Result<Option<OrderCommand>, Error> {
    if !matches!(then, Some(OrderCommand::Hold { .. })) {
        return Ok(None);
    }
    if !waits(known.status()) || order.arrival(known) == Arrival::Late {
        return Ok(None);
    }
    let history = tenant.history(known.head.id).await?;
    let held = history.iter().any(|entry| {
        use HoldReason::{Payment, Review};
        matches!(
            &entry.event,
            OrderEvent::Held {
                reason: Payment | Review,
                ..
            }
        )
    });
    Ok(then.filter(|_| !held))
}

const fn waits(status: OrderStatus) -> bool {
    matches!(status, OrderStatus::Pending | OrderStatus::OnHold)
}

/// An order that is paid keeps its stock. Where the tenant approves automatically and no guard
/// stands against it, that approves it; where people approve, it goes on waiting for them.
#[must_use]
pub fn firm(known: &Order) -> Option<OrderCommand> {
    let mut works = known.fulfillments.values();
    let tentative = known.head.tentative || works.any(|work| work.tentative_until().is_some());
    (tentative && known.status() == OrderStatus::Pending).then_some(OrderCommand::Confirm)
}

/// The call under a key of the order and the command, of the sum that a payment is part of, of the
/// words of a note, and of what an attribute becomes: who reads the same message again does it no
/// second time.
pub fn once(call: Call, order: OrderId, command: &OrderCommand) -> Call {
    let (order, kind) = (order.to_string(), command.kind().to_string());
    let mut parts = vec!["import", &order, &kind];
    if let OrderCommand::RecordPayment { reference, .. } = command {
        parts.extend(reference.iter().map(|id| id.as_str()));
    }
    if let OrderCommand::AddNote { text } = command {
        parts.push(text.as_str());
    }
    if let OrderCommand::SetAttribute { key, value } = command {
        parts.push(key.as_str());
        parts.extend(value.iter().map(|value| value.as_str()));
    }
    who::keyed(call, &parts)
}

/// Runs commands on orders; the answers are in their order. An order is confirmed after all else,
/// and by itself: its time may be over, and then it is to have what is there.
pub async fn tell_all(
    tenant: &Tenant,
    asked: &[(OrderId, OrderCommand, Call)],
) -> Vec<Result<Done, Error>> {
    let confirms = |command: &OrderCommand| *command == OrderCommand::Confirm;
    let others = asked.iter().filter(|(_, command, _)| !confirms(command));
    let others = others.map(|(order, command, call)| {
        let (order, command) = (*order, command.clone());
        (Command::Order { order, command }, call.clone())
    });
    let others: Vec<(Command, Call)> = others.collect();
    let mut others = tenant.bulk(&others).await.into_iter();
    let mut done = Vec::with_capacity(asked.len());
    for (order, command, call) in asked {
        if confirms(command) {
            done.push(tenant.confirm_paid(*order, call.clone()).await);
        } else {
            done.extend(others.next());
        }
    }
    done
}

/// An order on its way in.
#[derive(Clone, Debug)]
pub struct Arriving {
    /// The order.
    pub order: Incoming,
    /// Who brings it.
    pub call: Call,
    /// An order without a word on payment is to be worked on.
    pub on_account: bool,
}

/// What became of it.
#[derive(Clone, Debug)]
pub enum Fate {
    /// There is no work in it; why.
    LeftOut(String),
    /// It is stored, on hold where something stands against it.
    Stored(Stored),
    /// It was stored before.
    Known(Stored),
    /// It is not stored; whether trying again may help, the error says.
    Refused(Error),
    /// It is stored, and what the channel's word asks for beside is not done, since the store
    /// failed. Reading it again does that.
    Unfinished(Error),
}

/// An order in the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// The order, after what the channel's word asked for.
    pub receipt: OrderReceipt,
    /// What the channel's word asked for and the order does not allow any more.
    pub too_late: Vec<String>,
}

/// Places orders, on hold rather than not at all, and does what the channel's word asks for beside.
/// The answers are in the order of the orders. A dry run writes nothing.
pub async fn take(tenant: &Tenant, orders: &[Arriving], dry_run: bool) -> Vec<Fate> {
    let treated = orders.iter().map(|arriving| {
        let treatment = treatment(&arriving.order, arriving.on_account, None);
        (arriving, treatment)
    });
    let treated: Vec<(&Arriving, Treatment)> = treated.collect();
    let mut commands = Vec::new();
    for (arriving, treatment) in &treated {
        if let Treatment::Take { reserve, .. } = treatment {
            let place = PlaceOrder {
                on_problem: OnProblem::Hold,
                reserve: *reserve,
                ..PlaceOrder::new(arriving.order.draft.clone())
            };
            commands.push((Command::Place(Box::new(place)), arriving.call.clone()));
        }
    }
    let mut placed = run(tenant, commands, dry_run).await.into_iter();
    let mut fates = Vec::with_capacity(orders.len());
    let mut then = Vec::new();
    for (at, (arriving, treatment)) in treated.into_iter().enumerate() {
        let Treatment::Take { then: command, .. } = treatment else {
            let why = words::left_out(&arriving.order.state.suggestion);
            fates.push(Fate::LeftOut(why));
            continue;
        };
        // One answer per command.
        let Some(answer) = placed.next() else { break };
        let fate = fate(answer);
        let commands = match &fate {
            Fate::Stored(_) => command.into_iter().collect(),
            Fate::Known(stored) => {
                let id = stored.receipt.id;
                // An order that comes twice is told of the second what the first left of it.
                if !dry_run && then.iter().any(|then: &Then| then.order == id) {
                    follow_up(tenant, std::mem::take(&mut then), &mut fates).await;
                }
                match told(tenant, &arriving.order, command, &stored.receipt).await {
                    Ok(commands) => commands,
                    Err(error) => {
                        fates.push(Fate::Unfinished(error));
                        continue;
                    }
                }
            }
            Fate::LeftOut(_) | Fate::Refused(_) | Fate::Unfinished(_) => Vec::new(),
        };
        if let Fate::Stored(stored) | Fate::Known(stored) = &fate {
            let order = stored.receipt.id;
            let each = commands.into_iter().map(|command| Then {
                at,
                order,
                command,
                call: arriving.call.clone(),
            });
            then.extend(each);
        }
        fates.push(fate);
    }
    if !dry_run {
        follow_up(tenant, then, &mut fates).await;
    }
    fates
}

fn fate(answer: Result<Receipt, Error>) -> Fate {
    let receipt = match answer {
        Ok(receipt) => receipt,
        Err(error) => return Fate::Refused(error),
    };
    let known = receipt.known;
    let Some(receipt) = receipt.order else {
        let problem = "an order was placed and its receipt names none".to_owned();
        return Fate::Refused(Error::Defect { problem });
    };
    let stored = Stored {
        receipt,
        too_late: Vec::new(),
    };
    match known {
        true => Fate::Known(stored),
        false => Fate::Stored(stored),
    }
}

async fn run(
    tenant: &Tenant,
    commands: Vec<(Command, Call)>,
    dry_run: bool,
) -> Vec<Result<Receipt, Error>> {
    if !dry_run {
        let done = tenant.bulk(&commands).await.into_iter();
        return done.map(|done| done.map(|done| done.receipt)).collect();
    }
    let mut receipts = Vec::with_capacity(commands.len());
    for (command, call) in commands {
        let dry = tenant.dry_run(command, call).await;
        receipts.push(dry.map(|dry| dry.receipt));
    }
    receipts
}

/// What is done with an order once it is stored.
struct Then {
    /// The order's place among the fates.
    at: usize,
    order: OrderId,
    command: OrderCommand,
    call: Call,
}

async fn follow_up(tenant: &Tenant, then: Vec<Then>, fates: &mut [Fate]) {
    let asked = |then: &Then| {
        let call = once(then.call.clone(), then.order, &then.command);
        (then.order, then.command.clone(), call)
    };
    let asked: Vec<_> = then.iter().map(asked).collect();
    let results = tell_all(tenant, &asked).await;
    for (then, result) in then.iter().zip(results) {
        let Some(fate) = fates.get_mut(then.at) else {
            continue;
        };
        let (Fate::Stored(stored) | Fate::Known(stored)) = fate else {
            continue;
        };
        match result {
            Ok(done) if done.repeated => {}
            Ok(done) => {
                let before: BTreeSet<HoldReason> = stored.receipt.holds.clone();
                if let Some(receipt) = done.receipt.order {
                    stored.receipt = receipt;
                    if stored.receipt.status == OrderStatus::OnHold {
                        stored.receipt.holds.extend(before);
                    }
                }
            }
            Err(Error::Rejected(rejection)) => {
                let why = words::rejection(&rejection);
                let kind = then.command.kind();
                stored
                    .too_late
                    .push(format!("{kind} is not possible any more: {why}"));
            }
            Err(error) => *fate = Fate::Unfinished(error),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::path::Path;
    use std::sync::Arc;

    use futures_executor::block_on;
    use oms_core::channel::{Suggestion, read_orders};
    use oms_core::order::{ApprovalMode, HoldReason, OrderCommand, OrderStatus, Workflow};
    use oms_core::service::{Call, Oms, Tenant};
    use oms_core::tenant::Settings;
    use oms_core::testing::{Fault, FaultStore, Method, build};
    use oms_core::value::{AttributeKey, AttributeValue, Note};
    use oms_store_memory::MemoryStore;

    use super::{Arriving, Fate, once, take, told};
    use crate::seed::{self, SeedFiles};

    fn data(name: &str) -> std::path::PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("data")
            .join(name)
    }

    /// A shop whose orders are approved by people.
    async fn shop(faults: &FaultStore) -> Tenant {
        let shop = Oms::builder(Arc::new(faults.clone())).build();
        let shop = shop.tenant(build::tenant("shop"));
        let workflow = Workflow {
            approval: ApprovalMode::Manual,
            ..Workflow::default()
        };
        let settings = Settings {
            workflow,
            ..Settings::default()
        };
        shop.put_settings(settings, Call::default()).await.unwrap();
        let files = SeedFiles {
            hubs: Some(data("hubs.csv")),
            skus: Some(data("skus.csv")),
            stock: Some(data("stock.csv")),
        };
        let channels = [(build::channel("web"), "web".to_owned())];
        let seed = files.read().unwrap();
        seed::open(&shop, &seed, &channels).await.unwrap();
        shop
    }

    #[test]
    fn a_hold_that_the_store_failed_at_is_made_up_for_and_stays_released() {
        block_on(async {
            let faults = FaultStore::new(Arc::new(MemoryStore::new()));
            let shop = shop(&faults).await;
            let payload = std::fs::read(data("orders/shopify-1-ordinary.json")).unwrap();
            let mut read = read_orders(&payload, &build::channel("web")).unwrap();
            let mut order = read.remove(0).unwrap();
            let why = "a part was refunded".into();
            order.state.suggestion = Suggestion::OnHold { why };
            let arriving = [Arriving {
                order: order.clone(),
                call: Call::default(),
                on_account: false,
            }];
            let mut commits = 0;
            faults.fail_when(move |call| {
                commits += usize::from(call.method == Method::Commit);
                (call.method == Method::Commit && commits > 1).then_some(Fault::Unavailable)
            });
            let fates = take(&shop, &arriving, false).await;
            let [Fate::Unfinished(error)] = fates.as_slice() else {
                panic!("{fates:?}");
            };
            assert!(error.is_retryable(), "{error}");
            faults.heal();
            let fates = take(&shop, &arriving, false).await;
            let [Fate::Known(stored)] = fates.as_slice() else {
                panic!("{fates:?}");
            };
            assert_eq!(stored.receipt.status, OrderStatus::OnHold);
            let id = stored.receipt.id;
            let release = shop.order_command(id, OrderCommand::release_all(), Call::default());
            let receipt = release.await.unwrap().receipt.order.unwrap();
            assert_eq!(receipt.status, OrderStatus::Pending);
            for reason in [HoldReason::Payment, HoldReason::Review] {
                let hold = OrderCommand::Hold { reason, note: None };
                let again = told(&shop, &order, Some(hold), &receipt).await.unwrap();
                assert!(again.is_empty(), "a person released it: {again:?}");
            }
        });
    }

    #[test]
    fn each_value_of_an_attribute_has_a_key_of_its_own() {
        let key = |at: &str| {
            let key = AttributeKey::parse("channel_changed_at").unwrap();
            let value = AttributeValue::parse(at).ok();
            let set = OrderCommand::SetAttribute { key, value };
            format!("{:?}", once(Call::default(), build::order_id(1), &set))
        };
        let (first, second) = ("2026-11-02T10:00:00Z", "2026-11-02T11:00:00Z");
        assert_eq!(key(first), key(first));
        assert_ne!(key(first), key(second));
    }

    #[test]
    fn each_note_has_a_key_of_its_own() {
        let key = |words: &str| {
            let text = Note::parse(words).unwrap();
            let note = OrderCommand::AddNote { text };
            format!("{:?}", once(Call::default(), build::order_id(1), &note))
        };
        assert_eq!(key("8.50 EUR was paid"), key("8.50 EUR was paid"));
        assert_ne!(key("8.50 EUR was paid"), key("17.00 EUR was paid"));
    }
}
