//! The whole service against naive models: random steps, the same list in bulk, dry runs, and
//! two tenants side by side.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod ask;
mod bulk;
mod deed;
mod dry;
mod machine;
mod naive;
mod step;
mod tenants;
mod world;
