//! The defects, by what they are about.

pub(crate) mod batch;
pub(crate) mod catalogue;
pub(crate) mod claims;
pub(crate) mod conditions;
pub(crate) mod counters;
pub(crate) mod documents;
pub(crate) mod each;
pub(crate) mod events;
pub(crate) mod keys;
pub(crate) mod lists;
pub(crate) mod orders;
pub(crate) mod prefetch;
pub(crate) mod race;
pub(crate) mod reclaim;
pub(crate) mod stock;
pub(crate) mod tenants;
pub(crate) mod upkeep;
