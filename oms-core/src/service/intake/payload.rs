//! From what a channel sent to what is to be done.

use crate::channel::{
    Arrival, FinancialState, Format, Inbound, Incoming, LineView, NoChange, PersonCause,
    StatusPolicy, Suggestion, View, detect, read_orders,
};
use crate::order::{CommandKind, Contacts, DraftLine, Order, OrderCommand, OrderStatus};
use crate::plan::{OnProblem, PlaceOrder, ReserveMode};
use crate::service::intake::{IntakeReader, IntakeRefusal, Reading};
use crate::value::limits::PROMISED_TTL_SECS;
use crate::value::{ChannelId, Reason, Units};

/// Reads the payloads that this library reads, one order each, and does with an order what its
/// channel's word suggests ([`Suggestion`]).
///
/// The order is stored whatever stands against it ([`OnProblem::Hold`]), since the buyer has paid
/// elsewhere. Of an order that is known already, a cancellation is followed, of what has not left
/// where a parcel has, and that it was paid: the money is recorded, as is what went back of it
/// there, and its stock kept, or claimed anew where its time is over
/// ([`Tenant::confirm_paid`](crate::service::Tenant::confirm_paid)), on hold for a person where
/// units were taken off it there that are not gone here, and that no policy cancels. Other changes,
/// such as units that the channel cancelled or sent itself, are followed where
/// [`statuses`](Self::statuses) says so, and are else for
/// [`Channel::inbound`](crate::channel::Channel::inbound). Where one that is cancelled here was
/// paid after that, the money is recorded and a note tells a person, as it does where the channel
/// cancelled the order and took that back. One that
/// the channel puts on hold is held and noted, once, while a unit of it has not left, and noted
/// alone after that; unless `statuses` says otherwise of its word, or it waits for a payment that
/// is here, and that the channel does not call void or expired. Another address, name, e-mail or
/// phone is followed while no work has begun, and told a person after that
/// ([`Tenant::follow_contacts`](crate::service::Tenant::follow_contacts)); a note of the buyer's
/// that is new is added. When the channel last changed the order is kept on it
/// ([`CHANGED_AT`](crate::channel::CHANGED_AT)), and nothing of an older payload that comes late is
/// followed.
#[derive(Clone, Debug, Default)]
pub struct ChannelReader {
    /// How long an order that nobody paid or promised to pay yet keeps its stock, in seconds; the
    /// tenant's time ([`Settings::tentative_ttl_secs`](crate::tenant::Settings)) when it is not
    /// given, which is a checkout's, some minutes. At most
    /// [`TENTATIVE_TTL_MAX_SECS`](crate::value::limits::TENTATIVE_TTL_MAX_SECS).
    ///
    /// An order that is authorised and not approved by [`statuses`](Self::statuses), on hold on the
    /// channel, as WooCommerce has those that wait for a bank deposit, or for a person to look at
    /// keeps its stock for a week, whatever this says
    /// ([`PROMISED_TTL_SECS`](crate::value::limits::PROMISED_TTL_SECS)): since it is placed so, or
    /// since its money is promised, if its claims are not over by then. One that its channel only
    /// puts on hold later keeps the time it has.
    pub unpaid_ttl_secs: Option<i64>,
    /// Follow also what the channel says of the lines and parcels of an order that is known, by
    /// this policy, as far as it takes no decision
    /// ([`Inbound::commands`](crate::channel::Inbound::commands)): units that it cancelled are
    /// cancelled here, and an order of which something left elsewhere is held. Without a policy
    /// that is left to the host, and such an order goes on here.
    ///
    /// An order that nobody paid yet, and that the policy says is approved, such as one that is to
    /// be captured when it is shipped or is sold on terms, claims its stock firmly as it is placed;
    /// one that waits here is confirmed. So the tenant approves it as any other, and a guard that
    /// wants it paid still stands. Nor is an order held for a person whose word the policy settles:
    /// one that it says is approved goes on, and one that it says has left is not confirmed.
    pub statuses: Option<StatusPolicy>,
    /// The host tells the channel what is on hold here
    /// ([`Update::Hold`](crate::channel::Update::Hold)). Then the channel says so in turn, and of
    /// an order that is on hold here its word is taken for that, unless the channel cannot be told
    /// a hold, or calls the payment void, expired, refunded or failed: no further hold, and no
    /// note. Once it is released here, a word of the channel that has it on hold counts again; so
    /// tell the release, too.
    pub tells_holds: bool,
}

