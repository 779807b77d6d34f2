//! From what a channel sent to what is to be done.

use crate::channel::{
    Arrival, FinancialState, Format, Incoming, StatusPolicy, Suggestion, View, detect, read_orders,
};
use crate::order::{CommandKind, HoldReason, Order, OrderCommand, OrderStatus};
use crate::plan::{OnProblem, PlaceOrder, ReserveMode};
use crate::service::intake::{IntakeReader, IntakeRefusal, Reading};
use crate::value::{ChannelId, Note, Reason};

/// How long stock is kept for an order that a bank or a person has to decide about, in seconds: a
/// week.
const HELD_TTL_SECS: i64 = 7 * 86_400;

/// Reads the payloads that this library reads, one order each, and does with an order what its
/// channel's word suggests ([`Suggestion`]).
///
/// The order is stored whatever stands against it ([`OnProblem::Hold`]), since the buyer has paid
/// elsewhere. Of an order that is known already, a cancellation is followed, of what has not left
/// where a parcel has, and that it was paid: the money is recorded, as is what went back of it
/// there, and its stock kept, or claimed anew where its time is over
/// ([`Tenant::confirm_paid`](crate::service::Tenant::confirm_paid)). Other changes, such as units
/// that the channel cancelled or sent itself, are followed where [`statuses`](Self::statuses) says
/// so, and are else for [`Channel::inbound`](crate::channel::Channel::inbound). Where one that is
/// cancelled here was paid after that, the money is recorded and a note tells a person. One that
/// the channel puts on hold is held and noted, once, or noted alone after a parcel. When the
/// channel last changed the order is kept on it ([`CHANGED_AT`](crate::channel::CHANGED_AT)), and
/// nothing of an older payload that comes late is followed.
#[derive(Clone, Debug, Default)]
pub struct ChannelReader {
    /// How long an order that nobody paid or promised to pay yet keeps its stock, in seconds; the
    /// tenant's time ([`Settings::tentative_ttl_secs`](crate::tenant::Settings)) when it is not
    /// given. That is a checkout's, some minutes; who pays by bank deposit takes days. At most
    /// [`TENTATIVE_TTL_MAX_SECS`](crate::value::limits::TENTATIVE_TTL_MAX_SECS).
    pub unpaid_ttl_secs: Option<i64>,
    /// Follow also what the channel says of the lines and parcels of an order that is known, by
    /// this policy, as far as it takes no decision
    /// ([`Inbound::commands`](crate::channel::Inbound::commands)): units that it cancelled are
    /// cancelled here, and an order of which something left elsewhere is held. Without a policy
    /// that is left to the host, and such an order goes on here.
    pub statuses: Option<StatusPolicy>,
}

impl IntakeReader for ChannelReader {
    fn read(&self, channel: &ChannelId, payload: &str) -> Result<Reading, String> {
        Ok(self.reading(order_of(channel, payload)?))
    }

    fn follow(&self, channel: &ChannelId, payload: &str, known: &Order) -> Vec<OrderCommand> {
        let Ok(incoming) = order_of(channel, payload) else {
            return Vec::new();
        };
        if incoming.arrival(known) == Arrival::Late {
            return Vec::new();
        }
        let mut commands: Vec<OrderCommand> = incoming.seen(known).into_iter().collect();
        let cancelled = incoming.cancelled_since(known);
        let held = held_since(&incoming, known);
        // Before the money, which may set the order going.
        if !incoming.is_cancelled_too_late(known) {
            let on_hold = matches!(incoming.state.suggestion, Suggestion::OnHold { .. });
            let mut said = self.said(payload, known);
            // That it is on hold there is told once.
            let mut kinds = said.iter().map(OrderCommand::kind);
            let more = held.is_empty() && kinds.any(|kind| kind == CommandKind::AddNote);
            if !cancelled.is_empty() {
                said.retain(|command| command.kind() != CommandKind::Cancel);
            }
            if on_hold && !more {
                said.retain(|command| command.kind() != CommandKind::Hold);
            }
            commands.extend(said);
        }
        commands.extend(held);
        commands.extend(incoming.paid_since(known));
        commands.extend(incoming.paid_though_cancelled(known));
        commands.extend(cancelled);
        commands
    }
}

/// The one order of a payload.
fn order_of(channel: &ChannelId, payload: &str) -> Result<Incoming, String> {
    let orders = read_orders(payload.as_bytes(), channel);
    let mut orders = orders.map_err(|problem| problem.to_string())?;
    match (orders.pop(), orders.len()) {
        (Some(order), 0) => order.map_err(|problem| problem.to_string()),
        (None, _) => Err("the payload holds no order".to_owned()),
        (Some(_), more) => Err(format!(
            "the payload holds {} orders; each is taken in by itself",
            more.saturating_add(1)
        )),
    }
}

