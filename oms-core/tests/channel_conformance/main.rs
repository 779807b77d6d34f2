//! The channel conformance suite: run for the channels built in, and itself tested against a
//! channel per defect.

#![cfg(feature = "channels")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod broken;
mod marketplaces;
mod shops;

mod shopify {
    oms_core::channel_suite!(super::shops::ShopifyShop);
}

mod woocommerce {
    oms_core::channel_suite!(super::shops::WooShop);
}

/// Everything but the reading of orders.
mod without_readers {
    use oms_core::testing::channels::{CHANNEL_CASES, ChannelHarness, run};

    fn run_all(harness: &dyn ChannelHarness) {
        for case in CHANNEL_CASES.iter().filter(|case| case.group != "reading") {
            if let Err(broken) = run(harness, case) {
                panic!("{}: {}\n  {broken}", case.name, case.promise);
            }
        }
    }

    #[test]
    fn amazon() {
        run_all(&super::marketplaces::AmazonPlace);
    }

    #[test]
    fn ebay() {
        run_all(&super::marketplaces::EbayPlace);
    }
}
