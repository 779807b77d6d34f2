#![allow(clippy::unwrap_used)]

use uuid::Uuid;

use super::*;
use crate::event::{Actor, ActorKind, Origin};
use crate::plan::{Command, Fingerprint, Snapshot, plan};
use crate::tenant::Settings;
use crate::value::{CartId, IdempotencyKey, TenantId, Timestamp};

const MANY: u32 = 2 * limits::QUANTITY_MAX + 1;

fn units(units: u32) -> Units {
    Units::new(units).unwrap()
}

/// The row after a command of its owner, and the movements of goods.
fn after(row: Reservation, command: impl Fn(Owner) -> Command) -> (Reservation, i64) {
    let owner = Owner::Cart(CartId::from_uuid(Uuid::nil()));
    let key = ReservationKey {
        owner: owner.clone(),
        line: LineId::FIRST,
        hub: HubId::parse("north").unwrap(),
        sku: Sku::parse("TEA").unwrap(),
    };
    let now = Timestamp::from_unix_secs(100).unwrap();
    let mut snapshot = Snapshot::empty(now);
    snapshot.reservations.insert(key.clone(), row);
    let origin = Origin {
        actor: Actor::new(ActorKind::Automatic),
        reason: None,
        request_id: None,
        key: IdempotencyKey::parse("key").unwrap(),
    };
    let tenant = TenantId::parse("acme").unwrap();
    let (keys, settings) = (owner_keys(&owner), Settings::default());
    let context = Context {
        tenant: &tenant,
        keys: &keys,
        snapshot: &snapshot,
        fresh: true,
        book: None,
        settings: Some(&settings),
        origin: &origin,
        fingerprint: Fingerprint::NONE,
        expected: None,
        ids: &Uuid::nil,
        number: None,
    };
    let Planned::Write(change_set, _) = plan(&context, &command(owner)).unwrap() else {
        panic!("nothing to write");
    };
    let mut after = row;
    for change in &change_set.reservations {
        assert_eq!(change.key, key);
        after = after.apply(change.delta, now).unwrap();
    }
    let moved = change_set.movements.iter().map(|movement| movement.delta);
    (after, moved.sum())
}

/// Rows were stored before a claim was at most a quantity.
#[test]
fn a_row_of_more_than_a_quantity_can_be_ended_in_every_way() {
    let confirmed = Reservation {
        confirmed: units(MANY),
        ..Reservation::default()
    };
    let until = |secs| Reservation {
        tentative: units(MANY),
        expires_at: Timestamp::from_unix_secs(secs).ok(),
        ..Reservation::default()
    };
    let release = |owner| Command::ReleaseReservation { owner };
    for row in [confirmed, until(200)] {
        let (after, _) = after(row, release);
        assert_eq!((after.live(), after.released), (Units::ZERO, units(MANY)));
    }
    let (left, moved) = after(confirmed, |owner| Command::ConsumeReservation {
        owner,
        reason: Reason::parse("sold").unwrap(),
    });
    assert_eq!((left.live(), left.consumed), (Units::ZERO, units(MANY)));
    assert_eq!(moved, -i64::from(MANY));
    let confirm = |owner| Command::ConfirmReservation { owner };
    let (firm, _) = after(until(200), confirm);
    assert_eq!((firm.tentative, firm.confirmed), (Units::ZERO, units(MANY)));
    let expire = |owner| Command::ExpireReservation { owner };
    let (over, _) = after(until(50), expire);
    assert_eq!((over.live(), over.expired), (Units::ZERO, units(MANY)));
    // What ended by itself is given up as a whole, too.
    let (settled, _) = after(over, release);
    assert_eq!(settled.unsettled(), Units::ZERO);
}

#[test]
fn units_are_cut_into_quantities() {
    let cut = |count: u32| -> Vec<u32> { pieces(units(count)).map(Quantity::get).collect() };
    let most = limits::QUANTITY_MAX;
    assert!(cut(0).is_empty());
    assert_eq!(cut(most), [most]);
    assert_eq!(cut(most + 1), [most, 1]);
}
