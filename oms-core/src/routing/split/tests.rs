#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;

/// Every set of hubs as big as allowed that covers everything, by its sums.
fn brute(pool: &Pool, parcels_max: u32) -> Option<(u64, u32, u64)> {
    let sets = (1..1_u32 << pool.rows.len()).filter(|set| set.count_ones() <= parcels_max);
    let members = |set: u32| (0..pool.rows.len()).filter(move |at| set >> at & 1 == 1);
    let covers = |set: &u32| {
        (0..pool.asked.len()).all(|sku| {
            let has: u32 = members(*set).map(|at| pool.rows[at][sku]).sum();
            has >= pool.asked[sku]
        })
    };
    let worth = |set: u32| {
        let measure = members(set).map(|at| pool.measures[at]).sum();
        let penalty = members(set).map(|at| u64::from(pool.penalties[at])).sum();
        (measure, set.count_ones(), penalty)
    };
    sets.filter(covers).map(worth).min()
}

fn sums(pool: &Pool, hubs: &[usize]) -> (u64, u32, u64) {
    let measure = hubs.iter().map(|at| pool.measures[*at]).sum();
    let penalty = hubs.iter().map(|at| u64::from(pool.penalties[*at])).sum();
    (measure, u32::try_from(hubs.len()).unwrap(), penalty)
}

prop_compose! {
    fn a_pool(hubs_max: usize)(
        hubs in 1..=hubs_max,
        asked in prop::collection::vec(1..7_u32, 1..7),
        one_measure in any::<bool>(),
    )(
        rows in prop::collection::vec(
            prop::collection::vec(prop_oneof![Just(0_u32), 0..7_u32], asked.len()), hubs),
        measures in prop::collection::vec(if one_measure { 1..2_u64 } else { 0..9_u64 }, hubs),
        penalties in prop::collection::vec(0..4_u32, hubs),
        asked in Just(asked),
    ) -> Pool {
        let capped = |row: Vec<u32>| row.iter().zip(&asked).map(|(a, b)| *a.min(b)).collect();
        Pool { rows: rows.into_iter().map(capped).collect(), asked, measures, penalties }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]

    #[test]
    fn the_exact_split_is_the_best_of_all(pool in a_pool(ROUTE_EXACT_HUBS_MAX), most in 1..13_u32) {
        let found = cover(&pool, usize::try_from(most).unwrap());
        let best = brute(&pool, most);
        prop_assert_eq!(found.as_ref().map(|found| sums(&pool, &found.hubs)), best);
        if let Some(found) = found {
            let gap = found.gap.unwrap();
            prop_assert!(found.exact && gap.found == gap.at_least);
            prop_assert_eq!(gap.found, best.unwrap().0);
        }
    }

    #[test]
    fn the_gap_of_a_greedy_split_is_true(pool in a_pool(13)) {
        let best = brute(&pool, 13);
        prop_assert_eq!(together(&pool), best.is_some());
        let found = greedy(&pool, 13);
        prop_assert_eq!(found.is_some(), best.is_some(), "without a limit it finds a split");
        if let (Some(found), Some((best, ..))) = (found, best) {
            let gap = found.gap.unwrap();
            prop_assert_eq!(sums(&pool, &found.hubs).0, gap.found);
            prop_assert!(gap.at_least <= best, "{gap:?}, best {best}");
            prop_assert!(best <= gap.found, "{gap:?}, best {best}");
        }
    }

    #[test]
    fn a_split_under_a_limit_is_one_and_its_gap_is_true(pool in a_pool(14), hubs in 2..4_u32) {
        let best = brute(&pool, hubs);
        let found = cover(&pool, usize::try_from(hubs).unwrap());
        if let Some(found) = found {
            let sums = sums(&pool, &found.hubs);
            let gap = found.gap.unwrap();
            let (best, ..) = best.unwrap();
            prop_assert!(sums.1 <= hubs && sums.0 == gap.found);
            prop_assert!(gap.at_least <= best && best <= gap.found, "{gap:?}, best {best}");
            let mut left = pool.asked.clone();
            found.hubs.iter().for_each(|at| take(&mut left, &pool.rows[*at]));
            prop_assert!(left.iter().all(|units| *units == 0));
        }
    }

    #[test]
    fn lazy_offers_are_the_offers_of_every_step(pool in a_pool(13), hubs in 1..5_usize) {
        let plain = |measure: &dyn Fn(usize) -> u64| {
            let mut left = pool.asked.clone();
            let mut plain: Vec<usize> = Vec::new();
            while plain.len() < hubs {
                let rest = (0..pool.rows.len()).filter(|at| !plain.contains(at));
                let offers = rest.map(|at| Offer {
                    gain: gain(&left, &pool.rows[at]),
                    measure: measure(at),
                    at,
                });
                let Some(best) = offers.max().filter(|best| best.gain > 0) else { break };
                take(&mut left, &pool.rows[best.at]);
                plain.push(best.at);
            }
            plain
        };
        prop_assert_eq!(fill(&pool, hubs), plain(&|at| pool.measures[at]));
        prop_assert_eq!(most(&pool, hubs), plain(&|_| 0));
    }
}

