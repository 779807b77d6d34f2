//! I4: money is conserved.

use std::collections::BTreeMap;

use crate::order::{ChargeKind, Line, Order, TaxMode};
use crate::testing::simulation::report::{Broken, Checked, check};
use crate::value::{LineId, Money, MoneyError, Quantity};

const INVARIANT: &str = "I4";

/// The totals are what the lines and charges add up to; no more went back, or is to go back, than
/// was taken or than gift cards cover, and no money is both to be paid and to be given back.
pub(crate) fn check_order(order: &Order) -> Checked {
    let head = &order.head;
    let payment = &head.payment;
    check(goes_back_at_most(order), INVARIANT, || {
        let back = order.to_give_back();
        let covered = head.totals.gift_cards.negated();
        format!("order {}: {back:?} of {covered} and {payment:?}", head.id)
    })?;
    check(asks_or_gives_back(order), INVARIANT, || {
        let (open, back) = (order.to_collect(), order.to_give_back());
        format!(
            "order {}: {open} to collect, {back:?}, {payment:?}",
            head.id
        )
    })?;
    let (total, tax) =
        add_up(order).map_err(|why| Broken::new(INVARIANT, format!("order {}: {why}", head.id)))?;
    check(
        total == head.totals.total && tax == head.totals.tax,
        INVARIANT,
        || {
            format!(
                "order {}: {total} and {tax} tax, stored is {:?}",
                head.id, head.totals
            )
        },
    )?;
    check(head.totals.is_conserved(head.tax_mode), INVARIANT, || {
        format!("order {}: {:?}", head.id, head.totals)
    })?;
    check(owes_what_is_left(order), INVARIANT, || {
        format!("order {}: owes {}, {head:?}", head.id, order.owed())
    })
}

/// No sum is below nothing, and of what was taken, and of what gift cards cover, what went back and
/// what is to go back are parts.
fn goes_back_at_most(order: &Order) -> bool {
    let (payment, back) = (&order.head.payment, order.to_give_back());
    let covered = order.head.totals.gift_cards.negated();
    let within = |gone: Money, open: Money, whole: Money| {
        let left = whole.checked_sub(gone);
        !gone.is_negative()
            && !open.is_negative()
            && left.is_ok_and(|left| left.amount() >= open.amount())
    };
    !payment.authorised.is_negative()
        && !payment.waived.is_negative()
        && !payment.retained.is_negative()
        && within(payment.refunded, back.money, payment.captured)
        && within(payment.credited, back.gift_cards, covered)
}

/// Nobody is asked for money who gets some back, and while none went back, what is still to be paid
/// is what is owed and was not taken.
fn asks_or_gives_back(order: &Order) -> bool {
    let payment = &order.head.payment;
    let (open, back) = (order.to_collect().minor(), order.to_give_back().money);
    let missing = order
        .owed()
        .minor()
        .saturating_sub(payment.captured.minor());
    let agrees = !payment.refunded.is_zero() || open == missing.max(0);
    agrees && (open == 0 || back.is_zero())
}

/// All that is due and was not let go while nothing is cancelled, nothing once all is, else
/// something in between, and what was retained. What went back to gift cards may be owed beside it,
/// and once something came back, what was not paid need not be, but for what the buyer keeps.
fn owes_what_is_left(order: &Order) -> bool {
    let (lines, payment) = (&order.head.lines, &order.head.payment);
    let (owed, due) = (order.owed().minor(), order.head.totals.due().minor());
    let (waived, retained) = (payment.waived.minor(), payment.retained.minor());
    let least = due.saturating_sub(waived).max(0);
    let most = due.saturating_add(payment.credited.minor());
    let most = most.saturating_sub(waived).max(0).saturating_add(retained);
    if lines.iter().all(|line| line.cancelled == line.ordered) {
        // Of what gift cards cover, what was retained is paid already.
        let cards = order.head.totals.gift_cards.negated().minor();
        return (retained.saturating_sub(cards)..=retained).contains(&owed);
    }
    if lines.iter().all(|line| line.cancelled.is_zero()) {
        let came_back = returned(order).values().any(|units| *units > 0);
        let least = if came_back {
            let paid = i128::from(least.min(payment.captured.minor()));
            paid.max(least_for_kept(order))
        } else {
            i128::from(least)
        };
        return (least..=i128::from(most)).contains(&i128::from(owed));
    }
    (0..=most).contains(&owed)
}

/// Units by line that came back.
fn returned(order: &Order) -> BTreeMap<LineId, u32> {
    let mut returned: BTreeMap<LineId, u32> = BTreeMap::new();
    for share in order.fulfillments.values().flat_map(|work| &work.lines) {
        let sum = returned.entry(share.line).or_default();
        *sum = sum.saturating_add(share.returned.get());
    }
    returned
}

/// What the units that did not come back cost at least, with their tax and the charges, less what
/// gift cards cover, in minor units; added up again, where nothing but lines and charges makes the
/// sum and nothing is cancelled or let go. Nothing is asked for where all of it came back.
fn least_for_kept(order: &Order) -> i128 {
    let (head, payment) = (&order.head, &order.head.payment);
    let simple = [head.discount, payment.waived, payment.credited];
    let simple = simple.into_iter().all(Money::is_zero)
        && head.totals.stated.is_none()
        && head.order_tax.is_none();
    let returned = returned(order);
    let back = |line: &Line| returned.get(&line.id).copied().unwrap_or_default();
    if !simple
        || head
            .lines
            .iter()
            .all(|line| back(line) >= line.ordered.get())
    {
        return 0;
    }
    let minor = |money: Money| i128::from(money.minor());
    let tax = |tax: Money| match head.tax_mode {
        TaxMode::Exclusive => minor(tax),
        TaxMode::Inclusive => 0,
    };
    let of_line = |line: &Line| {
        let quantity = Quantity::new(line.ordered.get()).ok();
        let price = quantity.and_then(|quantity| line.unit_price.times(quantity).ok());
        let worth = price.map_or(0, minor) - minor(line.discount) + tax(line.tax);
        let kept = line.ordered.get().saturating_sub(back(line));
        let part = worth * i128::from(kept);
        part.checked_div(i128::from(line.ordered.get()))
            .unwrap_or_default()
    };
    let lines: i128 = head.lines.iter().map(of_line).sum();
    let charges = head.charges.iter();
    let charges: i128 = charges.map(|one| minor(one.amount) + tax(one.tax)).sum();
    (lines + charges).max(0)
}

