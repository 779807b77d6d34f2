//! The one place that decides between a channel's word and what is known here. Never a move back.

use crate::channel::status::edited::{ASKED_MAX, is_of};
use crate::channel::status::{
    Ambiguity, Choice, Inbound, LineMove, LineMoveKind, LineReport, LineView, NoChange,
    PersonCause, Remark, StatusPolicy, StatusReport, View,
};
use crate::order::OrderStatus;
use crate::value::Units;

/// What a channel's words come to, before they are compared with the order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// It waits.
    Pending,
    /// It is stopped.
    OnHold,
    /// It is to be worked on.
    Approved,
    /// All of it left.
    Shipped,
    /// All of it arrived.
    Delivered,
    /// All of it came back.
    Returned,
    /// Nothing of it will be sent.
    Cancelled,
}

impl Target {
    const fn status(self) -> OrderStatus {
        match self {
            Self::Pending => OrderStatus::Pending,
            Self::OnHold => OrderStatus::OnHold,
            Self::Approved => OrderStatus::Approved,
            Self::Shipped => OrderStatus::Shipped,
            Self::Delivered => OrderStatus::Delivered,
            Self::Returned => OrderStatus::Returned,
            Self::Cancelled => OrderStatus::Cancelled,
        }
    }
}

/// A report, the order it is about, and the tenant's answers.
///
/// A channel reads its words into a [`Target`] and leaves the rest to this: no method ever
/// answers with a move back, whatever the words were.
///
/// ```
/// use oms_core::channel::{Inbound, Settle, StatusPolicy, StatusReport, Target, View};
/// use oms_core::order::OrderStatus;
/// use oms_core::value::ExternalId;
/// let report = StatusReport::new(ExternalId::parse("1001")?);
/// let policy = StatusPolicy::new();
/// let view = View::new(OrderStatus::Packing);
/// let settle = Settle { report: &report, view: &view, policy: &policy };
/// assert_eq!(settle.to(Target::Approved).code(), "no_change");
/// let moved = Inbound::MoveTo { status: OrderStatus::Shipped, remark: None };
/// assert_eq!(settle.to(Target::Shipped), moved);
/// # Ok::<(), oms_core::value::IdError>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Settle<'s> {
    /// What the channel says.
    pub report: &'s StatusReport,
    /// The order as it stands here.
    pub view: &'s View,
    /// How the tenant settles what is ambiguous.
    pub policy: &'s StatusPolicy,
}

/// How far along the road an order is; the exits have no place on it.
const fn place(status: OrderStatus) -> Option<u8> {
    match status {
        OrderStatus::Pending => Some(0),
        OrderStatus::Approved => Some(1),
        OrderStatus::Picking => Some(2),
        OrderStatus::Picked => Some(3),
        OrderStatus::Packing => Some(4),
        OrderStatus::Packed => Some(5),
        OrderStatus::Shipped => Some(6),
        OrderStatus::Delivered => Some(7),
        OrderStatus::Returned => Some(8),
        OrderStatus::OnHold | OrderStatus::Cancelled => None,
    }
}

const fn no_change(why: NoChange) -> Inbound {
    Inbound::NoChange { why }
}

const fn move_to(status: OrderStatus, remark: Option<Remark>) -> Inbound {
    Inbound::MoveTo { status, remark }
}

