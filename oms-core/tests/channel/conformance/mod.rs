//! The channel conformance suite: run for the channels built in, and itself tested against a
//! channel per defect.

mod broken;
mod marketplaces;
mod shops;

mod shopify {
    oms_core::channel_suite!(super::shops::ShopifyShop);
}

mod shopify_graphql {
    oms_core::channel_suite!(super::shops::ShopifyGraphqlShop);
}

mod woocommerce {
    oms_core::channel_suite!(super::shops::WooShop);
}

mod amazon {
    oms_core::channel_suite!(super::marketplaces::AmazonPlace);
}

mod ebay {
    oms_core::channel_suite!(super::marketplaces::EbayPlace);
}
