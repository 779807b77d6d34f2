//! Items that make SQL fail: each fails alone, wherever it stands.

use oms_core::plan::{ChangeSet, Index, Outcome, Refusal};
use oms_core::testing::build::{
    Change, create, host, job, order_document, order_index, stock, stream,
};
use oms_core::value::Timestamp;

use crate::common::{Database, block_on};
use crate::world::{all, furnish, level, now, sound};

const ITEMS: usize = 7;

/// The ways in which SQL fails.
fn poisons(key: &str, at: Timestamp) -> Vec<ChangeSet> {
    let tea = stock("north", "TEA");
    let mut kept = job(9_001, at);
    kept.payload = "nul\u{0}".into();
    let start = || Change::new(key).receive(&tea, 1_000);
    vec![
        start()
            .document(create(host("bad"), Index::None, "not JSON"))
            .at(at),
        start()
            .document(create(host("bad"), Index::None, "\"\u{0}\""))
            .at(at),
        start()
            .document(order_document(9_001, order_index(9_001, at)))
            .event(&stream("nul\u{0}"), "happened")
            .at(at),
        start().job(kept).at(at),
    ]
}

#[test]
fn a_bad_item_fails_alone_at_every_place() {
    block_on(async {
        let database = Database::new().await;
        let store = database.store(2).await;
        let tenant = furnish(&store, "acme").await;
        let tea = stock("north", "TEA");
        let mut wanted = 0;
        let kinds = poisons("count", now(&store, &tenant).await).len();
        for kind in 0..kinds {
            for place in 0..ITEMS {
                let at = now(&store, &tenant).await;
                let name = |item: usize| format!("{kind}-{place}-{item}");
                let mut sets: Vec<ChangeSet> = (0..ITEMS)
                    .map(|item| Change::new(&name(item)).receive(&tea, 1).at(at))
                    .collect();
                sets[place] = poisons(&name(place), at).swap_remove(kind);
                let outcomes = all(&store, &tenant, &sets).await;
                for (item, outcome) in outcomes.iter().enumerate() {
                    let defect = matches!(outcome, Outcome::Refused(Refusal::Defect { .. }));
                    assert_eq!(
                        defect,
                        item == place,
                        "kind {kind}, item {item}: {outcome:?}"
                    );
                    assert_eq!(outcome.is_done(), item != place, "{outcome:?}");
                }
                wanted += u32::try_from(ITEMS - 1).unwrap();
            }
        }
        assert_eq!(level(&store, &tenant, &tea).await.on_hand.get(), wanted);
        sound(&store, &tenant).await;
        database.drop().await;
    });
}