impl IntakeReader for ChannelReader {
    fn read(&self, channel: &ChannelId, payload: &str) -> Result<Reading, String> {
        Ok(self.reading(payload, order_of(channel, payload)?))
    }

    fn follow(&self, channel: &ChannelId, payload: &str, known: &Order) -> Vec<OrderCommand> {
        let Ok(incoming) = order_of(channel, payload) else {
            return Vec::new();
        };
        if incoming.arrival(known) == Arrival::Late {
            return Vec::new();
        }
        // Before the time is kept: once it is, nothing tells that the note is missing.
        let mut commands = incoming.paid_though_cancelled(known);
        commands.extend(incoming.seen(known));
        let cancelled = incoming.cancelled_since(known);
        // Before the money, which may set the order going.
        if !incoming.is_cancelled_too_late(known) {
            let mut said = self.said(payload, &incoming, known);
            if !cancelled.is_empty() {
                said.retain(|command| command.kind() != CommandKind::Cancel);
            }
            commands.extend(said);
        }
        let holds = |command: &OrderCommand| command.kind() == CommandKind::Hold;
        let held = commands.iter().any(holds);
        let settled = self.settled(payload, &incoming, known);
        let mut paid = incoming.paid_or_settled(known, settled, &commands);
        // Both hold for review; one of them does.
        paid.retain(|command| !(held && holds(command)));
        commands.extend(paid);
        commands.extend(cancelled);
        commands.extend(incoming.notes_since(known));
        commands
    }

