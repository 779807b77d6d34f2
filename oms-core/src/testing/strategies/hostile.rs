//! Drafts of which every field is valid and the whole may not be.

use proptest::collection::vec;
use proptest::prelude::{Strategy, any};
use proptest::sample::select;

use crate::order::{Charge, ChargeKind, ExternalReference, OrderDraft};
use crate::testing::build::{customer_id, external};
use crate::testing::strategies::drafts::draft;
use crate::value::limits::{LINES_PER_ORDER_MAX, MONEY_MINOR_MAX};
use crate::value::{Currency, LineId, Money, Quantity, Sku, UnitPrice};

/// What is done to a draft.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Hostility {
    /// All lines go.
    NoLines,
    /// More lines than an order may have.
    TooManyLines,
    /// Two lines of one number.
    TwinLines,
    /// Two references of one kind.
    TwinReferences,
    /// A line in another currency.
    OtherCurrency,
    /// A negative tax on a line.
    NegativeTax,
    /// A shipping charge below zero.
    NegativeShipping,
    /// A gift card that raises the total.
    PositiveGiftCard,
    /// A discount on a line above its price.
    LargeLineDiscount,
    /// A discount on the order above all its lines.
    LargeDiscount,
    /// The largest price and quantity, on one line.
    HugeLine,
    /// Charges that are in range each and not together.
    HugeCharges,
    /// More refunded than captured.
    LargeRefund,
    /// A stated total that has nothing to do with the lines. Such an order is kept.
    WrongTotal,
    /// A line of something that nobody knows. Such an order is kept.
    UnknownSku,
    /// A customer that nobody knows.
    UnknownCustomer,
}

impl Hostility {
    /// All of them.
    pub const ALL: [Self; 16] = [
        Self::NoLines,
        Self::TooManyLines,
        Self::TwinLines,
        Self::TwinReferences,
        Self::OtherCurrency,
        Self::NegativeTax,
        Self::NegativeShipping,
        Self::PositiveGiftCard,
        Self::LargeLineDiscount,
        Self::LargeDiscount,
        Self::HugeLine,
        Self::HugeCharges,
        Self::LargeRefund,
        Self::WrongTotal,
        Self::UnknownSku,
        Self::UnknownCustomer,
    ];
}

/// A draft that was spoilt in none to three ways, and in which.
pub fn hostile_draft(skus: Vec<Sku>) -> impl Strategy<Value = (OrderDraft, Vec<Hostility>)> {
    let ways = vec(select(Hostility::ALL.to_vec()), 0..=3);
    (draft(skus), ways, any::<usize>()).prop_map(|(mut draft, ways, at)| {
        for way in &ways {
            spoil(&mut draft, *way, at);
        }
        (draft, ways)
    })
}

/// Spoils a draft in one way; where there is a choice of lines, `at` makes it.
pub fn spoil(draft: &mut OrderDraft, way: Hostility, at: usize) {
    let currency = draft.currency;
    let money =
        |minor| Money::from_minor(minor, currency).unwrap_or_else(|_| Money::zero(currency));
    let count = draft.lines.len();
    let line = draft
        .lines
        .get_mut(at.checked_rem(count).unwrap_or_default());
    match (way, line) {
        (Hostility::NoLines, _) => draft.lines.clear(),
        (Hostility::TooManyLines, Some(line)) => {
            let line = line.clone();
            let ids = (1..).map_while(|id| LineId::new(id).ok());
            let lines = ids.map(|id| crate::order::DraftLine { id, ..line.clone() });
            draft.lines = lines.take(LINES_PER_ORDER_MAX.saturating_add(1)).collect();
        }
        (Hostility::TwinLines, Some(line)) => {
            let twin = line.clone();
            draft.lines.push(twin);
        }
        (Hostility::OtherCurrency, Some(line)) => {
            let other = if currency.code() == "EUR" {
                "USD"
            } else {
                "EUR"
            };
            line.discount = Currency::parse(other).map_or(line.discount, Money::zero);
        }
        (Hostility::NegativeTax, Some(line)) => line.tax = money(-1),
        (Hostility::LargeLineDiscount, Some(line)) => {
            let gross = line.unit_price.times(line.quantity);
            let minor = gross.map_or(0, Money::minor).saturating_add(1);
            line.discount = money(minor);
        }
        (Hostility::HugeLine, Some(line)) => {
            line.quantity = Quantity::MAX;
            let most = UnitPrice::from_money(money(MONEY_MINOR_MAX));
            line.unit_price = most.unwrap_or(line.unit_price);
        }
        (Hostility::UnknownSku, Some(line)) => line.sku = Some(external("nobody-knows-this")),
        (_, _) => spoil_the_whole(draft, way, money),
    }
}

fn spoil_the_whole(draft: &mut OrderDraft, way: Hostility, money: impl Fn(i64) -> Money) {
    let charge = |kind, minor| Charge {
        kind,
        title: None,
        amount: money(minor),
        tax: money(0),
    };
    match way {
        Hostility::TwinReferences => {
            let twin = |id| ExternalReference {
                kind: external("order"),
                id: external(id),
            };
            draft.external.extend([twin("one"), twin("two")]);
        }
        Hostility::NegativeShipping => draft.charges.push(charge(ChargeKind::Shipping, -1)),
        Hostility::PositiveGiftCard => draft.charges.push(charge(ChargeKind::GiftCard, 1)),
        Hostility::HugeCharges => {
            let huge = || charge(ChargeKind::Fee, MONEY_MINOR_MAX);
            draft.charges.extend([huge(), huge()]);
        }
        Hostility::LargeDiscount => draft.discount = money(MONEY_MINOR_MAX),
        Hostility::LargeRefund => {
            let more = draft.payment.captured.minor().saturating_add(1);
            draft.payment.refunded = money(more);
        }
        Hostility::WrongTotal => draft.stated_total = Some(money(-MONEY_MINOR_MAX)),
        Hostility::UnknownCustomer => draft.customer = Some(customer_id(404)),
        // These need a line, and there is none any more.
        Hostility::NoLines
        | Hostility::TooManyLines
        | Hostility::TwinLines
        | Hostility::OtherCurrency
        | Hostility::NegativeTax
        | Hostility::LargeLineDiscount
        | Hostility::HugeLine
        | Hostility::UnknownSku => {}
    }
}
