//! What units of an order are worth: for a refund line by line, and for the invoice of a parcel.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::order::bucket::sum;
use crate::order::owed::{gone, money, net, worths};
use crate::order::taxes::shared_taxes;
use crate::order::{Line, LineQuantity, Order, OrderRejection, Shipment};
use crate::value::{LineId, Money, Quantity, ShipmentId, Units};

/// What units of a line are worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[non_exhaustive]
pub struct LineWorth {
    /// The line.
    pub line: LineId,
    /// How many units.
    pub quantity: Quantity,
    /// What they cost after all discounts, tax included whatever the order's tax mode.
    pub amount: Money,
    /// The tax in it: not below nothing, and not more than the amount.
    pub tax: Money,
}

impl Order {
    /// What units are worth as the next to be cancelled or to come back, line by line: exactly what
    /// [`owed`](Self::owed) counts for them, with their share of discounts and taxes of the whole
    /// order.
    ///
    /// Nothing is lost to rounding: whatever the steps in which units go, what they were worth
    /// before each step adds up to the line. So ask the order as it stood before they went: before
    /// the command is given, or as of its history up to the event. Asked afterwards it tells the
    /// worth of the units that are left.
    ///
    /// It is no promise to pay: charges are not in it, and of what was waived, retained, covered by
    /// gift cards or never paid, less money goes back than units are worth. How much there is to
    /// give in all is told by [`to_give_back`](Self::to_give_back).
    ///
    /// ```
    /// use oms_core::order::{LineQuantity, LineWorth, OrderEvent, OrderRejection, fold};
    /// use oms_core::service::HistoryEntry;
    /// use oms_core::value::Version;
    ///
    /// /// The worth of what came back by one event of an order.
    /// fn came_back(
    ///     history: &[HistoryEntry],
    ///     seq: Version,
    /// ) -> Result<Vec<LineWorth>, OrderRejection> {
    ///     let before = history.iter().take_while(|entry| entry.seq < seq);
    ///     let order = fold(before.map(|entry| &entry.event));
    ///     let entry = history.iter().find(|entry| entry.seq == seq);
    ///     match (order, entry.map(|entry| &entry.event)) {
    ///         (Some(order), Some(OrderEvent::Returned { lines, .. })) => order.worth_of(lines),
    ///         _ => Ok(Vec::new()),
    ///     }
    /// }
    /// # use oms_core::order::{LineSku, OrderDraft, Place, Source, SourceKind, decide_place};
    /// # use oms_core::order::{OrderCommand, CancelLine, Workflow, decide, evolve};
    /// # use oms_core::value::{ChannelId, Currency, LineId, Money, OrderId, OrderNumber, Quantity};
    /// # use oms_core::value::{Reason, Sku, Timestamp};
    /// # let source = Source { kind: SourceKind::Manual, channel: ChannelId::parse("desk")? };
    /// # let mut draft = OrderDraft::new(source, Currency::parse("EUR")?);
    /// # draft.push_line("TEA-01", 3, "5.00")?;
    /// # draft.discount = Money::parse("5.00", draft.currency)?;
    /// # let now = Timestamp::EPOCH;
    /// # let place = Place {
    /// #     id: OrderId::parse("0197f3a0-0000-7000-8000-000000000001")?,
    /// #     number: OrderNumber::new(1001)?,
    /// #     draft: &draft,
    /// #     skus: &[LineSku::Known(Sku::parse("TEA-01")?)],
    /// #     ship_to: None,
    /// #     bill_to: None,
    /// #     payload: None,
    /// #     slot: None,
    /// #     tentative: false,
    /// # };
    /// # let placed = decide_place(&place, now)?;
    /// # let mut order = fold([&placed]).ok_or("a stream begins with placed")?;
    /// # let line = LineId::new(1)?;
    /// # let cancel = OrderCommand::CancelLines {
    /// #     reason: Reason::parse("buyer asked")?,
    /// #     lines: vec![CancelLine { line, quantity: Quantity::new(1)?, fulfillment: None }],
    /// # };
    ///
    /// // An order of 3 units of 5.00, less 5.00 on the whole: 10.00 for three.
    /// let one = [LineQuantity { line, quantity: Quantity::new(1)? }];
    /// let two = [LineQuantity { line, quantity: Quantity::new(2)? }];
    /// assert_eq!(order.worth_of(&one)?[0].amount.to_string(), "3.33 EUR");
    /// # for event in decide(&order, &cancel, &Workflow::default(), now)? {
    /// #     evolve(&mut order, &event);
    /// # }
    /// // Once it is cancelled:
    /// assert_eq!(order.worth_of(&one)?[0].amount.to_string(), "3.34 EUR");
    /// assert_eq!(order.worth_of(&two)?[0].amount.to_string(), "6.67 EUR");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`OrderRejection`]: `unknown_line`, `duplicate_line`, or `too_few_units` where fewer are
    /// left that were not cancelled and did not come back.
    pub fn worth_of(&self, units: &[LineQuantity]) -> Result<Vec<LineWorth>, OrderRejection> {
        let (shares, kept) = (self.line_shares(), self.without_returned());
        let mut named = BTreeSet::new();
        let mut all = Vec::with_capacity(units.len());
        for LineQuantity { line, quantity } in units {
            let share = share_of(&shares, *line)?;
            if !named.insert(*line) {
                return Err(OrderRejection::DuplicateLine { line: *line });
            }
            let at = kept.binary_search_by_key(line, |kept| kept.id).ok();
            let kept = at.and_then(|at| kept.get(at));
            let before = kept.map_or(Units::ZERO, |kept| kept.cancelled);
            let asked = Units::from(*quantity);
            let found = share.line.ordered.saturating_sub(before);
            if asked > found {
                return Err(OrderRejection::TooFewUnits {
                    line: *line,
                    asked,
                    found,
                    bucket: "kept".to_owned(),
                });
            }
            all.push(share.between(*quantity, before, sum([before, asked])));
        }
        Ok(all)
    }

