//! Editing lines and charges while no work has begun: one pure function previews and decides.

mod rate;
mod sums;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::order::amounts::{amount, at_most, discount_at_most, not_negative, same_currency};
use crate::order::bucket::{give, take};
use crate::order::charges::{self, check_charges};
use crate::order::edit::rate::may_keep_rate;
use crate::order::edit::sums::{money, new_totals, unmoved};
use crate::order::owed::{owed, unneeded};
use crate::order::{
    ChargesChange, CommandKind, EditLine, Head, Line, LineAmounts, LineChange, LineSku, Order,
    OrderRejection, Totals,
};
use crate::value::{FulfillmentId, LineId, Money, UnitPrice, Units, limits};

/// What an edit would do, to the lines, to the claims on stock and to the money.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct EditPreview {
    /// The lines that would differ, before and after; empty when the edit changes none.
    pub changes: Vec<LineChange>,
    /// The charges before and after; `None` when they would not differ.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub charges: Option<ChargesChange>,
    /// Fulfillments that would lose all their units, because one of their lines changes its SKU or
    /// quantity or goes. The units are open again and can be allocated anew.
    pub withdrawn: Vec<FulfillmentId>,
    /// The sums before.
    pub old: Totals,
    /// The sums after. A total that the source stated moves by as much as the sum of the parts.
    pub new: Totals,
    /// What the buyer owes after the edit minus what the buyer owes now: units that are cancelled
    /// count in neither, see [`Order::owed`].
    pub difference: Money,
    /// What was captured and not refunded beyond what would be owed; not negative, and never more
    /// than was captured and not refunded.
    pub to_refund: Money,
    /// What would be owed beyond what was captured and not refunded; not negative.
    pub to_collect: Money,
    /// What gift cards would cover without need, and did not get back yet; not negative.
    pub to_credit: Money,
}

/// What an edit would do; `decide` accepts it exactly when this does.
///
/// A changed SKU or quantity opens all units of the line that are not cancelled; other prices,
/// discounts and taxes leave the units where they are, and so do other charges. A tax stated for
/// the whole order moves by as much as the taxes of lines and charges do, and a stated total by as
/// much as the sum of the parts, but not below nothing: what the source knew and did not itemise
/// stays owed. Below it there is only what gift cards cover too much, which goes back to them.
///
/// A line that is removed takes its share of the order's own discount along, and of a tax that is
/// stated for the whole order, see [`Order::owed`]; so removing it costs the buyer what cancelling
/// it does. A lower quantity takes its part of that tax, too, as far as no line states it: what
/// lines state, and discounts, are said by the edit. A tax that the edit states for a line, nothing
/// included, is all that the line has from then on ([`Line::tax_stated`]): it takes the place of
/// the line's share, and said again it changes nothing. So does what charges state in the place of
/// such that stated none; what fewer or lower ones leave of their share goes as well, and what is
/// put up or put back has none of it.
///
/// Where less tax is stated for the whole order than lines or charges state, as of an exempt one,
/// what they state from then on counts for as much as before: an exempt order stays exempt. The tax
/// of a line that is added or stated none, and of charges that stated none, counts in full, so the
/// edit of an exempt order leaves it out.
///
/// Naming the SKU of lines that nobody could identify, with or without their title and what the
/// channel calls them, and nothing else, moves no work and no money: it is possible until the order
/// is over, and what is to be collected or given back stays what it is.
///
/// # Errors
/// In this order: `UpdateNotAllowed` once work has begun or the order is over, `NothingToDo`
/// without changes, `DuplicateLine` (a line changed twice, or added under a number used before),
/// `UnknownLine`, `TooMany` (also of lists of charges, and of discounts of the order), then
/// `MixedCurrencies`, `NegativeAmount` or `PositiveAmount` of a change, then `TooFewUnits` (a
/// quantity below what is cancelled already), `Amount` or `DiscountTooLarge` of a line,
/// `EmptyOrder` when nothing to deliver would be left, and last `DiscountTooLarge`,
/// `NegativeAmount` (of the order's tax), `Amount` or `CreditTooLarge` (more went back to gift
/// cards than they would cover) of the order as a whole.
pub fn preview_edit(order: &Order, changes: &[EditLine]) -> Result<EditPreview, OrderRejection> {
    let names = order.only_names(changes);
    if !names {
        order.refuse_begun()?;
    }
    if changes.is_empty() {
        return Err(OrderRejection::NothingToDo {
            command: CommandKind::EditLines,
        });
    }
    let wanted = wanted(order, changes)?;
    for (at, change) in changes.iter().enumerate() {
        check_amounts(order, at, change)?;
    }
    let withdrawn = withdrawn(order, &wanted);
    let freed = freed(order, &withdrawn);
    let given = changes.iter().find_map(EditLine::discount);
    let mut edited = Edited {
        lines: Vec::with_capacity(order.head.lines.len()),
        changes: Vec::new(),
        head: &order.head,
        discount: given.unwrap_or(order.head.discount),
    };
    for line in &order.head.lines {
        edited.keep_or_change(line, freed.get(&line.id).copied(), wanted.get(&line.id))?;
    }
    for (at, change) in changes.iter().enumerate() {
        edited.add(at, change)?;
    }
    if edited.leaves_nothing() {
        return Err(OrderRejection::EmptyOrder);
    }
    edited
        .changes
        .sort_by_key(|change| change.new.as_ref().or(change.old.as_ref()).map(|l| l.id));
    let charges = charges::changed(order, changes);
    let mut head = Cow::Borrowed(&order.head);
    if let Some(change) = &charges {
        head.to_mut().change_charges(&change.new);
    }
    let old = order.head.totals;
    let same = given.is_none_or(|discount| discount == head.discount);
    let new = if edited.changes.is_empty() && charges.is_none() && same {
        old
    } else {
        new_totals(order, &head.charges, &edited.lines, given)?
    };
    let discount = new.order_discount(&edited.lines);
    if let Some(discount) = discount.filter(|discount| *discount != head.discount) {
        head.to_mut().discount = discount;
    }
    let owed = owed(&head, &edited.lines, &new);
    let zero = Money::zero(old.currency());
    let preview = EditPreview {
        changes: edited.changes,
        charges,
        withdrawn,
        old,
        new,
        difference: zero,
        to_refund: zero,
        to_collect: zero,
        to_credit: unneeded(&head, &edited.lines, &new),
    };
    if names {
        return Ok(unmoved(order, preview));
    }
    money(order, owed, preview)
}

