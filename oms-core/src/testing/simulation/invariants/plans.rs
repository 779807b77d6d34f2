//! A plan fits the snapshot it was made from: with nothing in between, the store accepts it.

use crate::plan::{ChangeSet, DocumentKind, Outcome, Refusal, Requirement};
use crate::testing::simulation::report::{Checked, check};

const INVARIANT: &str = "plan";

/// Looks at the first change set of a batch, if nobody wrote to the tenant and the clock stood
/// still since the operation read it. Those behind it are planned on a guess of what the ones
/// before will do.
///
/// What such a plan meets is what it saw, so a refusal shows a plan that contradicts its own
/// snapshot: the caller would hear `contended` where nobody contends. A plan on what is remembered
/// is not looked at: it may be out of date, and is made again on a snapshot when it is refused.
pub(crate) fn check_fresh(items: &[ChangeSet], outcomes: &[Outcome]) -> Checked {
    let (Some(set), Some(Outcome::Refused(refusal))) = (items.first(), outcomes.first()) else {
        return Ok(());
    };
    let mut requires = set.requires.iter();
    if requires.any(|requirement| matches!(requirement, Requirement::Catalogue(_))) {
        return Ok(());
    }
    let expected = match refusal {
        // Rows that a plan takes for granted are not read; what the store then says of them twice
        // is the answer.
        Refusal::Stock { .. } => true,
        // What a host adds is not planned here.
        Refusal::Conflict { document, .. } => document.kind() == DocumentKind::Host,
        // A raw command may ask for what its claims do not allow; that is told as it is.
        Refusal::Reservation { .. } => true,
        Refusal::Defect { .. }
        | Refusal::ClockSkew { .. }
        | Refusal::KeyReused { .. }
        | Refusal::Taken { .. }
        | Refusal::Counter { .. }
        | Refusal::Unmet { .. }
        | Refusal::Unfit { .. } => false,
    };
    check(expected, INVARIANT, || {
        format!("nothing came in between and yet it was refused: {refusal:?} for {set:?}")
    })
}
