//! Benchmarks of the core and of the stores; see `benches/`.
