//! The promises, one per file.

pub(super) mod answers;
pub(super) mod claims;
pub(super) mod counted;
pub(super) mod durable;
pub(super) mod edges;
pub(super) mod keys;
pub(super) mod lines;
pub(super) mod money;
pub(super) mod plans;
pub(super) mod replay;
pub(super) mod settled;
pub(super) mod stock;
pub(super) mod tenants;
