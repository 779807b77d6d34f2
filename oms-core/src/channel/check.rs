//! Adds up what was read and compares it with what the channel states. The channel's word counts;
//! a difference is told.

use crate::channel::error::ChannelError;
use crate::channel::fields::out_of_range;
use crate::channel::warning::ChannelWarning;
use crate::order::{OrderDraft, TaxMode};
use crate::value::{Money, MoneyError};

/// The draft's total by the arithmetic of its parts.
///
/// # Errors
/// [`MoneyError`] when a sum leaves the range of money or currencies are mixed.
pub fn computed_total(draft: &OrderDraft) -> Result<Money, MoneyError> {
    let mut total = Money::zero(draft.currency).checked_sub(draft.discount)?;
    for line in &draft.lines {
        let gross = line.unit_price.times(line.quantity)?;
        total = total.checked_add(gross)?.checked_sub(line.discount)?;
    }
    for charge in &draft.charges {
        total = total.checked_add(charge.amount)?;
    }
    match draft.tax_mode {
        TaxMode::Inclusive => Ok(total),
        TaxMode::Exclusive => match draft.order_tax {
            Some(tax) => total.checked_add(tax),
            None => total.checked_add(tax_of_parts(draft)?),
        },
    }
}

fn tax_of_parts(draft: &OrderDraft) -> Result<Money, MoneyError> {
    let lines = draft.lines.iter().map(|line| line.tax);
    let charges = draft.charges.iter().map(|charge| charge.tax);
    Money::try_sum(lines.chain(charges), draft.currency)
}

/// Tells every sum of the draft that differs from what the channel states.
pub(super) fn compare(
    draft: &OrderDraft,
    warnings: &mut Vec<ChannelWarning>,
) -> Result<(), ChannelError> {
    let found = differences(draft).map_err(|problem| out_of_range(&problem, "total"))?;
    warnings.extend(found.into_iter().flatten());
    Ok(())
}

fn differences(draft: &OrderDraft) -> Result<[Option<ChannelWarning>; 2], MoneyError> {
    let computed = computed_total(draft)?;
    let stated = draft.stated_total.unwrap_or(computed);
    let difference = stated.checked_sub(computed)?;
    let total = (!difference.is_zero()).then_some(ChannelWarning::TotalDiffers {
        stated,
        computed,
        difference,
    });
    let parts = tax_of_parts(draft)?;
    let stated = draft.order_tax.unwrap_or(parts);
    let difference = stated.checked_sub(parts)?;
    let tax = (!difference.is_zero()).then_some(ChannelWarning::TaxDiffers {
        stated,
        parts,
        difference,
    });
    Ok([total, tax])
}
