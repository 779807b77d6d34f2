//! Fulfilment orders, the work that Shopify gave to its locations: which lines of it a parcel
//! takes, and which of it is open or held. The same for both of Shopify's Admin APIs.

use crate::channel::outbound::{
    CannotCause, ItemQuantity, OrderFacts, ParcelUpdate, Repeat, WorkFacts,
};
use crate::value::{ExternalId, Units};

/// States in which units can leave.
const OPEN: &[&str] = &["open", "in_progress"];

/// States in which work can be stopped.
pub(super) const STOPPABLE: &[&str] = &["open", "in_progress", "scheduled"];

/// States in which work is stopped.
pub(super) const HELD: &[&str] = &["on_hold"];

/// What a parcel takes from the work.
pub(super) struct Packed {
    /// Per fulfilment order, its lines and the units of them.
    pub(super) shares: Vec<Share>,
    /// Whether Shopify notices a second telling: it does when more is asked for than is left then.
    pub(super) repeat: Repeat,
}

/// Lines of one fulfilment order, and the units of each.
pub(super) struct Share {
    pub(super) work: ExternalId,
    pub(super) lines: Vec<(ExternalId, Units)>,
}

/// Takes each parcel's units out of what is left.
pub(super) fn pack(
    facts: &OrderFacts,
    parcels: &[ParcelUpdate],
) -> Result<Vec<Packed>, CannotCause> {
    if parcels.is_empty() {
        return Err(CannotCause::Nothing);
    }
    let mut left: Vec<WorkFacts> = in_states(facts, OPEN).cloned().collect();
    parcels
        .iter()
        .map(|parcel| share(&mut left, parcel))
        .collect()
}

/// The fulfilment orders in one of these states, whichever API wrote it.
pub(super) fn in_states<'f>(
    facts: &'f OrderFacts,
    states: &'f [&str],
) -> impl Iterator<Item = &'f WorkFacts> {
    let is_in = |work: &&WorkFacts| states.contains(&work.state.to_ascii_lowercase().as_str());
    facts.work.iter().filter(is_in)
}

/// What both APIs call a line of the order: GraphQL writes its number within a global id.
fn number(line: &ExternalId) -> &str {
    let whole = line.as_str();
    whole
        .strip_prefix("gid://shopify/LineItem/")
        .unwrap_or(whole)
}

/// A fulfilment is of one location, so a parcel is taken whole from one fulfilment order where one
/// has all of it, and from several only where none does.
fn share(left: &mut [WorkFacts], parcel: &ParcelUpdate) -> Result<Packed, CannotCause> {
    for work in left.iter_mut() {
        let mut rest = work.clone();
        if let Ok(packed) = take(std::slice::from_mut(&mut rest), parcel) {
            *work = rest;
            return Ok(packed);
        }
    }
    take(left, parcel)
}

/// Takes each line from the first fulfilment orders that have any of it.
fn take(left: &mut [WorkFacts], parcel: &ParcelUpdate) -> Result<Packed, CannotCause> {
    let mut packed = Packed {
        shares: Vec::new(),
        repeat: Repeat::LookFirst,
    };
    for ItemQuantity { item, quantity } in &parcel.lines {
        let mut wanted = quantity.units();
        for work in left.iter_mut() {
            let lines = work.lines.iter_mut();
            for line in lines.filter(|line| number(&line.item) == number(item)) {
                let here = Units::min(wanted, line.left);
                if here.is_zero() {
                    continue;
                }
                wanted = wanted.saturating_sub(here);
                line.left = line.left.saturating_sub(here);
                if line.left < here {
                    packed.repeat = Repeat::Safe;
                }
                packed.add(&work.id, (line.id.clone(), here));
            }
        }
        if !wanted.is_zero() {
            return Err(CannotCause::MoreThanLeft {
                item: item.to_string(),
                wanted: quantity.get(),
                left: quantity.get().saturating_sub(wanted.get()),
            });
        }
    }
    match packed.shares.is_empty() {
        true => Err(CannotCause::Nothing),
        false => Ok(packed),
    }
}

impl Packed {
    fn add(&mut self, work: &ExternalId, line: (ExternalId, Units)) {
        match self.shares.iter_mut().find(|share| share.work == *work) {
            Some(share) => share.lines.push(line),
            None => self.shares.push(Share {
                work: work.clone(),
                lines: vec![line],
            }),
        }
    }
}
