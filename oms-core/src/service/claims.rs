//! Claims of carts, and of things of the host's own.

use crate::plan::{Command, ReserveStock};
use crate::reservation::Owner;
use crate::service::{Call, Done, Error, Tenant};
use crate::value::Reason;

impl Tenant {
    /// Claims stock for a cart or something of the host's own: all lines at one hub, or none.
    /// Without a hub the tenant's policy chooses among those that cover everything, wherever they
    /// deliver to: name one of [`serving`](Self::serving) where the address is known. What the
    /// owner has claimed stays, and this comes to it; [`set_reservation`](Self::set_reservation)
    /// puts other claims in its place. Take an owner for one sale: each call reads all that its
    /// owner ever claimed.
    ///
    /// # Errors
    /// [`Error`]; refused when no hub covers everything.
    pub async fn reserve(&self, claim: ReserveStock, call: Call) -> Result<Done, Error> {
        self.execute(Command::Reserve(claim), call).await
    }

    /// Claims stock in place of all that the owner has claimed, in one commit: for a cart whose
    /// buyer takes something out, asks for fewer, or goes on looking around. What it holds
    /// afterwards is exactly this, at one hub, all of it tentative until a new end or all of it
    /// firm; nobody gets what it keeps in between. Said twice it is the same.
    ///
    /// Without a hub it is chosen anew; name the hub where the goods are to keep them there. To
    /// give up everything, [`release_reservation`](Self::release_reservation) is the call. Two of
    /// these at once for an owner that held nothing add up, as those of [`reserve`](Self::reserve)
    /// do; the next one sets that right.
    ///
    /// # Errors
    /// [`Error`]; refused when no hub covers everything, and then what was claimed stays.
    pub async fn set_reservation(&self, claim: ReserveStock, call: Call) -> Result<Done, Error> {
        self.execute(Command::SetReservation(claim), call).await
    }

    /// Makes the owner's tentative claims firm, all of them.
    ///
    /// # Errors
    /// [`Error`]; refused when there are none, and when a line ended and was neither claimed again
    /// nor given up ([`release_reservation`](Self::release_reservation)).
    pub async fn confirm_reservation(&self, owner: Owner, call: Call) -> Result<Done, Error> {
        self.execute(Command::ConfirmReservation { owner }, call)
            .await
    }

    /// Gives all live claims of the owner back, and gives up those that ended by themselves: what
    /// it claims from now on is confirmed without them. Repeating it changes nothing.
    ///
    /// # Errors
    /// [`Error`]; refused when the owner never had any.
    pub async fn release_reservation(&self, owner: Owner, call: Call) -> Result<Done, Error> {
        self.execute(Command::ReleaseReservation { owner }, call)
            .await
    }

    /// The owner's confirmed units leave the hub.
    ///
    /// # Errors
    /// [`Error`]; refused when there are none.
    pub async fn consume_reservation(
        &self,
        owner: Owner,
        reason: Reason,
        call: Call,
    ) -> Result<Done, Error> {
        self.execute(Command::ConsumeReservation { owner, reason }, call)
            .await
    }
}
