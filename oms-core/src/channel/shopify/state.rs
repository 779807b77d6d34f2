//! Where a Shopify order stands. There is no one status: cancellation is read first, then
//! fulfilment, then payment.

use crate::channel::error::{ChannelError, shortened};
use crate::channel::fields::{Fields, unknown_state};
use crate::channel::incoming::{ChannelState, FinancialState, FulfillmentState, Suggestion, Why};
use crate::channel::json::Object;
use crate::order::Payment;
use crate::value::Timestamp;

/// The payment's state by `financial_status`.
pub(super) fn financial(order: &Object<'_>) -> Result<Option<FinancialState>, ChannelError> {
    let Some(word) = order.literal("financial_status")? else {
        return Ok(None);
    };
    Ok(Some(match &*word {
        "pending" | "unpaid" => FinancialState::Pending,
        "authorized" => FinancialState::Authorised,
        "partially_paid" => FinancialState::PartlyPaid,
        "paid" => FinancialState::Paid,
        "partially_refunded" => FinancialState::PartlyRefunded,
        "refunded" => FinancialState::Refunded,
        "voided" => FinancialState::Voided,
        "expired" => FinancialState::Expired,
        _ => FinancialState::Unknown,
    }))
}

/// The parcels' state by `fulfillment_status` and the parcels themselves.
fn fulfillment(order: &Object<'_>, parcels: &Parcels) -> Result<FulfillmentState, ChannelError> {
    let word = order.literal("fulfillment_status")?;
    Ok(match word.as_deref() {
        None | Some("unfulfilled" | "unshipped" | "pending") => FulfillmentState::Unfulfilled,
        Some(word) if held(word).is_some() => FulfillmentState::Unfulfilled,
        Some("partial") => FulfillmentState::Partial,
        Some("fulfilled") if parcels.all_arrived() => FulfillmentState::Delivered,
        Some("fulfilled") => FulfillmentState::Fulfilled,
        Some("restocked") => FulfillmentState::Restocked,
        Some(_) => FulfillmentState::Unknown,
    })
}

/// Why the channel itself holds the order, by its word on the parcels in either API.
pub(super) fn held(word: &str) -> Option<&'static str> {
    match word {
        "on_hold" | "ON_HOLD" => Some("held on the channel: its fulfillment orders say why"),
        "scheduled" | "SCHEDULED" => Some("scheduled on the channel for a later day"),
        "request_declined" | "REQUEST_DECLINED" => {
            Some("the request to fulfil it was declined on the channel")
        }
        _ => None,
    }
}

/// The parcels that count: those neither cancelled nor failed.
#[derive(Debug, Default)]
pub(super) struct Parcels {
    sent: usize,
    arrived: usize,
}

