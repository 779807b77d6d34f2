//! The core's paths by the clock: pure decisions and folds, hub choice, JSON, plans, and a
//! placement through the service into the memory store. The same paths are counted in
//! instructions by `make callgrind`.

use std::time::{Duration, Instant};

use benches::request::request;
use benches::world::{Size, World};
use benches::{Failure, paths};
use criterion::{BenchmarkId, Criterion, Throughput};

fn main() -> Result<(), Failure> {
    let mut criterion = Criterion::default()
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2))
        .sample_size(50)
        .configure_from_args();
    for name in paths::names().filter(|name| !grows(name)) {
        let mut path = paths::path(name)?;
        criterion.bench_function(name, |bencher| bencher.iter(|| (path.run)()));
    }
    route(&mut criterion)?;
    memory_place(&mut criterion);
    criterion.final_summary();
    Ok(())
}

/// Paths that keep what they placed; measured in other ways.
fn grows(name: &str) -> bool {
    matches!(name, "memory/place" | "memory/place_asking" | "bare/place")
}

/// How routing grows: over hubs, then over lines, then the largest basket.
fn route(criterion: &mut Criterion) -> Result<(), Failure> {
    let mut group = criterion.benchmark_group("route");
    let sizes = [
        (3, 1),
        (3, 5),
        (3, 12),
        (3, 50),
        (3, 200),
        (10, 5),
        (100, 5),
        (1_000, 5),
    ];
    for (lines, hubs) in sizes.into_iter().chain([(1_000, 12), (1_000, 200)]) {
        let mut run = paths::routing(lines, hubs)?;
        let id = BenchmarkId::from_parameter(format!("{lines} lines x {hubs} hubs"));
        group.bench_function(id, |bencher| bencher.iter(&mut run));
    }
    group.finish();
    Ok(())
}

/// Every sample has a store of its own, so a slow machine does not measure a fuller one.
fn memory_place(criterion: &mut Criterion) {
    let size = Size {
        skus: 1_000,
        hubs: 5,
    };
    let mut group = criterion.benchmark_group("memory");
    group.sample_size(10).throughput(Throughput::Elements(1));
    group.bench_function("place", |bencher| {
        bencher.iter_custom(|count| placed(size, count).unwrap_or(Duration::MAX));
    });
    group.finish();
}

fn placed(size: Size, count: u64) -> Result<Duration, Failure> {
    let world = World::new(size)?;
    let requests: Vec<_> = (0..count)
        .map(|number| request(number, 3, size.skus))
        .collect();
    let began = Instant::now();
    for request in &requests {
        world.place_text(request)?;
    }
    Ok(began.elapsed())
}
