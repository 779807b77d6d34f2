//! An order that was edited on its channel: lines and units that came to it, and units that a
//! channel took away by ordering fewer. What came is not followed, so a person is asked rather than
//! a part of the order lost without a word; what went is the channel's to judge.

use std::collections::BTreeSet;

use crate::channel::status::{LineReport, LineView, PersonCause, Settle};
use crate::order::OrderStatus;
use crate::value::{ExternalId, Units};

/// Most lines that one report asks about: a payload may have any number of them.
pub(super) const ASKED_MAX: usize = 100;

/// What all APIs of a channel call a line by: a global id of Shopify (`gid://shopify/LineItem/1`)
/// ends in the number that Admin REST gives.
fn name(item: &ExternalId) -> &str {
    let whole = item.as_str();
    match whole.strip_prefix("gid://") {
        Some(global) => global.rsplit('/').next().unwrap_or(whole),
        None => whole,
    }
}

/// True when both are names of one line, by whichever API of the channel.
pub(in crate::channel) fn is_same_item(one: &ExternalId, other: &ExternalId) -> bool {
    name(one) == name(other)
}

/// True when the line is the one that the channel calls so.
pub(super) fn is_of(line: &LineView, item: &ExternalId) -> bool {
    let known = line.item.as_ref();
    known.is_some_and(|known| is_same_item(known, item))
}

impl Settle<'_> {
    /// What is asked about a report of lines, or of more units of a line, than the order has here:
    /// up to [`ASKED_MAX`] of them. What counts is what is still part of the order there: a channel
    /// goes on counting what an edit took off.
    pub(super) fn edited(&self) -> Vec<PersonCause> {
        let mut asked = Vec::new();
        let lines = &self.view.lines;
        // Nothing more is to be sent of an order that is cancelled.
        if lines.is_empty() || self.view.status == OrderStatus::Cancelled {
            return asked;
        }
        // A line without the channel's id may be any one of those that the channel names.
        let unnamed = lines.iter().filter(|line| line.item.is_none()).count();
        let mut unknown = BTreeSet::new();
        for report in &self.report.lines {
            if asked.len() >= ASKED_MAX {
                break;
            }
            let Some(said) = report.ordered else {
                continue;
            };
            let said = left(report, said);
            match self.ordered(&report.item) {
                None if !said.is_zero() => {
                    let new = unknown.insert(name(&report.item));
                    if new && unknown.len() > unnamed {
                        let item = report.item.clone();
                        asked.push(PersonCause::UnknownItem { item });
                    }
                }
                Some(ordered) if said > ordered => {
                    let (said, ordered) = (said.get(), ordered.get());
                    let item = report.item.clone();
                    asked.push(PersonCause::MoreThanOrdered {
                        item,
                        said,
                        ordered,
                    });
                }
                None | Some(_) => {}
            }
        }
        asked
    }

    /// Units of a line that are ordered here and not on the channel any more.
    pub(in crate::channel) fn lowered(&self, report: &LineReport) -> Units {
        let known = self.ordered(&report.item).zip(report.ordered);
        known.map_or(Units::ZERO, |(here, there)| here.saturating_sub(there))
    }

    /// The same of a channel that never raises what was ordered: units that an edit added here,
    /// beyond those that were sold there, are none that it took away.
    pub(in crate::channel) fn lowered_of_sold(&self, report: &LineReport) -> Units {
        let sold = self.view.sold.get(&report.item).copied();
        let known = self.ordered(&report.item).zip(report.ordered);
        known.map_or(Units::ZERO, |(here, there)| {
            let sold = sold.map_or(here, |sold| Units::min(sold, here));
            sold.saturating_sub(there)
        })
    }

    /// Units of a line that the channel counts as ordered and that are not here: an edit took them
    /// off, here and there, and a channel counts them among those that are gone.
    pub(super) fn beyond(&self, report: &LineReport) -> Units {
        let known = self.ordered(&report.item).zip(report.ordered);
        known.map_or(Units::ZERO, |(here, there)| there.saturating_sub(here))
    }

    /// Units ordered here over every line that the channel calls so; `None` when there is none.
    fn ordered(&self, item: &ExternalId) -> Option<Units> {
        let lines = self.view.lines.iter();
        let mut lines = lines.filter(|line| is_of(line, item)).peekable();
        lines.peek()?;
        // Lines together may hold more than one may: then the report cannot ask for more.
        let sum = Units::try_sum(lines.map(|line| line.ordered));
        Some(sum.unwrap_or(Units::MAX))
    }
}

/// Units of a line that are still part of the order by the channel's word.
fn left(report: &LineReport, ordered: Units) -> Units {
    let gone = [report.cancelled, report.returned, report.removed];
    let gone = gone.into_iter().flatten();
    gone.fold(ordered, Units::saturating_sub)
}
