//! Chance that repeats: a small generator of numbers from a seed.

/// A generator of pseudo-random numbers: the same seed gives the same numbers on every machine and
/// in every release, so a failing seed can be printed and run again. Not for secrets.
///
/// The generator is xoshiro256** 1.0 by David Blackman and Sebastiano Vigna, its state filled by
/// Vigna's SplitMix64; both formulas are published at <https://prng.di.unimi.it> and in
/// "Scrambled Linear Pseudorandom Number Generators" (ACM Trans. Math. Softw. 47, 2021).
///
/// ```
/// use oms_core::testing::Random;
///
/// let (mut one, mut two) = (Random::new(42), Random::new(42));
/// assert_eq!(one.next_u64(), two.next_u64());
/// assert!(one.below(6) < 6);
/// ```
#[derive(Clone, Debug)]
pub struct Random {
    state: [u64; 4],
}

impl Random {
    /// The generator that follows from `seed`; every seed will do.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        let (a, seed) = split_mix(seed);
        let (b, seed) = split_mix(seed);
        let (c, seed) = split_mix(seed);
        let (d, _) = split_mix(seed);
        Self {
            state: [a, b, c, d],
        }
    }

    /// The next number; all are equally likely.
    pub const fn next_u64(&mut self) -> u64 {
        let [a, b, c, d] = self.state;
        let answer = b.wrapping_mul(5).rotate_left(7).wrapping_mul(9);
        let (c, d) = (c ^ a, d ^ b);
        self.state = [a ^ d, b ^ c, c ^ (b << 17), d.rotate_left(45)];
        answer
    }

    /// A number below `end`; 0 when `end` is 0.
    pub fn below(&mut self, end: u64) -> u64 {
        // The high half of the product: uneven by less than one part in 2^64 / end.
        let wide = u128::from(self.next_u64()) * u128::from(end);
        u64::try_from(wide >> 64).unwrap_or_default()
    }

    /// An index into something with `len` items; 0 when there are none.
    pub fn index(&mut self, len: usize) -> usize {
        let end = u64::try_from(len).unwrap_or(u64::MAX);
        usize::try_from(self.below(end)).unwrap_or_default()
    }

    /// True in `per_mille` of 1,000 cases.
    pub fn chance(&mut self, per_mille: u32) -> bool {
        self.below(1_000) < u64::from(per_mille)
    }

    /// One of the items, or `None` when there are none.
    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        items.get(self.index(items.len()))
    }

    /// Puts the items in another order.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for end in (1..items.len()).rev() {
            let other = self.index(end.saturating_add(1));
            items.swap(end, other);
        }
    }

    /// A generator of its own for a part of the test, so that the part does not disturb the rest.
    #[must_use]
    pub const fn fork(&mut self) -> Self {
        Self::new(self.next_u64())
    }
}

const fn split_mix(seed: u64) -> (u64, u64) {
    let seed = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mixed = (seed ^ (seed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    (mixed ^ (mixed >> 31), seed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn split_mix_gives_the_published_numbers() {
        let (mut seed, mut found) = (1_234_567, Vec::new());
        for _ in 0..3 {
            let (number, next) = split_mix(seed);
            found.push(number);
            seed = next;
        }
        let published = [
            6_457_827_717_110_365_317,
            3_203_168_211_198_807_973,
            9_817_491_932_198_370_423,
        ];
        assert_eq!(found, published);
    }

    #[test]
    fn xoshiro_gives_the_published_numbers() {
        let mut random = Random {
            state: [1, 2, 3, 4],
        };
        let found: Vec<u64> = (0..5).map(|_| random.next_u64()).collect();
        let published = [
            11_520,
            0,
            1_509_978_240,
            1_215_971_899_390_074_240,
            1_216_172_134_540_287_360,
        ];
        assert_eq!(found, published);
    }

    #[test]
    fn numbers_stay_below_their_end_and_reach_every_value() {
        let mut random = Random::new(1);
        let mut seen = [0_u32; 6];
        for _ in 0..6_000 {
            seen[random.index(6)] += 1;
        }
        assert!(
            seen.iter().all(|count| (800..1_200).contains(count)),
            "{seen:?}"
        );
        assert_eq!((random.below(0), random.index(0)), (0, 0));
    }

    #[test]
    fn chances_picks_and_shuffles() {
        let mut random = Random::new(2);
        let hits = (0..10_000).filter(|_| random.chance(250)).count();
        assert!((2_200..2_800).contains(&hits), "{hits}");
        assert!(!(0..1_000).any(|_| random.chance(0)));
        assert!((0..1_000).all(|_| random.chance(1_000)));
        assert_eq!(random.pick::<u8>(&[]), None);
        assert_eq!(random.pick(&[5]), Some(&5));
        let mut items: Vec<u32> = (0..50).collect();
        random.shuffle(&mut items);
        let shuffled = items.clone();
        items.sort_unstable();
        assert_ne!(shuffled, items);
        assert!(items.into_iter().eq(0..50));
    }

    #[test]
    fn a_fork_does_not_repeat_its_parent() {
        let mut random = Random::new(3);
        let mut fork = random.fork();
        assert_ne!(fork.next_u64(), random.next_u64());
    }
}