    fn contacts(&self, channel: &ChannelId, payload: &str, known: &Order) -> Option<Contacts> {
        order_of(channel, payload).ok()?.contacts_since(known)
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
    /// What follows from where the channel says that the order stands: what its words mean by the
    /// policy, and where there is none, a hold alone.
    fn said(&self, payload: &str, incoming: &Incoming, known: &Order) -> Vec<OrderCommand> {
        let answer = self.answer(payload, &View::of(known));
        // The host told the channel, or a message told of it before.
        let answer = answer.map(|answer| incoming.without_known_refunds(answer, known));
        let held = matches!(incoming.state.suggestion, Suggestion::OnHold { .. });
        match answer {
            Some(answer) if !(held && is_hold(&answer)) => answer.commands(known),
            // What this host told the channel, and no news.
            Some(_) | None if self.is_echo(payload, incoming, known) => Vec::new(),
            // What it is held for, the order itself says.
            Some(_) | None => incoming.held_since(known),
        }
    }

    /// Whether that the channel has the order on hold may be what this host told it. A payment that
    /// was given up or ran out, or that may be gone, is the channel's own word.
    fn is_echo(&self, payload: &str, incoming: &Incoming, known: &Order) -> bool {
        let channel = detect(payload.as_bytes()).and_then(Format::channel);
        let said = channel.map(|channel| channel.says(OrderStatus::OnHold));
        let denied = matches!(
            incoming.state.financial,
            Some(
                FinancialState::Voided
                    | FinancialState::Expired
                    | FinancialState::Refunded
                    | FinancialState::Unknown
            )
        );
        let told = said.is_some_and(|said| said.update().is_some());
        self.tells_holds && told && !denied && known.head.hold.is_some()
    }

    /// Where an order that waits is to go by the policy, where the channel's word alone leaves that
    /// open, also while it is on hold, be it for a claim that is over.
    fn settled(&self, payload: &str, incoming: &Incoming, known: &Order) -> Option<OrderStatus> {
        let waits = matches!(known.status(), OrderStatus::Pending | OrderStatus::OnHold);
        let open = matches!(
            incoming.state.suggestion,
            Suggestion::Pending | Suggestion::NeedsPerson { .. }
        );
        if !(waits && open) {
            return None;
        }
        let now = View::of(known);
        let view = View {
            lines: now.lines,
            sold: now.sold,
            ..View::new(OrderStatus::Pending)
        };
        match self.answer(payload, &view)? {
            Inbound::MoveTo { status, .. } => Some(status),
            Inbound::LineChange { then, .. } => then,
            Inbound::NoChange { .. } | Inbound::NeedsPerson { .. } => None,
        }
    }

    /// Whether an order that is new is to be worked on by the policy, all of it.
    fn is_approved(&self, payload: &str, incoming: &Incoming) -> bool {
        let line = |line: &DraftLine| LineView {
            line: line.id,
            item: line.channel_item.clone(),
            ordered: line.quantity.units(),
            shipped: Units::ZERO,
            delivered: Units::ZERO,
            cancelled: Units::ZERO,
            returned: Units::ZERO,
        };
        let view = View {
            lines: incoming.draft.lines.iter().map(line).collect(),
            ..View::new(OrderStatus::Pending)
        };
        matches!(
            self.answer(payload, &view),
            Some(Inbound::MoveTo {
                status: OrderStatus::Approved,
                ..
            })
        )
    }

    /// What the words of the payload mean by the policy for an order that stands so, where there is
    /// a policy.
    fn answer(&self, payload: &str, view: &View) -> Option<Inbound> {
        let bytes = payload.as_bytes();
        let policy = self.statuses.as_ref()?;
        let channel = detect(bytes).and_then(Format::channel)?;
        let reports = channel.read_statuses(bytes).ok()?;
        let report = reports.into_iter().flatten().next()?;
        Some(channel.inbound(&report, view, policy))
    }

    fn reading(&self, payload: &str, mut incoming: Incoming) -> Reading {
        incoming.keep_changed_at();
        let held = ReserveMode::Tentative {
            ttl_secs: Some(PROMISED_TTL_SECS),
        };
        let briefly = ReserveMode::Tentative {
            ttl_secs: self.unpaid_ttl_secs,
        };
        let financial = incoming.state.financial;
        let (reserve, then) = match &incoming.state.suggestion {
            Suggestion::Delivered if incoming.is_counter_sale() => {
                (ReserveMode::Confirmed, Vec::new())
            }
            suggestion @ (Suggestion::Ignore { .. }
            | Suggestion::Shipped
            | Suggestion::Delivered) => {
                let why = suggestion.why().unwrap_or("it was dealt with elsewhere");
                return Reading::FollowOnly {
                    source: incoming.draft.source.channel.clone(),
                    external: incoming.draft.external.clone(),
                    refusal: IntakeRefusal {
                        code: format!("channel_says_{}", suggestion.code()),
                        message: why.to_owned(),
                    },
                };
            }
            Suggestion::Approved => (ReserveMode::Confirmed, Vec::new()),
            Suggestion::Pending | Suggestion::NeedsPerson { .. }
                if self.is_approved(payload, &incoming) =>
            {
                (ReserveMode::Confirmed, Vec::new())
            }
            Suggestion::Pending if financial == Some(FinancialState::Authorised) => {
                (held, Vec::new())
            }
            Suggestion::Pending => (briefly, Vec::new()),
            Suggestion::OnHold { .. } => (held, incoming.held_at_first()),
            Suggestion::NeedsPerson { .. } => (held, incoming.asked_at_first()),
            Suggestion::Cancelled { why } => {
                let cancel = Reason::truncated(why).map(|reason| OrderCommand::Cancel { reason });
                (briefly, cancel.into_iter().collect())
            }
        };
        let then = then.into_iter().chain(incoming.handed_over()).collect();
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

/// Whether the words mean that the order is to be on hold, or is so already, or one of them that
/// nobody knows hides what the rest means.
const fn is_hold(answer: &Inbound) -> bool {
    matches!(
        answer,
        Inbound::MoveTo {
            status: OrderStatus::OnHold,
            ..
        } | Inbound::NeedsPerson {
            cause: PersonCause::HoldAfterShipping
                | PersonCause::UnknownWord { .. }
                | PersonCause::NothingSaid { .. },
        } | Inbound::NoChange {
            why: NoChange::Same,
        }
    )
}
