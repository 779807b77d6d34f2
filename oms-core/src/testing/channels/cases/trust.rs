//! Signatures.

use super::{ChannelHarness, Kept};

/// Without the feature nothing can be verified, and nothing is.
#[cfg(not(feature = "signatures"))]
pub(in crate::testing::channels) fn nobody_is_believed_without_a_key(
    _harness: &dyn ChannelHarness,
) -> Kept {
    Ok(())
}

#[cfg(feature = "signatures")]
pub(in crate::testing::channels) fn nobody_is_believed_without_a_key(
    harness: &dyn ChannelHarness,
) -> Kept {
    use super::{check, sample};
    use crate::channel::signature::{Delivery, Secret, WebhookKeys};
    let body = harness.payload(&sample(harness));
    // 32 bytes of nothing, in base64, under every name a channel uses.
    let mac = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    let names = [
        "X-Shopify-Hmac-Sha256",
        "X-WC-Webhook-Signature",
        "X-EBAY-SIGNATURE",
    ];
    let forged: Vec<(&str, &str)> = names.iter().map(|name| (*name, mac)).collect();
    for headers in [[].as_slice(), forged.as_slice()] {
        for keys in [
            WebhookKeys::new(),
            WebhookKeys::new().secret(Secret::new("")),
            WebhookKeys::new().secret(Secret::new("a secret")),
        ] {
            let delivery = Delivery {
                headers,
                body: &body,
            };
            let answer = harness.channel().verify(&delivery, &keys);
            check(answer.is_err(), || {
                "a delivery nobody signed is believed".to_owned()
            })?;
        }
    }
    Ok(())
}
