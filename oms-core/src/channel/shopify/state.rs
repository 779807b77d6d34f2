//! Where a Shopify order stands. There is no one status: cancellation is read first, then
//! fulfilment, then payment.

use crate::channel::error::ChannelError;
use crate::channel::fields::{Fields, unknown_state};
use crate::channel::incoming::{ChannelState, FinancialState, FulfillmentState, Suggestion, Why};
use crate::channel::json::Object;
use crate::channel::warning::ChannelWarning;
use crate::order::OrderDraft;

/// The payment's state by `financial_status`.
pub(super) fn financial(order: &Object<'_>) -> Result<Option<FinancialState>, ChannelError> {
    let Some(word) = order.literal("financial_status")? else {
        return Ok(None);
    };
    Ok(Some(match word.as_str() {
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
        Some("partial") => FulfillmentState::Partial,
        Some("fulfilled") if parcels.all_arrived() => FulfillmentState::Delivered,
        Some("fulfilled") => FulfillmentState::Fulfilled,
        Some("restocked") => FulfillmentState::Restocked,
        Some(_) => FulfillmentState::Unknown,
    })
}

/// The parcels that count: those neither cancelled nor failed.
#[derive(Debug, Default)]
struct Parcels {
    sent: usize,
    arrived: usize,
}

impl Parcels {
    fn of(order: &Object<'_>) -> Result<Self, ChannelError> {
        let mut parcels = Self::default();
        for parcel in &order.objects("fulfillments")? {
            if parcel.literal("status")?.as_deref() != Some("success") {
                continue;
            }
            parcels.sent += 1;
            let arrived = parcel.literal("shipment_status")?;
            if matches!(arrived.as_deref(), Some("delivered" | "picked_up")) {
                parcels.arrived += 1;
            }
        }
        Ok(parcels)
    }

    const fn all_arrived(&self) -> bool {
        self.sent > 0 && self.sent == self.arrived
    }
}

/// Everything the payload says about where the order stands.
pub(super) fn state(
    fields: &mut Fields,
    order: &Object<'_>,
    draft: &OrderDraft,
) -> Result<ChannelState, ChannelError> {
    let parcels = Parcels::of(order)?;
    let fulfillment = fulfillment(order, &parcels)?;
    let financial = financial(order)?;
    let test = order.flag("test")?;
    let cancelled = order.value("cancelled_at").is_some();
    let state = Reading {
        fields,
        order,
        draft,
        parcels: &parcels,
    };
    let suggestion = state.suggestion(test, cancelled, fulfillment, financial)?;
    Ok(ChannelState {
        test,
        cancelled_at: fields.time(order, "cancelled_at"),
        changed_at: fields.time(order, "updated_at"),
        financial,
        fulfillment: Some(fulfillment),
        suggestion,
    })
}

struct Reading<'r, 'a> {
    fields: &'r mut Fields,
    order: &'r Object<'a>,
    draft: &'r OrderDraft,
    parcels: &'r Parcels,
}

impl Reading<'_, '_> {
    /// The first row that matches counts.
    fn suggestion(
        mut self,
        test: bool,
        cancelled: bool,
        fulfillment: FulfillmentState,
        financial: Option<FinancialState>,
    ) -> Result<Suggestion, ChannelError> {
        if test {
            return Ok(Suggestion::Ignore {
                why: "test order".into(),
            });
        }
        if cancelled {
            return self.cancelled();
        }
        match fulfillment {
            FulfillmentState::Delivered => return Ok(Suggestion::Delivered),
            FulfillmentState::Fulfilled => return Ok(Suggestion::Shipped),
            FulfillmentState::Partial => {
                let why = "a part is shipped already by the channel's word: which units?";
                return Ok(Suggestion::NeedsPerson { why: why.into() });
            }
            FulfillmentState::Unknown => {
                self.unknown("fulfillment_status")?;
                let why = "the channel sends a fulfilment status this library does not know";
                return Ok(Suggestion::OnHold { why: why.into() });
            }
            FulfillmentState::Unfulfilled | FulfillmentState::Restocked => {}
        }
        self.by_payment(fulfillment, financial)
    }

    fn cancelled(&self) -> Result<Suggestion, ChannelError> {
        if self.parcels.sent > 0 {
            let why = "cancelled on the channel after a parcel left: which units came back?";
            return Ok(Suggestion::NeedsPerson { why: why.into() });
        }
        let why: Why = match self.order.literal("cancel_reason")? {
            Some(reason) => {
                let reason = crate::channel::error::shortened(&reason);
                format!("cancelled on the channel, reason: {reason}").into()
            }
            None => "cancelled on the channel".into(),
        };
        Ok(Suggestion::Cancelled { why })
    }

    fn by_payment(
        &mut self,
        fulfillment: FulfillmentState,
        financial: Option<FinancialState>,
    ) -> Result<Suggestion, ChannelError> {
        match financial {
            Some(FinancialState::Pending | FinancialState::PartlyPaid) | None => {
                let note = "unpaid, or to be paid on delivery; taken as unpaid";
                self.ambiguous("financial_status", note)?;
                Ok(Suggestion::Pending)
            }
            Some(FinancialState::Authorised) => {
                let note = "to be captured before or on shipping; taken as not ready";
                self.ambiguous("financial_status", note)?;
                Ok(Suggestion::Pending)
            }
            Some(FinancialState::Expired | FinancialState::Voided) => {
                let note = "the payment is gone but the order is not cancelled; taken as on hold";
                self.ambiguous("financial_status", note)?;
                let why = "the payment was voided or expired, the order is not cancelled";
                Ok(Suggestion::OnHold { why: why.into() })
            }
            Some(FinancialState::Refunded) => self.refunded(),
            Some(FinancialState::Paid | FinancialState::PartlyRefunded) => self.paid(fulfillment),
            Some(FinancialState::Unknown) => {
                self.unknown("financial_status")?;
                let why = "the channel sends a financial status this library does not know";
                Ok(Suggestion::OnHold { why: why.into() })
            }
        }
    }

    /// `refunded` is set by some shops when only a part went back.
    fn refunded(&mut self) -> Result<Suggestion, ChannelError> {
        let payment = &self.draft.payment;
        let all = payment.refunded.is_positive() && payment.refunded == payment.captured;
        if all {
            let note = "cancelled, or goodwill; all of it went back, taken as cancelled";
            self.ambiguous("financial_status", note)?;
            return Ok(Suggestion::Cancelled {
                why: "refunded in full, nothing shipped".into(),
            });
        }
        let note = "all of it, or what the transactions say; taken as on hold";
        self.ambiguous("financial_status", note)?;
        let why = format!(
            "marked as refunded, but the transactions say {} of {}",
            payment.refunded, payment.captured
        );
        Ok(Suggestion::OnHold { why: why.into() })
    }

    fn paid(&mut self, fulfillment: FulfillmentState) -> Result<Suggestion, ChannelError> {
        if fulfillment == FulfillmentState::Restocked {
            let note = "returned, or never sent; taken as cancelled";
            self.ambiguous("fulfillment_status", note)?;
            return Ok(Suggestion::Cancelled {
                why: "restocked on the channel".into(),
            });
        }
        if self.units_taken_back()? {
            let why = "paid, but units were refunded or removed: which are still to be shipped?";
            return Ok(Suggestion::NeedsPerson { why: why.into() });
        }
        Ok(Suggestion::Approved)
    }

    /// True when fewer units are left to ship than were ordered.
    fn units_taken_back(&self) -> Result<bool, ChannelError> {
        for line in &self.order.objects("line_items")? {
            let current = line.literal("current_quantity")?;
            if current.is_some() && current != line.literal("quantity")? {
                return Ok(true);
            }
        }
        for refund in &self.order.objects("refunds")? {
            if !refund.objects("refund_line_items")?.is_empty() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn ambiguous(&mut self, key: &str, note: &'static str) -> Result<(), ChannelError> {
        let value = self
            .order
            .literal(key)?
            .unwrap_or_else(|| "null".to_owned());
        let path = self.order.path_of(key);
        self.fields
            .warn(ChannelWarning::AmbiguousState { path, value, note });
        Ok(())
    }

    fn unknown(&mut self, key: &str) -> Result<(), ChannelError> {
        let word = self.order.literal(key)?.unwrap_or_default();
        self.fields
            .warn(unknown_state(&self.order.path_of(key), &word));
        Ok(())
    }
}
