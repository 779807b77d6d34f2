//! What is known about an order's payment. Money itself is moved elsewhere.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::order::PaymentEntry;
use crate::order::compact::{no_money, or_nothing};
use crate::value::{Currency, ExternalId, Money, Name};

/// How the buyer pays, in the source's words.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PaymentMethod(pub Name);

/// The recorded amounts of an order's payment.
///
/// `0 <= refunded <= captured`, `0 <= authorised`, `0 <= waived`, `0 <= credited` and
/// `0 <= retained` always; each is a sum of what was recorded, never rewritten.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Wire")]
#[non_exhaustive]
pub struct Payment {
    /// The currency of every amount.
    pub currency: Currency,
    /// How the buyer pays.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<PaymentMethod>,
    /// Sum of amounts promised by the buyer's bank, less the promises that were voided. A capture
    /// does not lower it.
    #[serde(skip_serializing_if = "no_money")]
    pub authorised: Money,
    /// Sum of amounts taken.
    #[serde(skip_serializing_if = "no_money")]
    pub captured: Money,
    /// Sum of amounts given back.
    #[serde(skip_serializing_if = "no_money")]
    pub refunded: Money,
    /// Sum of amounts that the buyer was let off, less what was taken back of them.
    #[serde(skip_serializing_if = "no_money")]
    pub waived: Money,
    /// Sum of amounts that went back to gift cards.
    #[serde(skip_serializing_if = "no_money")]
    pub credited: Money,
    /// Sum of amounts that were to be given back and that the seller keeps, less what the seller
    /// gave up of them. Nothing when an order is placed.
    #[serde(skip_serializing_if = "no_money")]
    pub retained: Money,
    /// The payment system's references of what the sums contained when the order was placed; which
    /// entries they stand for is told by [`knows`](Self::knows).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub references: Vec<ExternalId>,
    /// The kinds of entries that `references` stand for. Set by the first entry recorded since the
    /// order was placed; until then the sums say it, and this is `None`, as in every draft.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub covered: Option<BTreeSet<PaymentKind>>,
    /// The sums of those kinds when the order was placed, set with `covered`; none in a draft.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub covered_sums: BTreeMap<PaymentKind, Money>,
    /// Entries recorded since under a reference, so that a repeated message changes nothing; none
    /// in a draft.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub recorded: Vec<PaymentReference>,
}

/// A payment as written: amounts that are missing are nothing.
#[derive(Deserialize)]
struct Wire {
    currency: Currency,
    method: Option<PaymentMethod>,
    authorised: Option<Money>,
    captured: Option<Money>,
    refunded: Option<Money>,
    waived: Option<Money>,
    credited: Option<Money>,
    retained: Option<Money>,
    #[serde(default)]
    references: Vec<ExternalId>,
    covered: Option<BTreeSet<PaymentKind>>,
    #[serde(default)]
    covered_sums: BTreeMap<PaymentKind, Money>,
    #[serde(default)]
    recorded: Vec<PaymentReference>,
}

impl From<Wire> for Payment {
    fn from(wire: Wire) -> Self {
        Self {
            currency: wire.currency,
            method: wire.method,
            authorised: or_nothing(wire.authorised, wire.currency),
            captured: or_nothing(wire.captured, wire.currency),
            refunded: or_nothing(wire.refunded, wire.currency),
            waived: or_nothing(wire.waived, wire.currency),
            credited: or_nothing(wire.credited, wire.currency),
            retained: or_nothing(wire.retained, wire.currency),
            references: wire.references,
            covered: wire.covered,
            covered_sums: wire.covered_sums,
            recorded: wire.recorded,
        }
    }
}