impl Order {
    /// Refuses a change that is only possible while no work has begun.
    pub(super) fn refuse_begun(&self) -> Result<(), OrderRejection> {
        if self.head.state.is_terminal() || self.work_begun() {
            return Err(OrderRejection::UpdateNotAllowed {
                status: self.status(),
            });
        }
        Ok(())
    }

    /// True when the changes name lines that nobody could identify, and do nothing else.
    pub(crate) fn only_names(&self, changes: &[EditLine]) -> bool {
        let names = |change: &EditLine| match change {
            EditLine::Change {
                line,
                sku: Some(LineSku::Known(_)),
                quantity: None,
                unit_price: None,
                discount: None,
                tax: None,
                tax_rate: None,
                title: _,
                channel_item: _,
            } => self.line(*line).is_some_and(Line::is_unnamed),
            EditLine::Add { .. }
            | EditLine::Change { .. }
            | EditLine::Remove { .. }
            | EditLine::Charges { .. }
            | EditLine::Discount { .. } => false,
        };
        !self.head.state.is_terminal() && !changes.is_empty() && changes.iter().all(names)
    }
}

impl Line {
    /// True while nobody has said what the line is, so that no hub ever had anything of it.
    pub(super) fn is_unnamed(&self) -> bool {
        self.sku.known().is_none() && self.allocated.is_zero()
    }
}

impl EditLine {
    /// The line it is about; `None` for charges and the order's discount.
    #[must_use]
    pub const fn line(&self) -> Option<LineId> {
        match self {
            Self::Add { line, .. } | Self::Change { line, .. } | Self::Remove { line } => {
                Some(*line)
            }
            Self::Charges { .. } | Self::Discount { .. } => None,
        }
    }

    /// True when the change moves units of `line`: another SKU or quantity, or no line at all.
    fn moves_units(&self, line: &Line) -> bool {
        match self {
            Self::Add { .. } | Self::Charges { .. } | Self::Discount { .. } => false,
            Self::Change { sku, quantity, .. } => {
                sku.as_ref().is_some_and(|sku| *sku != line.sku)
                    || quantity.is_some_and(|quantity| Units::from(quantity) != line.ordered)
            }
            Self::Remove { .. } => true,
        }
    }
}