    /// What the units in a parcel are worth, line by line, as for an invoice of a part delivery: it
    /// is the same whenever it is asked, whatever was cancelled or came back since. All parcels of
    /// an order and its cancelled units add up to its lines. The units of a parcel may be worth a
    /// minor unit of money more or less than as many that are
    /// [the next to come back](Self::worth_of); over all units of a line that is even again.
    ///
    /// Charges are not in it.
    ///
    /// # Errors
    /// [`OrderRejection`]: `unknown_shipment`, or `unknown_line` where stored data is damaged.
    pub fn worth_of_parcel(&self, id: ShipmentId) -> Result<Vec<LineWorth>, OrderRejection> {
        let unknown = OrderRejection::UnknownShipment { shipment: id };
        let parcel = self.parcels().find(|parcel| parcel.id == id);
        let shares = self.line_shares();
        let worth = |(line, quantity): &(LineId, Quantity)| -> Result<LineWorth, OrderRejection> {
            let share = share_of(&shares, *line)?;
            // Cancelled units are counted from the first one on, so parcels are from the last.
            let later = share
                .line
                .ordered
                .saturating_sub(self.sent_before(id, *line));
            let earlier = later.saturating_sub(Units::from(*quantity));
            Ok(share.between(*quantity, earlier, later))
        };
        parcel.ok_or(unknown)?.lines.iter().map(worth).collect()
    }

    fn parcels(&self) -> impl Iterator<Item = &Shipment> {
        let works = self.fulfillments.values();
        works.flat_map(|work| &work.shipments)
    }

    /// Units of a line in parcels with a lower number, which left before.
    fn sent_before(&self, id: ShipmentId, line: LineId) -> Units {
        let earlier = self.parcels().filter(|parcel| parcel.id < id);
        let parts = earlier.flat_map(|parcel| &parcel.lines);
        let parts = parts.filter(|(of, _)| *of == line);
        let units = parts.map(|(_, quantity)| Units::from(*quantity));
        Units::try_sum(units).unwrap_or(Units::MAX)
    }

    /// What each line is worth as a whole, by line.
    fn line_shares(&self) -> Vec<Share<'_>> {
        let head = &self.head;
        let worths = worths(head, &head.lines, &head.totals);
        let nets: Vec<u64> = head.lines.iter().map(net).collect();
        let taxes = shared_taxes(head, &head.lines, &nets, head.totals.tax).of_lines;
        let parts = head.lines.iter().zip(worths).zip(taxes);
        let share = |((line, worth), tax): ((_, i128), i128)| Share {
            line,
            worth,
            tax: tax.min(worth),
        };
        parts.map(share).collect()
    }
}

/// What all units of a line are worth, and the tax in it; in minor units, not negative.
#[derive(Clone, Copy, Debug)]
struct Share<'a> {
    line: &'a Line,
    worth: i128,
    tax: i128,
}

impl Share<'_> {
    /// The worth of the units after the first `from` and up to the first `to`.
    fn between(&self, quantity: Quantity, from: Units, to: Units) -> LineWorth {
        let currency = self.line.unit_price.currency();
        let (before, after) = (self.of_first(from), self.of_first(to));
        LineWorth {
            line: self.line.id,
            quantity,
            amount: money(after - before, currency),
            tax: money(self.tax_in(after) - self.tax_in(before), currency),
        }
    }

    /// What the first units of the line are worth: what would be gone, were they cancelled.
    fn of_first(&self, units: Units) -> i128 {
        let cancelled = Line {
            cancelled: units,
            ..self.line.clone()
        };
        gone((&cancelled, self.worth))
    }

    /// The tax in a part of the worth. It follows from that part as it was rounded, so that it is
    /// never more than an amount.
    fn tax_in(&self, part: i128) -> i128 {
        let twice = self.tax * part * 2 + self.worth;
        twice.checked_div(self.worth * 2).unwrap_or_default()
    }
}

fn share_of<'a>(shares: &'a [Share<'a>], line: LineId) -> Result<&'a Share<'a>, OrderRejection> {
    let at = shares.binary_search_by_key(&line, |share| share.line.id);
    let share = at.ok().and_then(|at| shares.get(at));
    share.ok_or(OrderRejection::UnknownLine { line })
}