impl ChannelReader {
    /// What the channel says of lines and parcels, where that is followed.
    fn said(&self, payload: &str, known: &Order) -> Vec<OrderCommand> {
        let bytes = payload.as_bytes();
        let channel = detect(bytes).and_then(Format::channel);
        let Some((policy, channel)) = self.statuses.as_ref().zip(channel) else {
            return Vec::new();
        };
        let reports = channel.read_statuses(bytes).unwrap_or_default();
        let Some(report) = reports.into_iter().flatten().next() else {
            return Vec::new();
        };
        let answer = channel.inbound(&report, &View::of(known), policy);
        answer.commands(known)
    }

    fn reading(&self, mut incoming: Incoming) -> Reading {
        incoming.keep_changed_at();
        let held = ReserveMode::Tentative {
            ttl_secs: Some(HELD_TTL_SECS),
        };
        let briefly = ReserveMode::Tentative {
            ttl_secs: self.unpaid_ttl_secs,
        };
        let hold = |reason, why: &str| OrderCommand::Hold {
            reason,
            note: Reason::truncated(why),
        };
        let financial = incoming.state.financial;
        let mut noted = None;
        let (reserve, then) = match &incoming.state.suggestion {
            Suggestion::Delivered if incoming.is_counter_sale() => (ReserveMode::Confirmed, None),
            suggestion @ (Suggestion::Ignore { .. }
            | Suggestion::Shipped
            | Suggestion::Delivered) => {
                let why = suggestion.why().unwrap_or("it was dealt with elsewhere");
                return Reading::FollowOnly {
                    source: incoming.draft.source.channel.clone(),
                    external: incoming.draft.external.clone(),
                    refusal: IntakeRefusal {
                        code: format!("channel_says_{}", suggestion.code()),
                        text: why.to_owned(),
                    },
                };
            }
            Suggestion::Approved => (ReserveMode::Confirmed, None),
            Suggestion::Pending if financial == Some(FinancialState::Authorised) => (held, None),
            Suggestion::Pending => (briefly, None),
            Suggestion::OnHold { why } => {
                noted = held_note(why);
                (held, Some(hold(hold_reason(financial), why)))
            }
            Suggestion::NeedsPerson { why } => (held, Some(hold(HoldReason::Review, why))),
            Suggestion::Cancelled { why } => {
                let cancel = Reason::truncated(why).map(|reason| OrderCommand::Cancel { reason });
                (briefly, cancel)
            }
        };
        // Noted, so that a person who released it is not overruled by the next payload.
        let noted = noted.map(|text| OrderCommand::AddNote { text });
        let then = then.into_iter().chain(noted);
        let then = then.chain(incoming.handed_over()).collect();
        let place = PlaceOrder {
            on_problem: OnProblem::Hold,
            reserve,
            hub: incoming.hub,
            ..PlaceOrder::new(incoming.draft)
        };
        Reading::Place {
            place: Box::new(place),
            then,
        }
    }
}

/// What a known order is told that its channel put on hold, as where the buyer asks to cancel it or
/// fraud is suspected: it is held, unless a parcel has left, and noted. What is noted is not told
/// again, so what a person released stays released.
fn held_since(incoming: &Incoming, known: &Order) -> Vec<OrderCommand> {
    let Suggestion::OnHold { why } = &incoming.state.suggestion else {
        return Vec::new();
    };
    let over = match known.status() {
        OrderStatus::Cancelled | OrderStatus::Returned => true,
        OrderStatus::Pending
        | OrderStatus::OnHold
        | OrderStatus::Approved
        | OrderStatus::Picking
        | OrderStatus::Picked
        | OrderStatus::Packing
        | OrderStatus::Packed
        | OrderStatus::Shipped
        | OrderStatus::Delivered => false,
    };
    let noted = |text: &Note| known.head.notes.iter().any(|note| note.text == *text);
    let Some(text) = held_note(why).filter(|text| !over && !noted(text)) else {
        return Vec::new();
    };
    let left = View::of(known).any_shipped();
    let hold = (!left).then(|| OrderCommand::Hold {
        reason: hold_reason(incoming.state.financial),
        note: Reason::truncated(why),
    });
    // Last: once it is noted, nothing tells that the hold is missing.
    let note = OrderCommand::AddNote { text };
    hold.into_iter().chain([note]).collect()
}

fn held_note(why: &str) -> Option<Note> {
    Note::truncated(&format!("on hold by the channel's word: {why}"))
}

fn hold_reason(financial: Option<FinancialState>) -> HoldReason {
    match financial {
        Some(FinancialState::Paid | FinancialState::Unknown) | None => HoldReason::Review,
        Some(
            FinancialState::Pending
            | FinancialState::Authorised
            | FinancialState::PartlyPaid
            | FinancialState::PartlyRefunded
            | FinancialState::Refunded
            | FinancialState::Voided
            | FinancialState::Expired,
        ) => HoldReason::Payment,
    }
}