type Wanted<'a> = BTreeMap<LineId, (usize, &'a EditLine)>;

fn wanted<'a>(order: &Order, changes: &'a [EditLine]) -> Result<Wanted<'a>, OrderRejection> {
    let mut wanted: Wanted<'a> = BTreeMap::new();
    let (mut added, mut removed) = (0_usize, 0_usize);
    for (at, change) in changes.iter().enumerate() {
        let Some(line) = change.line() else {
            continue;
        };
        if wanted.insert(line, (at, change)).is_some() {
            return Err(OrderRejection::DuplicateLine { line });
        }
        let known = order.line(line).is_some();
        match change {
            EditLine::Add { .. } if known || order.head.removed_lines.contains(&line) => {
                return Err(OrderRejection::DuplicateLine { line });
            }
            EditLine::Add { .. } => added += 1,
            EditLine::Change { .. } | EditLine::Remove { .. } if !known => {
                return Err(OrderRejection::UnknownLine { line });
            }
            EditLine::Change { .. } | EditLine::Charges { .. } | EditLine::Discount { .. } => {}
            EditLine::Remove { .. } => removed += 1,
        }
    }
    let lines = order
        .head
        .lines
        .len()
        .saturating_add(added)
        .saturating_sub(removed);
    at_most("lines", lines, limits::LINES_PER_ORDER_MAX)?;
    let gone = order.head.removed_lines.len().saturating_add(removed);
    at_most("removed_lines", gone, limits::LINES_PER_ORDER_MAX)?;
    charges::check_counts(changes)?;
    Ok(wanted)
}

fn check_amounts(order: &Order, at: usize, change: &EditLine) -> Result<(), OrderRejection> {
    let (unit_price, discount, tax): (Option<UnitPrice>, Option<Money>, Option<Money>) =
        match change {
            EditLine::Add {
                unit_price,
                discount,
                tax,
                ..
            } => (Some(*unit_price), Some(*discount), Some(*tax)),
            EditLine::Change {
                unit_price,
                discount,
                tax,
                ..
            } => (*unit_price, *discount, *tax),
            EditLine::Remove { .. } => return Ok(()),
            EditLine::Charges { charges } => return check_charges(order, at, charges),
            EditLine::Discount { discount } => (None, Some(*discount), None),
        };
    let expected = order.head.totals.currency();
    let field = |name: &str| format!("changes[{at}].{name}");
    if let Some(price) = unit_price {
        same_currency(price.currency(), expected, || field("unit_price"))?;
    }
    for (name, money) in [("discount", discount), ("tax", tax)] {
        if let Some(money) = money {
            same_currency(money.currency(), expected, || field(name))?;
        }
    }
    for (name, money) in [("discount", discount), ("tax", tax)] {
        if let Some(money) = money {
            not_negative(money, || field(name))?;
        }
    }
    Ok(())
}

/// The fulfillments with units of a line whose units move.
fn withdrawn(order: &Order, wanted: &Wanted<'_>) -> Vec<FulfillmentId> {
    let moving: BTreeSet<LineId> = order
        .head
        .lines
        .iter()
        .filter(|line| {
            wanted
                .get(&line.id)
                .is_some_and(|(_, change)| change.moves_units(line))
        })
        .map(|line| line.id)
        .collect();
    order
        .fulfillments
        .values()
        .filter(|work| {
            work.lines
                .iter()
                .any(|share| !share.here().is_zero() && moving.contains(&share.line))
        })
        .map(|work| work.id)
        .collect()
}

/// Units by line that the withdrawn fulfillments give back.
fn freed(order: &Order, withdrawn: &[FulfillmentId]) -> BTreeMap<LineId, Units> {
    let mut freed: BTreeMap<LineId, Units> = BTreeMap::new();
    let fulfillments = withdrawn.iter().filter_map(|id| order.fulfillments.get(id));
    for share in fulfillments.flat_map(|work| &work.lines) {
        give(freed.entry(share.line).or_default(), share.here());
    }
    freed
}

/// The lines after the edit, and which of them differ.
struct Edited<'a> {
    lines: Vec<Line>,
    changes: Vec<LineChange>,
    /// The order before the edit. Where its source states a tax for the whole of it, which line an
    /// edit stated the tax of is kept.
    head: &'a Head,
    /// The order's own discount after it.
    discount: Money,
}

