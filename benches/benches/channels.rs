//! Reading a page of Shopify orders: `read_orders`, which parses and maps, beside `serde_json` to
//! an untyped value, which only parses. The page is made of a fixture of our own.

use std::hint::black_box;
use std::time::Duration;

use benches::Failure;
use criterion::{Criterion, Throughput};
use oms_core::channel::read_orders;
use oms_core::value::ChannelId;

const ORDER: &str = include_str!("../../oms-core/tests/fixtures/channel/shopify.json");

/// Orders of the page; the API sends up to 250.
const ORDERS: usize = 250;

fn main() -> Result<(), Failure> {
    let mut criterion = Criterion::default()
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(3))
        .sample_size(30)
        .configure_from_args();
    let channel = ChannelId::parse("web")?;
    // The fixture is what a single order's address answers; a page holds the orders themselves.
    let order = ORDER
        .trim()
        .strip_prefix("{\"order\":")
        .and_then(|rest| rest.strip_suffix('}'));
    let order = order.unwrap_or(ORDER);
    let pretty = page(order);
    let compact = page(&serde_json::from_str::<serde_json::Value>(order)?.to_string());
    for (name, text) in [("indented", pretty), ("compact", compact)] {
        let read = read_orders(text.as_bytes(), &channel)?;
        assert!(read.len() == ORDERS && read.iter().all(Result::is_ok));
        let mut group = criterion.benchmark_group(format!("channels/shopify {name}"));
        group.throughput(Throughput::Bytes(u64::try_from(text.len())?));
        group.bench_function("read_orders", |bencher| {
            bencher.iter(|| read_orders(black_box(text.as_bytes()), &channel));
        });
        group.bench_function("serde_json to an untyped value", |bencher| {
            bencher
                .iter(|| serde_json::from_slice::<serde_json::Value>(black_box(text.as_bytes())));
        });
        group.finish();
    }
    criterion.final_summary();
    Ok(())
}

fn page(order: &str) -> String {
    format!("{{\"orders\":[{}]}}", vec![order; ORDERS].join(","))
}
