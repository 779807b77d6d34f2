//! Stock rows, reservations, and what is asked of them.

use proptest::option;
use proptest::prelude::{Just, Strategy, any, prop_oneof};

use crate::reservation::{Reservation, ReservationDelta};
use crate::stock::{StockCommand, StockDelta, StockLevel};
use crate::testing::strategies::values::{quantity, timestamp, units};
use crate::value::{Units, Version};

/// Any command for a stock row, also such as are refused.
pub fn stock_command() -> impl Strategy<Value = StockCommand> {
    let delta = prop_oneof![8 => -30..=30_i64, 1 => any::<i64>(), 1 => Just(0)];
    prop_oneof![
        quantity().prop_map(|quantity| StockCommand::Receive { quantity }),
        quantity().prop_map(|quantity| StockCommand::Issue { quantity }),
        delta.prop_map(|delta| StockCommand::Adjust { delta }),
        (units(), option::of(units()))
            .prop_map(|(found, seen)| StockCommand::Count { found, seen }),
        quantity().prop_map(|quantity| StockCommand::Damage { quantity }),
        units().prop_map(|safety| StockCommand::SetSafety { safety }),
        units().prop_map(|incoming| StockCommand::SetIncoming { incoming }),
    ]
}

/// A stock row that obeys invariant I1, sometimes with a shortfall.
pub fn stock_level() -> impl Strategy<Value = StockLevel> {
    let counters = (units(), units(), units(), units(), 1..1_000_u64);
    counters.prop_map(
        |(on_hand, reserved, incoming, safety, version)| StockLevel {
            on_hand,
            reserved,
            incoming,
            safety,
            shortfall: reserved.saturating_sub(on_hand),
            version: Version::new(version).unwrap_or_default(),
        },
    )
}

/// What a change set may do to a stock row, also such as is refused.
pub fn stock_delta() -> impl Strategy<Value = StockDelta> {
    let change = || prop_oneof![8 => -20..=20_i64, 1 => Just(0), 1 => any::<i64>()];
    let counters = (change(), change(), any::<bool>(), any::<bool>());
    let settings = (
        option::of(units()),
        option::of(units()),
        option::of(units()),
    );
    (counters, settings).prop_map(|(counters, settings)| {
        let (on_hand, reserved, claims, spares_reserved) = counters;
        let (expected_on_hand, safety, incoming) = settings;
        StockDelta {
            on_hand,
            reserved,
            claims,
            spares_reserved,
            expected_on_hand,
            safety,
            incoming,
        }
    })
}

/// A reservation whose parts agree: an end exactly while units are tentative, and no more lapsed
/// than expired.
pub fn reservation() -> impl Strategy<Value = Reservation> {
    let live = (units(), units(), timestamp());
    let past = (units(), units(), units(), any::<u32>());
    (live, past, 1..1_000_u64).prop_map(|(live, past, version)| {
        let (tentative, confirmed, end) = live;
        let (consumed, released, expired, share) = past;
        let lapsed = share % expired.get().saturating_add(1);
        // Both count in one counter, so together they stay in its range.
        let room = Units::MAX.saturating_sub(tentative);
        Reservation {
            tentative,
            confirmed: confirmed.min(room),
            consumed,
            released,
            expired,
            lapsed: Units::new(lapsed).unwrap_or(Units::ZERO),
            expires_at: (!tentative.is_zero()).then_some(end),
            version: Version::new(version).unwrap_or_default(),
        }
    })
}

/// Any change of a reservation, also such as is refused.
pub fn reservation_delta() -> impl Strategy<Value = ReservationDelta> {
    let reserve = (quantity(), option::of(timestamp()));
    prop_oneof![
        2 => reserve.prop_map(|(quantity, expires_at)| {
            ReservationDelta::Reserve { quantity, expires_at }
        }),
        1 => quantity().prop_map(|quantity| ReservationDelta::Confirm { quantity }),
        2 => (quantity(), any::<bool>()).prop_map(|(quantity, tentative)| {
            ReservationDelta::Release { quantity, tentative }
        }),
        1 => quantity().prop_map(|quantity| ReservationDelta::Expire { quantity }),
        1 => quantity().prop_map(|quantity| ReservationDelta::Consume { quantity }),
        1 => quantity().prop_map(|quantity| ReservationDelta::Acknowledge { quantity }),
        1 => quantity().prop_map(|quantity| ReservationDelta::Settle { quantity }),
    ]
}
