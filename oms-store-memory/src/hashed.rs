//! The hash maps of the store.

use foldhash::fast::RandomState;

/// A hash map for keys that are mostly text.
///
/// The hash is seeded anew for every map, so nobody can choose keys beforehand that collide; it is
/// no defence against somebody who watches a running store closely enough to learn the seed, as the
/// hash of the standard library would be. That one takes five times as long for a SKU.
pub(crate) type HashMap<K, V> = std::collections::HashMap<K, V, RandomState>;
