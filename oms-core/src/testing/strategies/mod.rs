//! Strategies for [proptest](https://docs.rs/proptest), which [`testing`](super) re-exports: values,
//! drafts, stock.
//!
//! ```
//! use oms_core::order::{Place, decide_place};
//! use oms_core::testing::build::{number, order_id, sku};
//! use oms_core::testing::proptest::prelude::*;
//! use oms_core::testing::strategies::draft;
//! use oms_core::value::Timestamp;
//!
//! proptest!(|(draft in draft(vec![sku("TEA"), sku("MUG")]))| {
//!     let place = Place {
//!         id: order_id(1),
//!         number: number(1),
//!         draft: &draft,
//!         skus: &[],
//!         ship_to: None,
//!         bill_to: None,
//!         payload: None,
//!         slot: None,
//!         tentative: false,
//!     };
//!     prop_assert!(decide_place(&place, Timestamp::EPOCH).is_ok());
//! });
//! ```

mod drafts;
mod hostile;
mod stock;
mod values;

pub use drafts::{contact, draft};
pub use hostile::{Hostility, hostile_draft, spoil};
pub use stock::{reservation, reservation_delta, stock_command, stock_delta, stock_level};
pub use values::{
    address, amount, attribute_key, currency, external_id, money, name, note, phrase, quantity,
    rate, small_quantity, tag, timestamp, title, unit_price, units,
};

#[cfg(test)]
mod tests;
