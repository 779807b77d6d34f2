//! Random change sets: refusals leave no trace, the audit finds nothing, batches equal single
//! commits.

use oms_core::event::StreamId;
use oms_core::order::OrderStatus;
use oms_core::plan::{ChangeSet, Index, Outcome};
use oms_core::reservation::{Owner, ReservationDelta};
use oms_core::stock::{MovementKind, StockKey};
use proptest::prelude::*;

use crate::world::*;

/// One random step: a change set in few numbers.
#[derive(Clone, Debug)]
struct Step {
    key: u32,
    claims: Vec<(u32, u32, u32, u32, u32)>,
    moved: Option<(u32, i64)>,
    document: Option<(u32, u64)>,
    reclaim: bool,
    wait: i64,
}

fn step() -> impl Strategy<Value = Step> {
    let claim = (0..4_u32, 1..3_u32, 0..3_u32, 1..4_u32, 0..8_u32);
    let parts = (
        0..60_u32,
        prop::collection::vec(claim, 0..4),
        prop::option::of((0..3_u32, -3..8_i64)),
        prop::option::of((0..3_u32, 0..4_u64)),
        any::<bool>(),
        0..7_i64,
    );
    parts.prop_map(|(key, claims, moved, document, reclaim, wait)| Step {
        key,
        claims,
        moved,
        document,
        reclaim,
        wait,
    })
}

fn shelf(n: u32) -> StockKey {
    row(
        ["north", "south"][usize::from(n == 2)],
        ["A", "B"][usize::from(n == 1)],
    )
}

fn owner(n: u32) -> Owner {
    if n < 2 { order_owner(n) } else { cart(n) }
}

impl Step {
    fn set(&self, world: &World, n: u32) -> ChangeSet {
        let mut set = world.set(&format!("step {}", self.key));
        set.reclaim = self.reclaim;
        for (of, line, place, units, change) in &self.claims {
            let key = on(&shelf(*place), owner(*of), *line);
            let quantity = quantity(*units);
            let delta = match change {
                0 | 1 => ReservationDelta::Reserve {
                    quantity,
                    expires_at: None,
                },
                2 | 3 => {
                    let expires_at = Some(world.in_secs(i64::from(*units) * 4));
                    ReservationDelta::Reserve {
                        quantity,
                        expires_at,
                    }
                }
                4 => ReservationDelta::Confirm { quantity },
                5 => ReservationDelta::Release {
                    quantity,
                    tentative: units % 2 == 0,
                },
                6 => ReservationDelta::Expire { quantity },
                _ => ReservationDelta::Consume { quantity },
            };
            set = set.changes(&key, delta);
        }
        if let Some((place, delta)) = self.moved {
            let kind = match delta {
                0.. => MovementKind::Received,
                -1 => MovementKind::Issued,
                _ => MovementKind::Damaged,
            };
            set = set.moves(n, &shelf(place), kind, delta);
        }
        if let Some((id, before)) = self.document {
            let status = OrderStatus::ALL[usize::try_from(n).unwrap() % OrderStatus::ALL.len()];
            let index = Index::Order(order_index(
                u64::from(n) + 1,
                status,
                world.in_secs((n % 3).into()),
            ));
            set = set.writes_as(order(id), before, before + 1, index);
            set = set.tells(&StreamId::order(order_id(id)), Some(before + 1));
        }
        set.tells(&owner(0).stream(), None)
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn invariants_hold_after_any_steps(steps in prop::collection::vec(step(), 1..40)) {
        let world = World::new();
        for (n, step) in steps.iter().enumerate() {
            let before = world.dump();
            let outcome = world.commit(step.set(&world, u32::try_from(n).unwrap()));
            if !matches!(outcome, Outcome::Committed { .. }) {
                prop_assert_eq!(world.dump(), before);
            }
            prop_assert_eq!(world.audit(), Vec::<String>::new());
            world.advance(step.wait);
        }
    }

    #[test]
    fn a_batch_equals_its_items_one_by_one(steps in prop::collection::vec(step(), 1..40)) {
        let (one, all) = (World::new(), World::new());
        for world in [&one, &all] {
            world.receive(&shelf(0), 6);
            world.receive(&shelf(1), 6);
            world.claim(&on(&shelf(0), cart(2), 1), 4, Some(world.in_secs(1)));
            world.advance(1);
        }
        let sets: Vec<ChangeSet> =
            (0_u32..).zip(&steps).map(|(n, step)| step.set(&one, n)).collect();
        let batch = all.commit_all(&sets);
        let single: Vec<Outcome> = sets.into_iter().map(|set| one.commit(set)).collect();
        prop_assert_eq!(batch, single);
        prop_assert_eq!(one.dump(), all.dump());
        prop_assert_eq!(all.audit(), Vec::<String>::new());
    }
}