/// The total and the tax in it, added up from the parts again.
fn add_up(order: &Order) -> Result<(Money, Money), MoneyError> {
    let head = &order.head;
    let zero = Money::zero(head.totals.currency());
    let (mut total, mut tax) = (zero.checked_sub(head.discount)?, zero);
    for line in &head.lines {
        if let Ok(quantity) = Quantity::new(line.ordered.get()) {
            total = total.checked_add(line.unit_price.times(quantity)?)?;
        }
        total = total.checked_sub(line.discount)?;
        tax = tax.checked_add(line.tax)?;
    }
    for charge in &head.charges {
        match charge.kind {
            ChargeKind::Shipping
            | ChargeKind::Fee
            | ChargeKind::Tip
            | ChargeKind::Duty
            | ChargeKind::GiftCard => total = total.checked_add(charge.amount)?,
        }
        tax = tax.checked_add(charge.tax)?;
    }
    let tax = head.order_tax.unwrap_or(tax);
    match head.tax_mode {
        TaxMode::Exclusive => Ok((total.checked_add(tax)?, tax)),
        TaxMode::Inclusive => Ok((total, tax)),
    }
}

#[cfg(test)]
mod tests {
    use super::{least_for_kept, owes_what_is_left};
    use crate::order::{
        Assignment, Charge, ChargeKind, LineQuantity, LineSku, Order, OrderCommand, OrderDraft,
        Place, ShipParcel, Source, SourceKind, Tracking, Workflow, decide, decide_place, evolve,
        fold,
    };
    use crate::testing::build;
    use crate::value::{
        Currency, FulfillmentId, Money, OrderId, OrderNumber, ShipmentId, Timestamp,
    };

    fn money(text: &str) -> Money {
        Money::parse(text, Currency::parse("EUR").unwrap()).unwrap()
    }

    /// Two units of 10.00, shipping of 5.00 and a gift card of 3.00, delivered and not paid.
    fn delivered() -> Order {
        let source = Source {
            kind: SourceKind::Manual,
            channel: build::channel("desk"),
        };
        let mut draft = OrderDraft::new(source, Currency::parse("EUR").unwrap());
        draft.push_line("TEA", 2, "10.00").unwrap().tax = money("1.91");
        let charges = [
            (ChargeKind::Shipping, "5.00"),
            (ChargeKind::GiftCard, "-3.00"),
        ];
        draft.charges = charges
            .map(|(kind, amount)| Charge {
                kind,
                title: None,
                amount: money(amount),
                tax: money("0"),
            })
            .to_vec();
        let place = Place {
            id: OrderId::parse("0197f3a0-0000-7000-8000-000000000001").unwrap(),
            number: OrderNumber::new(1001).unwrap(),
            draft: &draft,
            skus: &[LineSku::Known(build::sku("TEA"))],
            ship_to: None,
            bill_to: None,
            payload: None,
            slot: None,
            tentative: false,
        };
        let mut order = fold([&decide_place(&place, now()).unwrap()]).unwrap();
        let (fulfillment, lines) = (FulfillmentId::FIRST, Vec::new());
        let tracking = Tracking::default();
        for command in [
            OrderCommand::Allocate {
                assignments: vec![Assignment {
                    hub: build::hub("north"),
                    line: build::line(1),
                    quantity: build::quantity(2),
                }],
                expires_at: None,
            },
            OrderCommand::Approve,
            OrderCommand::pick_all(fulfillment),
            OrderCommand::pack_all(fulfillment),
            OrderCommand::Ship {
                fulfillment,
                parcel: ShipParcel { lines, tracking },
            },
            OrderCommand::Deliver {
                shipment: ShipmentId::FIRST,
            },
        ] {
            run(&mut order, &command);
        }
        order
    }

    fn now() -> Timestamp {
        Timestamp::parse_rfc3339("2026-03-01T09:00:00Z").unwrap()
    }

    fn run(order: &mut Order, command: &OrderCommand) {
        let events = decide(order, command, &Workflow::default(), now()).unwrap();
        events.iter().for_each(|event| evolve(order, event));
    }

    #[test]
    fn what_an_unpaid_buyer_keeps_is_owed_at_least() {
        let mut order = delivered();
        let line = LineQuantity {
            line: build::line(1),
            quantity: build::quantity(1),
        };
        let one = OrderCommand::Return {
            fulfillment: FulfillmentId::FIRST,
            lines: vec![line],
        };
        run(&mut order, &one);
        assert_eq!(least_for_kept(&order), 1_295, "10.95, 5.00 less 3.00");
        assert_eq!(order.owed(), money("12.95"));
        assert!(owes_what_is_left(&order));
        run(&mut order, &one);
        assert_eq!(least_for_kept(&order), 0, "all of it came back");
        assert!(owes_what_is_left(&order));
    }
}
