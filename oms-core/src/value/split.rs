//! Sharing out a whole number by weights.

use std::cmp::Reverse;

/// Shares by the method of largest remainders; the shares sum to `whole`.
///
/// `None` if no weight is above zero. Ties go to the earlier share.
pub(in crate::value) fn largest_remainder(whole: u64, weights: &[u64]) -> Option<Vec<u64>> {
    let sum: u128 = weights.iter().copied().map(u128::from).sum();
    if sum == 0 {
        return None;
    }
    let mut shares = Vec::with_capacity(weights.len());
    let mut remainders = Vec::with_capacity(weights.len());
    let mut left = whole;
    for (position, weight) in weights.iter().enumerate() {
        // Two 64-bit factors fit in 128 bits.
        let product = u128::from(whole) * u128::from(*weight);
        // A share is at most the whole.
        let share = u64::try_from(product / sum).unwrap_or_default();
        left = left.saturating_sub(share);
        shares.push(share);
        remainders.push((Reverse(product % sum), position));
    }
    // Fewer units are left than there are remainders above zero, so nobody gets two and a
    // weight of zero gets none.
    remainders.sort_unstable();
    for (_, position) in remainders
        .into_iter()
        .take(usize::try_from(left).unwrap_or(usize::MAX))
    {
        if let Some(share) = shares.get_mut(position) {
            *share = share.saturating_add(1);
        }
    }
    Some(shares)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::largest_remainder;
    use proptest::prelude::*;

    #[test]
    fn what_is_left_goes_to_the_largest_remainders_then_to_the_earlier() {
        assert_eq!(largest_remainder(100, &[1, 1, 1]).unwrap(), [34, 33, 33]);
        assert_eq!(largest_remainder(2, &[1, 1, 1]).unwrap(), [1, 1, 0]);
        assert_eq!(largest_remainder(10, &[1, 2, 4]).unwrap(), [1, 3, 6]);
        assert_eq!(largest_remainder(0, &[3, 0]).unwrap(), [0, 0]);
        assert_eq!(largest_remainder(7, &[0, 1, 0]).unwrap(), [0, 7, 0]);
    }

    #[test]
    fn without_weight_there_is_no_share() {
        assert_eq!(largest_remainder(5, &[]), None);
        assert_eq!(largest_remainder(5, &[0, 0]), None);
    }

    fn weight() -> impl Strategy<Value = u64> {
        prop_oneof![Just(0), 1..1_000_u64, any::<u64>()]
    }

    proptest! {
        #[test]
        fn shares_sum_to_the_whole_and_lie_within_one_of_the_exact_share(
            whole in any::<u64>(),
            weights in prop::collection::vec(weight(), 1..40),
        ) {
            let sum: u128 = weights.iter().copied().map(u128::from).sum();
            prop_assume!(sum > 0);
            let shares = largest_remainder(whole, &weights).unwrap();
            let total: u128 = shares.iter().copied().map(u128::from).sum();
            prop_assert_eq!(total, u128::from(whole));
            for (share, weight) in shares.iter().zip(&weights) {
                let floor = u128::from(whole) * u128::from(*weight) / sum;
                prop_assert!((floor..=floor + 1).contains(&u128::from(*share)));
                prop_assert!(*weight > 0 || *share == 0);
            }
        }
    }
}