/// An entry and the name the payment system gave it.
///
/// Payment systems use one name for a promise and its capture, or for several captures, so a name
/// alone does not make an entry a repeat: the same name with the same entry does.
///
/// So two equal captures under one name are one capture: a second 10.00 under `pi-1` is taken for
/// the message that arrived twice, and changes nothing. A caller whose payment system can take the
/// same amount twice under one name gives the name of the single step instead, such as that of the
/// charge or the transaction, or adds what tells them apart.
///
/// A capture draws on the promise that has its name. One without a name may draw on any promise,
/// and where a promise has no name, or was known when the order was placed, so may every capture.
/// So a capture under another name than every promise is money beside them: store credit beside a
/// card. What was captured when the order was placed has the names of the placement, if that gave
/// any. Whoever names captures by their single steps records promises without a name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentReference {
    /// The payment system's reference, as sent.
    pub id: ExternalId,
    /// What was recorded under it.
    pub entry: PaymentEntry,
}

impl Payment {
    /// Nothing recorded yet.
    #[must_use]
    pub fn none(currency: Currency) -> Self {
        let zero = Money::zero(currency);
        Self {
            currency,
            method: None,
            authorised: zero,
            captured: zero,
            refunded: zero,
            waived: zero,
            credited: zero,
            retained: zero,
            references: Vec::new(),
            covered: None,
            covered_sums: BTreeMap::new(),
            recorded: Vec::new(),
        }
    }

    /// Whether the entry is in the sums already, under that reference: it was recorded, or it was
    /// known when the order was placed.
    ///
    /// An order is placed with sums and with references, and which amount is whose is not told. So
    /// a reference of the placement stands for kinds of entries that had a sum then (a promise that
    /// was known stands for no capture), and
    /// - where it is the only one, for the sum: the same amount is a repeat, another one is news;
    /// - beside others, for any part of the sum: a larger capture, refund, waiver or credit is
    ///   news. Promises may have been voided in part since, so they are repeats whatever their
    ///   amount.
    ///
    /// A payment system that takes or gives money in equal parts under one name needs a name for
    /// each step here as well, see [`PaymentReference`].
    #[must_use]
    pub fn knows(&self, id: &ExternalId, entry: &PaymentEntry) -> bool {
        let mut recorded = self.recorded.iter();
        (self.references.contains(id) && self.placed_with(entry))
            || recorded.any(|known| known.id == *id && known.entry == *entry)
    }

    /// Whether the references of the placement stand for the entry.
    fn placed_with(&self, entry: &PaymentEntry) -> bool {
        let (kind, amount) = (entry.kind(), entry.amount().amount());
        // What takes a waiver back is never a part of what was waived.
        if amount.is_sign_negative() {
            return false;
        }
        let sum = match &self.covered {
            None => self
                .sums()
                .find_map(|(summed, sum)| (summed == kind).then_some(sum)),
            Some(covered) if !covered.contains(&kind) => None,
            Some(_) => match self.covered_sums.get(&kind) {
                Some(sum) => Some(*sum),
                // Stored before the sums were: the kind is all there is.
                None => return true,
            },
        };
        let Some(sum) = sum else {
            return false;
        };
        let first = self.references.first();
        if self.references.iter().all(|id| Some(id) == first) {
            return amount == sum.amount();
        }
        match kind {
            PaymentKind::Captured
            | PaymentKind::Refunded
            | PaymentKind::Waived
            | PaymentKind::Credited
            | PaymentKind::Retained => amount <= sum.amount(),
            PaymentKind::Authorised | PaymentKind::Voided => true,
        }
    }

    /// Remembers what the references stand for, before another entry changes the sums.
    pub(super) fn cover(&mut self) {
        if self.covered.is_none() && !self.references.is_empty() {
            self.covered_sums = self.sums().collect();
            self.covered = Some(self.covered_sums.keys().copied().collect());
        }
    }

    /// The kinds that have a sum, with it.
    fn sums(&self) -> impl Iterator<Item = (PaymentKind, Money)> {
        let sums = [
            (PaymentKind::Authorised, self.authorised),
            (PaymentKind::Captured, self.captured),
            (PaymentKind::Refunded, self.refunded),
            (PaymentKind::Waived, self.waived),
            (PaymentKind::Credited, self.credited),
            (PaymentKind::Retained, self.retained),
        ];
        sums.into_iter().filter(|(_, sum)| !sum.is_zero())
    }

