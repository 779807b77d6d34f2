//! The sample data, compiled in: the program needs no file of its own.

/// A sample file: its name under `examples/data/`, and what it holds.
pub(crate) type Sample = (&'static str, &'static [u8]);

macro_rules! sample {
    ($name:literal) => {
        ($name, include_bytes!(concat!("../../../data/", $name)))
    };
}

/// The hubs.
pub(crate) const HUBS: Sample = sample!("hubs.csv");

/// The SKUs.
pub(crate) const SKUS: Sample = sample!("skus.csv");

/// The stock.
pub(crate) const STOCK: Sample = sample!("stock.csv");

/// The orders, in the order they are read.
pub(crate) const ORDERS: &[Sample] = &[
    sample!("orders/plain.csv"),
    sample!("orders/shopify-1-ordinary.json"),
    sample!("orders/shopify-2-large-id.json"),
    sample!("orders/shopify-3-taxes-included.json"),
    sample!("orders/shopify-4-unknown-sku.json"),
    sample!("orders/shopify-5-cancelled.json"),
    sample!("orders/woocommerce-1-list.json"),
    sample!("orders/woocommerce-2-fee-and-gift-card.json"),
    sample!("orders/woocommerce-3-pending.json"),
    sample!("orders/woocommerce-4-prices-include-tax.json"),
    sample!("orders/woocommerce-5-next-page.json"),
];

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::path::Path;

    #[test]
    fn every_sample_order_file_is_compiled_in() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/orders");
        let mut found: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .map(|name| format!("orders/{name}"))
            .collect();
        found.sort();
        let compiled: Vec<&str> = super::ORDERS.iter().map(|(name, _)| *name).collect();
        assert_eq!(found, compiled);
    }
}