impl Edited<'_> {
    /// True when nothing to deliver would be left.
    fn leaves_nothing(&self) -> bool {
        let mut lines = self.lines.iter();
        lines.all(|line| line.cancelled == line.ordered)
    }

    fn keep_or_change(
        &mut self,
        old: &Line,
        freed: Option<Units>,
        wanted: Option<&(usize, &EditLine)>,
    ) -> Result<(), OrderRejection> {
        let mut base = old.clone();
        if let Some(units) = freed {
            let units = take(&mut base.allocated, units);
            give(&mut base.open, units);
        }
        let change = match wanted {
            None => {
                self.lines.push(base);
                return Ok(());
            }
            Some((_, EditLine::Remove { .. })) => None,
            Some((at, change)) => Some(changed(&base, *at, change, self)?),
        };
        if change.as_ref() == Some(&base) {
            self.lines.push(base);
            return Ok(());
        }
        self.lines.extend(change.clone());
        self.changes.push(LineChange {
            old: Some(old.clone()),
            new: change,
        });
        Ok(())
    }

    fn add(&mut self, at: usize, change: &EditLine) -> Result<(), OrderRejection> {
        let EditLine::Add {
            line,
            sku,
            quantity,
            unit_price,
            discount,
            tax,
            tax_rate,
            title,
            channel_item,
        } = change
        else {
            return Ok(());
        };
        let new = Line {
            id: *line,
            sku: sku.clone(),
            title: title.clone(),
            channel_item: channel_item.clone(),
            ordered: Units::from(*quantity),
            unit_price: *unit_price,
            discount: *discount,
            tax: *tax,
            tax_stated: self.head.order_tax.is_some(),
            tax_rate: *tax_rate,
            open: Units::from(*quantity),
            backordered: Units::ZERO,
            allocated: Units::ZERO,
            cancelled: Units::ZERO,
        };
        check_line(&new, at)?;
        self.lines.push(new.clone());
        self.changes.push(LineChange {
            old: None,
            new: Some(new),
        });
        Ok(())
    }
}

fn changed(
    base: &Line,
    at: usize,
    change: &EditLine,
    edited: &Edited<'_>,
) -> Result<Line, OrderRejection> {
    let EditLine::Change {
        sku,
        quantity,
        unit_price,
        discount,
        tax,
        tax_rate,
        title,
        channel_item,
        ..
    } = change
    else {
        return Ok(base.clone());
    };
    let mut line = base.clone();
    if change.moves_units(base) {
        let ordered = quantity.map_or(base.ordered, Units::from);
        let Some(open) = ordered.checked_sub(base.cancelled) else {
            return Err(OrderRejection::TooFewUnits {
                line: base.id,
                asked: base.ordered.saturating_sub(ordered),
                found: base.ordered.saturating_sub(base.cancelled),
                bucket: "not cancelled".to_owned(),
            });
        };
        (line.ordered, line.open) = (ordered, open);
        (line.backordered, line.allocated) = (Units::ZERO, Units::ZERO);
    }
    if let Some(sku) = sku {
        if base.sku.known().is_some() && *sku != base.sku {
            line.title = None;
        }
        line.sku.clone_from(sku);
    }
    if title.is_some() {
        line.title.clone_from(title);
    }
    if channel_item.is_some() {
        line.channel_item.clone_from(channel_item);
    }
    line.unit_price = unit_price.unwrap_or(base.unit_price);
    line.discount = discount.unwrap_or(base.discount);
    line.tax = tax.unwrap_or(base.tax);
    line.tax_stated |= edited.head.order_tax.is_some() && tax.is_some();
    check_line(&line, at)?;
    let fits = may_keep_rate(base, &line, edited.head.tax_mode, edited.discount);
    line.tax_rate = tax_rate.or(base.tax_rate.filter(|_| fits));
    Ok(line)
}

fn check_line(line: &Line, at: usize) -> Result<(), OrderRejection> {
    let out_of_range = |problem| amount(format!("changes[{at}].unit_price"), problem);
    let LineAmounts {
        gross, discount, ..
    } = line.amounts().map_err(out_of_range)?;
    discount_at_most(discount, gross, || format!("changes[{at}].discount"))
}
