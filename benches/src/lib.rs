//! What the benchmarks share: orders to place, a tenant to place them in, and a plain program that
//! does the same work with structs and hash maps, as the measure of what the library may cost.

pub mod bare;
pub mod memory;
pub mod orders;
pub mod paths;
pub mod request;
pub mod resident;
pub mod world;

/// The error of everything that sets a benchmark up: it only ever ends the program.
pub type Failure = Box<dyn std::error::Error>;