fn pool(asked: &[u32], rows: &[&[u32]]) -> Pool {
    Pool {
        asked: asked.to_vec(),
        rows: rows.iter().map(|row| row.to_vec()).collect(),
        measures: vec![1; rows.len()],
        penalties: vec![0; rows.len()],
    }
}

#[test]
fn greedy_may_take_one_hub_too_many_and_says_so() {
    // The first hub has most, but only the two others together have everything.
    let mut rows: Vec<&[u32]> = vec![
        &[2, 2, 2, 2, 0, 0],
        &[3, 3, 0, 0, 1, 0],
        &[0, 0, 3, 3, 0, 1],
    ];
    let nothing: &[u32] = &[1, 0, 0, 0, 0, 0];
    rows.extend([nothing; 11]);
    let many = pool(&[3, 3, 3, 3, 1, 1], &rows);
    let found = cover(&many, 200).unwrap();
    assert_eq!(
        (found.exact, found.gap),
        (
            false,
            Some(Gap {
                found: 3,
                at_least: 2
            })
        )
    );
    assert_eq!(
        greedy(&many, 2),
        None,
        "greedy finds no split over two hubs"
    );
    let two = cover(&many, 2).unwrap();
    assert_eq!((two.hubs.as_slice(), two.exact), ([1, 2].as_slice(), false));
    let gap = Gap {
        found: 2,
        at_least: 2,
    };
    assert_eq!(two.gap, Some(gap));
    assert_eq!(cover(&many, 1), None);
    rows.truncate(12);
    let few = cover(&pool(&[3, 3, 3, 3, 1, 1], &rows), 200).unwrap();
    assert_eq!((few.exact, few.hubs.len()), (true, 2));
}

#[test]
fn under_a_limit_hubs_that_have_most_are_looked_at_too() {
    let one: &[u32] = &[1];
    let two: &[u32] = &[2];
    let mut rows = vec![one; 30];
    rows.extend([two; 13]);
    let mut many = pool(&[26], &rows);
    many.measures = vec![0; 30];
    many.measures.extend([100; 13]);
    assert_eq!(greedy(&many, 13), None);
    assert_eq!(cover(&many, 13).unwrap().hubs.len(), 13);
    assert_eq!(cover(&many, 12), None);
}

#[test]
fn where_goods_are_short_hubs_that_have_most_are_taken_whatever_they_cost() {
    let mut pool = pool(&[9, 9], &[&[1, 1], &[5, 3], &[3, 5]]);
    pool.measures = vec![0, 1_000, 900];
    assert_eq!(most(&pool, 1), [1]);
    assert_eq!(most(&pool, 2), [1, 2]);
    assert_eq!(
        fill(&pool, 2),
        [0, 2],
        "a split is for what the goal wants little of"
    );
}

#[test]
fn skus_without_a_hub_in_common_raise_the_bound() {
    let apart = pool(&[1, 1, 1], &[&[1, 0, 0], &[0, 1, 0], &[0, 0, 1]]);
    assert_eq!(hubs_at_least(&apart), 3);
    let deep = pool(&[5, 1], &[&[2, 1], &[2, 1], &[1, 1], &[1, 1]]);
    assert_eq!(hubs_at_least(&deep), 3);
}