impl Parcels {
    /// Those of the list whose status is `sent`; those have arrived whose word under `arrival` is
    /// one of `arrived`.
    pub(super) fn of(
        list: &[Object<'_>],
        sent: &str,
        arrival: &str,
        arrived: &[&str],
    ) -> Result<Self, ChannelError> {
        let mut parcels = Self::default();
        for parcel in list {
            if parcel.literal("status")?.as_deref() != Some(sent) {
                continue;
            }
            parcels.sent += 1;
            let word = parcel.literal(arrival)?.unwrap_or_default();
            parcels.arrived += usize::from(arrived.contains(&&*word));
        }
        Ok(parcels)
    }

    pub(super) const fn any_sent(&self) -> bool {
        self.sent > 0
    }

    pub(super) const fn all_arrived(&self) -> bool {
        self.sent > 0 && self.sent == self.arrived
    }
}

/// Everything the payload says about where the order stands.
pub(super) fn state(
    fields: &mut Fields,
    order: &Object<'_>,
    payment: &Payment,
) -> Result<ChannelState, ChannelError> {
    let list = order.objects("fulfillments")?;
    let words = ["delivered", "picked_up"];
    let parcels = Parcels::of(&list, "success", "shipment_status", &words)?;
    let fulfillment_word = Word::of(order, "fulfillment_status")?;
    let said = Said {
        test: order.flag("test")?,
        cancelled: order.value("cancelled_at").is_some(),
        cancelled_at: fields.time(order, "cancelled_at"),
        cancel_reason: order.owned("cancel_reason")?,
        changed_at: fields.time(order, "updated_at"),
        financial: financial(order)?,
        financial_word: Word::of(order, "financial_status")?,
        fulfillment: fulfillment(order, &parcels)?,
        held: fulfillment_word.text().and_then(held),
        fulfillment_word,
        parcels_sent: parcels.any_sent(),
        units_taken_back: units_taken_back(order)?,
    };
    let mut state = said.state(fields, payment);
    if is_draft(order) {
        let why = "a draft, not an order yet".into();
        state.suggestion = Suggestion::Ignore { why };
    }
    Ok(state)
}

/// True for a draft order and an abandoned checkout, which look like orders but for their words on
/// payment: nobody has bought anything yet.
pub(super) fn is_draft(order: &Object<'_>) -> bool {
    const ONLY_DRAFTS: [&str; 4] = [
        "invoice_url",
        "invoice_sent_at",
        "applied_discount",
        "abandoned_checkout_url",
    ];
    !order.has("financial_status") && ONLY_DRAFTS.iter().any(|key| order.has(key))
}

/// True when fewer units are left to ship than were ordered.
pub(super) fn units_taken_back(order: &Object<'_>) -> Result<bool, ChannelError> {
    for line in &order.objects("line_items")? {
        let current = line.literal("current_quantity")?;
        if current.is_some() && current != line.literal("quantity")? {
            return Ok(true);
        }
    }
    for refund in &order.objects("refunds")? {
        if !refund.objects("refund_line_items")?.is_empty() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// A word of the channel and where it stands.
#[derive(Debug)]
pub(super) struct Word {
    path: String,
    text: Option<String>,
}

impl Word {
    pub(super) fn of(order: &Object<'_>, key: &str) -> Result<Self, ChannelError> {
        Ok(Self {
            path: order.path_of(key),
            text: order.owned(key)?,
        })
    }

    pub(super) fn text(&self) -> Option<&str> {
        self.text.as_deref()
    }
}

/// What an order of either API says of where it stands.
#[derive(Debug)]
pub(super) struct Said {
    pub(super) test: bool,
    pub(super) cancelled: bool,
    pub(super) cancelled_at: Option<Timestamp>,
    pub(super) cancel_reason: Option<String>,
    pub(super) changed_at: Option<Timestamp>,
    pub(super) financial: Option<FinancialState>,
    pub(super) financial_word: Word,
    pub(super) fulfillment: FulfillmentState,
    pub(super) fulfillment_word: Word,
    pub(super) parcels_sent: bool,
    /// Why the channel itself holds the order.
    pub(super) held: Option<&'static str>,
    pub(super) units_taken_back: bool,
}

impl Said {
    pub(super) fn state(self, fields: &mut Fields, payment: &Payment) -> ChannelState {
        let suggestion = self.suggestion(fields, payment);
        ChannelState {
            test: self.test,
            cancelled: self.cancelled,
            cancelled_at: self.cancelled_at,
            changed_at: self.changed_at,
            financial: self.financial,
            fulfillment: Some(self.fulfillment),
            suggestion,
        }
    }

    /// The first row that matches counts.
    fn suggestion(&self, fields: &mut Fields, payment: &Payment) -> Suggestion {
        if self.test {
            return Suggestion::Ignore {
                why: "test order".into(),
            };
        }
        if self.cancelled {
            return self.cancellation();
        }
        match self.fulfillment {
            FulfillmentState::Delivered => return Suggestion::Delivered,
            FulfillmentState::Fulfilled => return Suggestion::Shipped,
            FulfillmentState::Partial => {
                let why = "a part is shipped already by the channel's word: which units?";
                return Suggestion::person(why);
            }
            FulfillmentState::Unknown => {
                unknown(fields, &self.fulfillment_word);
                let why = "the channel sends a fulfilment status this library does not know";
                return Suggestion::person(why);
            }
            FulfillmentState::Unfulfilled | FulfillmentState::Restocked => {}
        }
        if let Some(why) = self.held {
            return Suggestion::held(why);
        }
        self.by_payment(fields, payment)
    }

    fn cancellation(&self) -> Suggestion {
        if self.parcels_sent {
            let why = "cancelled on the channel after a parcel left: which units came back?";
            return Suggestion::person(why);
        }
        let why: Why = match &self.cancel_reason {
            Some(reason) => {
                let reason = shortened(reason);
                format!("cancelled on the channel, reason: {reason}").into()
            }
            None => "cancelled on the channel".into(),
        };
        Suggestion::Cancelled { why }
    }

    fn by_payment(&self, fields: &mut Fields, payment: &Payment) -> Suggestion {
        match self.financial {
            Some(FinancialState::Pending | FinancialState::PartlyPaid) | None => {
                let note = "unpaid, or to be paid on delivery; taken as unpaid";
                ambiguous(fields, &self.financial_word, note);
                Suggestion::Pending
            }
            Some(FinancialState::Authorised) => {
                let note = "to be captured before or on shipping; taken as not ready";
                ambiguous(fields, &self.financial_word, note);
                Suggestion::Pending
            }
            Some(FinancialState::Expired | FinancialState::Voided) => {
                let note = "the payment is gone but the order is not cancelled; taken as on hold";
                ambiguous(fields, &self.financial_word, note);
                let why = "the payment was voided or expired, the order is not cancelled";
                Suggestion::held(why)
            }
            Some(FinancialState::Refunded) => self.refunded(fields, payment),
            Some(FinancialState::Paid | FinancialState::PartlyRefunded) => self.paid(fields),
            Some(FinancialState::Unknown) => {
                unknown(fields, &self.financial_word);
                let why = "the channel sends a financial status this library does not know";
                Suggestion::person(why)
            }
        }
    }

    /// `refunded` is set by some shops when only a part went back.
    fn refunded(&self, fields: &mut Fields, payment: &Payment) -> Suggestion {
        let all = payment.refunded.is_positive() && payment.refunded == payment.captured;
        if all {
            let note = "cancelled, or goodwill; all of it went back, taken as cancelled";
            ambiguous(fields, &self.financial_word, note);
            return Suggestion::Cancelled {
                why: "refunded in full, nothing shipped".into(),
            };
        }
        let note = "all of it, or what the transactions say; taken as on hold";
        ambiguous(fields, &self.financial_word, note);
        let why = format!(
            "marked as refunded, but the transactions say {} of {}",
            payment.refunded, payment.captured
        );
        Suggestion::held(why)
    }

    fn paid(&self, fields: &mut Fields) -> Suggestion {
        if self.fulfillment == FulfillmentState::Restocked {
            let note = "returned, or never sent; taken as cancelled";
            ambiguous(fields, &self.fulfillment_word, note);
            return Suggestion::Cancelled {
                why: "restocked on the channel".into(),
            };
        }
        if self.units_taken_back {
            let why = "paid, but units were refunded or removed: which are still to be shipped?";
            return Suggestion::person(why);
        }
        Suggestion::Approved
    }
}

fn ambiguous(fields: &mut Fields, word: &Word, note: &'static str) {
    let value = word.text.as_deref().unwrap_or("null");
    fields.ambiguous(word.path.clone(), value, note);
}

fn unknown(fields: &mut Fields, word: &Word) {
    let text = word.text.as_deref().unwrap_or_default();
    fields.warn(unknown_state(&word.path, text));
}
