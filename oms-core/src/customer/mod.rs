//! Customers, and the erasable rows that hold people's data.

mod contact;
mod profile;

pub use contact::{Contact, ContactDocument};
pub use profile::Customer;
