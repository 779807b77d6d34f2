//! What a payload asks of an order that is there.

use super::Intakes;
use super::place::{Turn, failure};
use crate::job::AttemptFailure;
use crate::order::{CommandKind, Contacts, Order, OrderCommand, PaymentKind};
use crate::plan::Rejection;
use crate::service::Error;
use crate::value::Version;

/// What is asked, in the order in which it is done.
pub(super) enum Step {
    /// A command on the order.
    Command(OrderCommand),
    /// Follow what the channel says of who receives it and who pays.
    Contacts(Box<Contacts>),
}

/// The commands, and what is said of people between them: after the time of the payload is kept,
/// so that an older one is known as such, and before the order is set going.
pub(super) fn steps(commands: Vec<OrderCommand>, said: Option<Contacts>) -> Vec<Step> {
    let kinds = commands.iter().map(OrderCommand::kind);
    let at = kinds.take_while(|kind| *kind == CommandKind::SetAttribute);
    let at = at.count();
    let mut steps: Vec<Step> = commands.into_iter().map(Step::Command).collect();
    if let Some(said) = said {
        steps.insert(at, Step::Contacts(Box::new(said)));
    }
    steps
}

/// What a command is counted as: its kind, where money that went back is not money that came, and
/// neither is a promise. Each parcel is counted by itself: once some of them have arrived here, the
/// others are asked for alone.
pub(super) fn counted_as(command: &OrderCommand) -> String {
    let kind = || command.kind().to_string();
    if let OrderCommand::Deliver { shipment } = command {
        return format!("{}-{shipment}", kind());
    }
    let OrderCommand::RecordPayment { entry, .. } = command else {
        return kind();
    };
    match entry.kind() {
        PaymentKind::Refunded => "record_refund".to_owned(),
        PaymentKind::Authorised => "record_promise".to_owned(),
        PaymentKind::Voided => "record_void".to_owned(),
        PaymentKind::Captured
        | PaymentKind::Waived
        | PaymentKind::Credited
        | PaymentKind::Retained => kind(),
    }
}

impl Intakes {
    /// Follows what the channel says of people while the order is at this version; answers the one
    /// it has then, and `None` once it went on. It has no key: what was followed is nothing new.
    pub(super) async fn tell_contacts(
        &self,
        turn: &Turn,
        known: &Order,
        seen: Version,
        said: &Contacts,
    ) -> Result<Option<Version>, AttemptFailure> {
        let asked = [(known, said)];
        let new = self.tenant.says_new_contacts(&asked).await;
        if new.map_err(failure)? == [false] {
            return Ok(Some(seen));
        }
        let (order, call) = (known.head.id, turn.by_job().expecting(seen));
        match self.tenant.follow_contacts(order, said.clone(), call).await {
            Ok(done) => Ok(Some(done.receipt.version)),
            Err(Error::Rejected(Rejection::Changed { .. })) => Ok(None),
            // It may be gone, or the tenant is.
            Err(Error::Rejected(_)) => Ok(Some(seen)),
            Err(error) => Err(failure(error)),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::counted_as;
    use crate::order::OrderCommand;
    use crate::value::ShipmentId;

    /// A worker that died after the first asks for the second alone, and that is not the first one
    /// under its key.
    #[test]
    fn each_parcel_that_arrived_is_counted_by_itself() {
        let deliver = |number| {
            let shipment = ShipmentId::new(number).unwrap();
            counted_as(&OrderCommand::Deliver { shipment })
        };
        assert_eq!([deliver(1), deliver(2)], ["deliver-1", "deliver-2"]);
    }
}