    /// What was captured, and what was promised as far as no capture can have drawn on it; what
    /// went back is still in it.
    pub(super) fn secured(&self) -> Decimal {
        let beside = self.beside();
        let drawing = self.captured.amount() - beside;
        beside + drawing.max(self.authorised.amount())
    }

    /// Captures that draw on no promise, see [`PaymentReference`].
    fn beside(&self) -> Decimal {
        let (mut promises, mut promised) = (BTreeSet::new(), Decimal::ZERO);
        for known in &self.recorded {
            match &known.entry {
                PaymentEntry::Authorised { amount } => {
                    promises.insert(&known.id);
                    promised += amount.amount();
                }
                PaymentEntry::Voided { amount } => promised -= amount.amount(),
                PaymentEntry::Captured { .. }
                | PaymentEntry::Refunded { .. }
                | PaymentEntry::Waived { .. }
                | PaymentEntry::Credited { .. }
                | PaymentEntry::Retained { .. } => {}
            }
        }
        if self.authorised.amount() > promised {
            return Decimal::ZERO;
        }
        let beside = self.recorded.iter().filter_map(|known| match &known.entry {
            PaymentEntry::Captured { amount } => {
                (!promises.contains(&known.id)).then(|| amount.amount())
            }
            PaymentEntry::Authorised { .. }
            | PaymentEntry::Refunded { .. }
            | PaymentEntry::Voided { .. }
            | PaymentEntry::Waived { .. }
            | PaymentEntry::Credited { .. }
            | PaymentEntry::Retained { .. } => None,
        });
        let mut named = self.references.iter();
        let placed = self.covered_sums.get(&PaymentKind::Captured);
        let placed = placed.filter(|_| !named.any(|id| promises.contains(id)));
        let placed = placed.map_or(Decimal::ZERO, |placed| placed.amount());
        placed + beside.sum::<Decimal>()
    }

    /// References kept, of either kind.
    pub(super) fn references_kept(&self) -> usize {
        self.references.len().saturating_add(self.recorded.len())
    }
}

/// What an entry tells, without its amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaymentKind {
    /// An amount was promised.
    Authorised,
    /// An amount was taken.
    Captured,
    /// An amount went back.
    Refunded,
    /// A promise was taken back. No reference known at placement stands for one.
    Voided,
    /// The buyer was let off an amount.
    Waived,
    /// An amount went back to gift cards.
    Credited,
    /// The seller keeps an amount that was to be given back. No reference known at placement stands
    /// for one.
    Retained,
}

/// What the amounts say, compared with what the buyer owes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaymentState {
    /// Nothing authorised or captured.
    Unpaid,
    /// The whole amount is promised, or a part of it captured and the rest promised beside it.
    Authorised,
    /// Less than the whole amount is captured or promised.
    PartlyPaid,
    /// The whole amount is captured.
    Paid,
    /// More than the whole amount is captured.
    Overpaid,
    /// A part of what was captured went back.
    PartlyRefunded,
    /// All that was captured went back.
    Refunded,
}

impl Payment {
    /// What the amounts say about an order that costs `due`: a pure function, never stored. For an
    /// order that is [`Order::owed`](crate::order::Order::owed), as
    /// [`Order::payment_state`](crate::order::Order::payment_state) asks it.
    #[must_use]
    pub fn state(&self, due: Money) -> PaymentState {
        let captured = self.captured.amount();
        let (refunded, due) = (self.refunded.amount(), due.amount());
        if !refunded.is_zero() {
            return if refunded >= captured {
                PaymentState::Refunded
            } else {
                PaymentState::PartlyRefunded
            };
        }
        match captured.cmp(&due) {
            std::cmp::Ordering::Greater => PaymentState::Overpaid,
            std::cmp::Ordering::Equal => PaymentState::Paid,
            std::cmp::Ordering::Less if self.secured() >= due => PaymentState::Authorised,
            std::cmp::Ordering::Less if captured.is_zero() && self.authorised.is_zero() => {
                PaymentState::Unpaid
            }
            std::cmp::Ordering::Less => PaymentState::PartlyPaid,
        }
    }
}
