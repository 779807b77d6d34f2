//! A seat: where a caller of a lane finds what became of its call.

use std::mem;
use std::sync::Mutex;
use std::task::{Context, Poll, Waker};

use super::lane::{Ride, locked};

/// Where a caller finds what became of its call.
pub(super) struct Seat<A: Send + 'static>(Mutex<Place<A>>);

enum Place<A: Send + 'static> {
    Waiting {
        waker: Option<Waker>,
        /// Taken out of the queue, so it is going to be sent whatever its caller does.
        boarding: bool,
    },
    /// On its way, and its place among those that go together.
    Riding(Ride<A>, usize),
    /// The caller is no longer there.
    Left,
}

impl<A: Send + 'static> Seat<A> {
    pub(super) const fn new() -> Self {
        Self(Mutex::new(Place::Waiting {
            waker: None,
            boarding: false,
        }))
    }

    pub(super) fn is_left(&self) -> bool {
        matches!(&*locked(&self.0), Place::Left)
    }

    /// Puts the call among those that go next, unless its caller left; from now on it cannot leave.
    pub(super) fn board(&self) -> bool {
        match &mut *locked(&self.0) {
            Place::Waiting { boarding, .. } => {
                *boarding = true;
                true
            }
            Place::Riding(..) => true,
            Place::Left => false,
        }
    }

    /// The caller leaves, if what it asked for is certain not to be done.
    pub(super) fn leave(&self) -> bool {
        let mut seat = locked(&self.0);
        let waits = match &*seat {
            Place::Waiting { boarding, .. } => !boarding,
            Place::Riding(..) | Place::Left => false,
        };
        let before = waits.then(|| mem::replace(&mut *seat, Place::Left));
        // Its waker is dropped outside of the lock: whatever hangs on it may be of this lane.
        drop(seat);
        before.is_some()
    }

    /// The caller is no longer there, wherever its call is.
    pub(super) fn abandon(&self) {
        // Dropped outside of the lock: this may be what ends a batch.
        let before = mem::replace(&mut *locked(&self.0), Place::Left);
        drop(before);
    }

    pub(super) fn take_along(&self, ride: &Ride<A>, place: usize) {
        let mut seat = locked(&self.0);
        if matches!(&*seat, Place::Left) {
            return;
        }
        let before = mem::replace(&mut *seat, Place::Riding(ride.clone(), place));
        drop(seat);
        match before {
            Place::Waiting { waker, .. } => waker.into_iter().for_each(Waker::wake),
            Place::Riding(..) | Place::Left => {}
        }
    }

    pub(super) fn poll(&self, context: &Context<'_>) -> Poll<(Ride<A>, usize)> {
        match &mut *locked(&self.0) {
            Place::Riding(ride, place) => Poll::Ready((ride.clone(), *place)),
            Place::Waiting { waker, .. } => {
                *waker = Some(context.waker().clone());
                Poll::Pending
            }
            Place::Left => Poll::Pending,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Seat;

    #[test]
    fn who_is_taken_along_cannot_leave_and_who_left_is_not_taken_along() {
        let seat = Seat::<u64>::new();
        assert!(seat.board());
        assert!(!seat.leave() && !seat.is_left());
        let seat = Seat::<u64>::new();
        assert!(seat.leave() && seat.is_left());
        assert!(!seat.board());
    }
}
