//! The cases, by what they are about. Each tests one promise and depends on few others.

pub(super) mod batch;
pub(super) mod catalogue;
pub(super) mod claims;
pub(super) mod conditions;
pub(super) mod counted;
pub(super) mod counters;
pub(super) mod documents;
pub(super) mod each;
pub(super) mod events;
pub(super) mod jobs;
pub(super) mod keys;
pub(super) mod limits;
pub(super) mod lists;
pub(super) mod movements;
pub(super) mod names;
pub(super) mod numbers;
pub(super) mod orders;
pub(super) mod personal;
pub(super) mod prefetch;
pub(super) mod race;
pub(super) mod reclaim;
pub(super) mod requirements;
pub(super) mod stock;
pub(super) mod tenants;
pub(super) mod time;
pub(super) mod upkeep;