impl Settle<'_> {
    /// The whole order is where the channel says, by its word alone.
    #[must_use]
    pub fn to(&self, target: Target) -> Inbound {
        self.with_remark(target, None)
    }

    /// The same, with something to tell a person. Trouble with a parcel is told even if the status
    /// is known, and if the order counts as delivered here: that may be by the time that passed,
    /// and what is lost is mostly called so late.
    #[must_use]
    pub fn with_remark(&self, target: Target, remark: Option<Remark>) -> Inbound {
        let answer = self.whole(target, remark.clone());
        let delivered = self.view.status == OrderStatus::Delivered;
        match (&answer, remark) {
            (Inbound::NoChange { why }, Some(Remark::ParcelTrouble { word }))
                if *why == NoChange::Same || (*why == NoChange::Behind && delivered) =>
            {
                PersonCause::ParcelTrouble { word }.into()
            }
            _ => answer,
        }
    }

    fn whole(&self, target: Target, remark: Option<Remark>) -> Inbound {
        let (ours, said) = (self.view.status, target.status());
        if ours == said {
            return no_change(NoChange::Same);
        }
        match ours {
            OrderStatus::Cancelled => self.when_cancelled(target),
            OrderStatus::OnHold => self.when_held(target, remark),
            OrderStatus::Pending
            | OrderStatus::Approved
            | OrderStatus::Picking
            | OrderStatus::Picked
            | OrderStatus::Packing
            | OrderStatus::Packed
            | OrderStatus::Shipped
            | OrderStatus::Delivered
            | OrderStatus::Returned => match target {
                Target::Cancelled => self.cancelled(remark),
                Target::OnHold => self.hold(remark),
                Target::Returned => self.returned(remark),
                Target::Pending | Target::Approved | Target::Shipped | Target::Delivered => {
                    if place(said) > place(ours) {
                        move_to(said, remark)
                    } else {
                        no_change(NoChange::Behind)
                    }
                }
            },
        }
    }

    fn when_cancelled(&self, target: Target) -> Inbound {
        match target {
            Target::Shipped | Target::Delivered | Target::Returned => {
                PersonCause::ShippedThoughCancelled.into()
            }
            Target::Pending | Target::OnHold | Target::Approved => {
                // Our own cancellation may not have arrived yet; the channel's own had.
                match self.view.last_seen {
                    Some(OrderStatus::Cancelled) => PersonCause::AliveAgain.into(),
                    Some(_) | None => no_change(NoChange::Behind),
                }
            }
            Target::Cancelled => no_change(NoChange::Same),
        }
    }

    fn when_held(&self, target: Target, remark: Option<Remark>) -> Inbound {
        match target {
            Target::Cancelled => self.cancelled(remark),
            Target::Returned => self.returned(remark),
            Target::Shipped | Target::Delivered if self.view.held_here => {
                PersonCause::ShippedThoughHeld.into()
            }
            Target::Approved if self.view.held_here => no_change(NoChange::HeldHere),
            Target::Shipped | Target::Delivered | Target::Approved => {
                move_to(target.status(), remark)
            }
            Target::Pending => no_change(NoChange::Behind),
            Target::OnHold => no_change(NoChange::Same),
        }
    }

    fn hold(&self, remark: Option<Remark>) -> Inbound {
        if self.view.any_shipped() {
            return PersonCause::HoldAfterShipping.into();
        }
        move_to(OrderStatus::OnHold, remark)
    }

    fn returned(&self, remark: Option<Remark>) -> Inbound {
        if !self.view.any_shipped() {
            return PersonCause::ReturnedUnshipped.into();
        }
        move_to(OrderStatus::Returned, remark)
    }

    /// Once a parcel left, what is left to cancel are the units that did not.
    fn cancelled(&self, remark: Option<Remark>) -> Inbound {
        if !self.view.any_shipped() {
            return move_to(OrderStatus::Cancelled, remark);
        }
        let rest = |line: &LineView| {
            let gone = line.shipped.checked_add(line.cancelled);
            let rest = line.ordered.saturating_sub(gone.unwrap_or(line.ordered));
            rest.quantity().map(|quantity| LineMove {
                line: line.line,
                kind: LineMoveKind::Cancelled,
                quantity,
            })
        };
        let changes: Vec<LineMove> = self.view.lines.iter().filter_map(rest).collect();
        if changes.is_empty() {
            return PersonCause::CancelledAfterShipping.into();
        }
        Inbound::LineChange {
            changes,
            then: None,
            remark,
        }
    }

    /// What the tenant says about an ambiguous status.
    #[must_use]
    pub fn ambiguous(&self, row: Ambiguity, remark: Option<Remark>) -> Inbound {
        self.chosen(self.policy.choice(row), row, remark)
    }

    /// One of the meanings of an ambiguous status.
    #[must_use]
    pub fn chosen(&self, choice: Choice, row: Ambiguity, remark: Option<Remark>) -> Inbound {
        let target = match choice {
            Choice::NoChange => return no_change(NoChange::Policy(row)),
            Choice::Ask => return PersonCause::Policy(row).into(),
            Choice::Pending => Target::Pending,
            Choice::OnHold => Target::OnHold,
            Choice::Approved => Target::Approved,
            Choice::Shipped => Target::Shipped,
            Choice::Delivered => Target::Delivered,
            Choice::Cancelled => Target::Cancelled,
            Choice::ReturnedOrCancelled if self.view.any_shipped() => Target::Returned,
            Choice::ReturnedOrCancelled => Target::Cancelled,
        };
        self.with_remark(target, remark)
    }

    /// Some lines moved by these totals, then the order as a whole does what `then` says. Where it
    /// is cancelled as a whole, or without totals, it is that alone, but a person is asked about
    /// lines, or units of a line, that the order does not have here: it was edited on the channel;
    /// and about units that left, by the totals, of what is cancelled as a whole.
    #[must_use]
    pub fn lines(&self, kinds: &[LineMoveKind], then: Inbound) -> Inbound {
        let changes = match self.differences(kinds) {
            Ok(changes) => changes,
            Err(cause) => return cause.into(),
        };
        if changes.is_empty() {
            return then;
        }
        if self.nothing_left(&changes) {
            return self.to(Target::Cancelled);
        }
        match then {
            Inbound::NoChange { .. } => Inbound::LineChange {
                changes,
                then: None,
                remark: None,
            },
            Inbound::MoveTo {
                status: OrderStatus::Cancelled,
                ..
            } => match changes.iter().all(cancels) {
                true => then,
                // Some of it left after all.
                false => PersonCause::CancelledAfterShipping.into(),
            },
            Inbound::MoveTo { status, remark } => Inbound::LineChange {
                changes,
                then: Some(status),
                remark,
            },
            Inbound::LineChange {
                changes: more,
                then,
                remark,
            } => {
                // All that is left of a line is cancelled, so that is not named twice.
                let again = |change: &LineMove| {
                    let same = |one: &LineMove| one.line == change.line && cancels(one);
                    cancels(change) && more.iter().any(same)
                };
                let own: Vec<LineMove> = changes.into_iter().filter(|one| !again(one)).collect();
                Inbound::LineChange {
                    changes: own.into_iter().chain(more).collect(),
                    then,
                    remark,
                }
            }
            Inbound::NeedsPerson { cause } => cause.into(),
        }
    }

    /// True when these changes cancel the last units of an order of which nothing left.
    fn nothing_left(&self, changes: &[LineMove]) -> bool {
        let all = changes.iter().all(cancels);
        let rest = |line: &LineView| {
            let here = changes.iter().find(|change| change.line == line.line);
            let here = here.map_or(Units::ZERO, |change| change.quantity.units());
            let gone = here.checked_add(line.cancelled).unwrap_or(line.ordered);
            line.ordered.saturating_sub(gone)
        };
        all && !self.view.any_shipped() && self.view.lines.iter().all(|line| rest(line).is_zero())
    }

    /// Like [`lines`](Self::lines) where the channel must say which units: a person is asked if it
    /// does not.
    #[must_use]
    pub fn part(&self, kind: LineMoveKind, word: &'static str) -> Inbound {
        let said = |line: &LineReport| !said(line, kind).unwrap_or(Units::ZERO).is_zero();
        if !self.report.lines.iter().any(said) {
            return PersonCause::UnitsUnknown(word).into();
        }
        self.lines(&[kind, LineMoveKind::Cancelled], no_change(NoChange::Same))
    }

    /// True when the channel's own totals say of some line that fewer units moved so than were not
    /// cancelled.
    #[must_use]
    pub fn says_part_only(&self, kind: LineMoveKind) -> bool {
        self.report.lines.iter().any(|line| {
            let ordered = line.ordered.unwrap_or(Units::ZERO);
            let cancelled = line.cancelled.unwrap_or(Units::ZERO);
            said(line, kind).is_some_and(|moved| moved < ordered.saturating_sub(cancelled))
        })
    }

    /// True when the channel tells of every line, and its totals say that every unit that was not
    /// cancelled moved so.
    #[must_use]
    pub fn says_all(&self, kind: LineMoveKind) -> bool {
        let told = |line: &LineView| {
            let rest = line.ordered.saturating_sub(line.cancelled);
            let mut lines = self.report.lines.iter();
            rest.is_zero() || lines.any(|said| is_of(line, &said.item))
        };
        let all = |line: &LineReport| {
            let cancelled = line.cancelled.unwrap_or(Units::ZERO);
            let rest = line.ordered.map(|units| units.saturating_sub(cancelled));
            rest.is_some() && said(line, kind) == rest
        };
        let lines = &self.report.lines;
        !lines.is_empty() && lines.iter().all(all) && self.view.lines.iter().all(told)
    }

    fn differences(&self, kinds: &[LineMoveKind]) -> Result<Vec<LineMove>, PersonCause> {
        let mut asked = self.edited();
        let mut changes = Vec::new();
        for report in &self.report.lines {
            if asked.len() >= ASKED_MAX {
                break;
            }
            if let Some(removed) = report.removed
                && kinds.contains(&LineMoveKind::Cancelled)
                && !self.knows_removed(report, removed)
            {
                asked.push(PersonCause::UnitsRemoved {
                    item: report.item.clone(),
                    units: removed.get(),
                });
            }
            for kind in kinds {
                let Some(total) = said(report, *kind).filter(|total| !total.is_zero()) else {
                    continue;
                };
                let moved = self.difference(report, *kind, total, &mut changes);
                asked.extend(moved.err().filter(|cause| !asked.contains(cause)));
            }
        }
        match asked.into_iter().reduce(PersonCause::and) {
            Some(cause) => Err(cause),
            None => Ok(changes),
        }
    }

    /// True when the units that the channel removed without a word are accounted for here, as
    /// cancelled or as returned.
    fn knows_removed(&self, report: &LineReport, removed: Units) -> bool {
        let lines = self.view.lines.iter();
        let lines = lines.filter(|line| is_of(line, &report.item));
        let known = Units::try_sum(lines.flat_map(|line| [line.cancelled, line.returned]));
        let removed = removed.saturating_sub(self.beyond(report));
        known.is_some_and(|known| known >= removed)
    }

    /// Channels repeat line ids, so a total is spread over every line that carries the id.
    fn difference(
        &self,
        report: &LineReport,
        kind: LineMoveKind,
        total: Units,
        changes: &mut Vec<LineMove>,
    ) -> Result<(), PersonCause> {
        let item = &report.item;
        let lines = self.view.lines.iter();
        let lines: Vec<&LineView> = lines.filter(|line| is_of(line, item)).collect();
        if lines.is_empty() {
            // What came and went again on the channel was never here, unless a line has no name.
            let named = self.view.lines.iter().all(|line| line.item.is_some());
            if named && kind == LineMoveKind::Cancelled {
                return Ok(());
            }
            return Err(PersonCause::UnknownItem { item: item.clone() });
        }
        let total = match kind {
            LineMoveKind::Cancelled => total.saturating_sub(self.beyond(report)),
            LineMoveKind::Shipped | LineMoveKind::Delivered | LineMoveKind::Returned => total,
        };
        let known = Units::try_sum(lines.iter().map(|line| known(line, kind)));
        let mut left = total.saturating_sub(known.unwrap_or(total));
        for line in lines {
            let room = line.ordered.saturating_sub(taken(line, kind));
            let here = Units::min(room, left);
            left = left.saturating_sub(here);
            changes.extend(here.quantity().map(|quantity| LineMove {
                line: line.line,
                kind,
                quantity,
            }));
        }
        if left.is_zero() {
            return Ok(());
        }
        let said = total.get();
        let ordered = said.saturating_sub(left.get());
        let item = item.clone();
        Err(PersonCause::MoreThanOrdered {
            item,
            said,
            ordered,
        })
    }
}

fn cancels(change: &LineMove) -> bool {
    change.kind == LineMoveKind::Cancelled
}

const fn said(line: &LineReport, kind: LineMoveKind) -> Option<Units> {
    match kind {
        LineMoveKind::Shipped => line.shipped,
        LineMoveKind::Delivered => line.delivered,
        LineMoveKind::Cancelled => line.cancelled,
        LineMoveKind::Returned => line.returned,
    }
}

const fn known(line: &LineView, kind: LineMoveKind) -> Units {
    match kind {
        LineMoveKind::Shipped => line.shipped,
        LineMoveKind::Delivered => line.delivered,
        LineMoveKind::Cancelled => line.cancelled,
        LineMoveKind::Returned => line.returned,
    }
}

/// Units of the line that can no longer move so.
fn taken(line: &LineView, kind: LineMoveKind) -> Units {
    let known = known(line, kind);
    match kind {
        // What is cancelled cannot leave, and what left cannot be cancelled.
        LineMoveKind::Shipped => known.checked_add(line.cancelled).unwrap_or(line.ordered),
        LineMoveKind::Cancelled => known.checked_add(line.shipped).unwrap_or(line.ordered),
        LineMoveKind::Delivered | LineMoveKind::Returned => known,
    }
}
