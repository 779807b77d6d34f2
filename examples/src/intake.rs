//! What is done with an order that a channel sent: what the channel says of it is respected.

mod take;

use oms_core::channel::{Arrival, FinancialState, Incoming, Suggestion};
use oms_core::order::{
    CommandKind, Contacts, HoldReason, Order, OrderCommand, OrderEvent, OrderStatus,
};
use oms_core::plan::{Command, ReserveMode};
use oms_core::service::{Call, Done, Error, Tenant};
use oms_core::value::{OrderId, Reason};

use crate::who;

pub use take::{Arriving, Fate, Importer, Stored, Told, too_late};

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
        then: Vec<OrderCommand>,
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
        vec![OrderCommand::Hold {
            reason,
            note: Reason::truncated(why),
        }]
    };
    let (reserve, then) = match &order.state.suggestion {
        Suggestion::Ignore { .. } | Suggestion::Shipped | Suggestion::Delivered => {
            return Treatment::LeaveOut;
        }
        Suggestion::Approved => (ReserveMode::Confirmed, Vec::new()),
        Suggestion::Pending if on_account && order.state.financial.is_none() => {
            (ReserveMode::Confirmed, Vec::new())
        }
        // A bank has promised the money, and that lasts for days.
        Suggestion::Pending if order.state.financial == Some(FinancialState::Authorised) => {
            (for_a_while, Vec::new())
        }
        Suggestion::Pending => (briefly, Vec::new()),
        Suggestion::OnHold { why } => (for_a_while, hold(payment_or_review(order), why)),
        Suggestion::NeedsPerson { .. } => (for_a_while, order.asked_at_first()),
        Suggestion::Cancelled { why } => {
            let cancel = Reason::truncated(why).map(|reason| OrderCommand::Cancel { reason });
            (briefly, cancel.into_iter().collect())
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
/// was paid, also after it was cancelled, or money went back. Of one that is cancelled there after
/// a parcel left here, the rest is cancelled and a person is asked. Nothing where a newer message
/// was heard before; and before all else of an order that is not cancelled here, when the channel
/// changed it is kept, so that an older message is known as such from then on.
#[must_use]
pub fn news(order: &Incoming, known: &Order) -> Vec<OrderCommand> {
    if order.arrival(known) == Arrival::Late {
        return Vec::new();
    }
    // Once the time is kept, nothing tells that the note is missing.
    let mut commands = order.paid_though_cancelled(known);
    commands.extend(order.seen(known));
    commands.extend(order.paid_since(known));
    commands.extend(order.cancelled_since(known));
    commands
}

/// The same, what the buyer wrote since, and what it was to be told when it was stored, where the
/// store failed in between.
async fn told(
    tenant: &Tenant,
    order: &Incoming,
    then: Vec<OrderCommand>,
    known: &Order,
) -> Result<Vec<OrderCommand>, Error> {
    let mut commands = news(order, known);
    commands.extend(order.notes_since(known));
    let missed = missed_hold(tenant, order, then, known).await?;
    let missed = missed.into_iter();
    let missed: Vec<_> = missed.filter(|told| !commands.contains(told)).collect();
    commands.extend(missed);
    Ok(commands)
}

/// The hold of [`treatment`], unless the order was ever held for what a channel says, by whichever
/// way its word came in, and its note, unless it is there or the hold was another one. The history
/// says so for ever, where a key is forgotten: what a person released stays released.
async fn missed_hold(
    tenant: &Tenant,
    order: &Incoming,
    mut then: Vec<OrderCommand>,
    known: &Order,
) -> Result<Vec<OrderCommand>, Error> {
    let hold = then.iter().find_map(|command| {
        if let OrderCommand::Hold { reason, .. } = command {
            return Some(*reason);
        }
        None
    });
    let Some(asked) = hold else {
        return Ok(Vec::new());
    };
    if !waits(known.status()) || order.arrival(known) == Arrival::Late {
        return Ok(Vec::new());
    }
    let history = tenant.history(known.head.id).await?;
    let held_for = |reasons: &[HoldReason]| {
        history.iter().any(|entry| {
            matches!(&entry.event, OrderEvent::Held { reason, .. } if reasons.contains(reason))
        })
    };
    let held = held_for(&[HoldReason::Payment, HoldReason::Review]);
    let other = held && !held_for(&[asked]);
    then.retain(|command| {
        if let OrderCommand::AddNote { text } = command {
            return !other && known.head.notes.iter().all(|note| note.text != *text);
        }
        !held
    });
    Ok(then)
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

/// The call under a key of the order and the command, of the sum that a payment is part of or else
/// of what it says, of the words of a note, of why it is held, and of what an attribute becomes:
/// who reads the same message again does it no second time.
fn once(call: Call, order: OrderId, command: &OrderCommand) -> Call {
    let order = order.to_string();
    let kind = command.kind().to_string();
    let unnamed = unnamed(command);
    let mut parts = vec!["import", &order, &kind];
    parts.extend(unnamed.as_deref());
    if let OrderCommand::RecordPayment { reference, .. } = command {
        parts.extend(reference.iter().map(|id| id.as_str()));
    }
    if let OrderCommand::Hold { reason, note } = command {
        parts.push(reason.as_str());
        parts.extend(note.iter().map(|note| note.as_str()));
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

/// What is recorded without a name, such as a promise.
fn unnamed(command: &OrderCommand) -> Option<String> {
    if let OrderCommand::RecordPayment {
        entry,
        reference: None,
        ..
    } = command
    {
        return Some(format!("{:?} {}", entry.kind(), entry.amount()));
    }
    None
}

/// What is asked of an order that is stored.
#[derive(Clone, Debug)]
enum Ask {
    /// A command on it.
    Tell(OrderCommand),
    /// Follow what its channel says of who receives and who pays it.
    Follow(Box<Contacts>),
}

/// What is said of people is followed once the time of the message is kept, so that an older one is
/// known as such, and before the order is set going.
fn asks(commands: Vec<OrderCommand>, said: Option<Contacts>) -> Vec<Ask> {
    let kinds = commands.iter().map(OrderCommand::kind);
    let at = kinds.take_while(|kind| *kind == CommandKind::SetAttribute);
    let at = at.count();
    let mut asks: Vec<Ask> = commands.into_iter().map(Ask::Tell).collect();
    if let Some(said) = said {
        asks.insert(at, Ask::Follow(Box::new(said)));
    }
    asks
}

/// Does what is asked of orders; the answers are in their order. An order is confirmed after all
/// else, and by itself: its time may be over, and then it is to have what is there.
async fn tell_all(tenant: &Tenant, asked: &[(OrderId, Ask, Call)]) -> Vec<Result<Done, Error>> {
    let confirms = |ask: &Ask| matches!(ask, Ask::Tell(OrderCommand::Confirm));
    let others = asked.iter().filter(|(_, ask, _)| !confirms(ask));
    let others = others.map(|(order, ask, call)| {
        let order = *order;
        let command = match ask.clone() {
            Ask::Tell(command) => Command::Order { order, command },
            Ask::Follow(said) => Command::FollowContacts { order, said },
        };
        (command, call.clone())
    });
    let others: Vec<(Command, Call)> = others.collect();
    let mut others = tenant.bulk(&others).await.into_iter();
    let mut done = Vec::with_capacity(asked.len());
    for (order, ask, call) in asked {
        if confirms(ask) {
            done.push(tenant.confirm_paid(*order, call.clone()).await);
        } else {
            done.extend(others.next());
        }
    }
    done
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use oms_core::order::OrderCommand;
    use oms_core::service::Call;
    use oms_core::testing::build;
    use oms_core::value::{AttributeKey, AttributeValue, Note};

    use super::once;

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
