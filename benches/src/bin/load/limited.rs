//! A stock that is sold to the last unit.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use oms_core::service::{Call, Error};

use crate::Failure;
use crate::library::{next, open};
use crate::shop::{Routing, Shop, stock};
use crate::stage::Stage;

/// Units of the SKU that is in every order, one each.
const UNITS: u32 = 1_000;
const CALLERS: u32 = 64;

/// Many buy the last units of one SKU at once. Each goes on until it is refused; nobody gives
/// anything back, so the first refusal must mean that nothing is left.
///
/// # Errors
/// Where more or less was sold than there was, or the audit finds something.
pub(crate) async fn sell_out(stage: &Stage) -> Result<Vec<String>, Failure> {
    let shop = Shop {
        skus: 30,
        hubs: 1,
        hot: true,
        tentative: false,
        routing: Routing::Bare,
    };
    let tenant = open(stage.store.clone(), "sell-out")?;
    shop.furnish(&tenant, Some(UNITS)).await?;
    let sold = Arc::new(AtomicU32::new(0));
    let mut buyers = Vec::new();
    for _ in 0..CALLERS {
        let (tenant, sold) = (tenant.clone(), sold.clone());
        buyers.push(tokio::spawn(async move {
            loop {
                let order = shop.order(next(), 1)?;
                match tenant.place(order, Call::default()).await {
                    Ok(_) => sold.fetch_add(1, Ordering::Relaxed),
                    Err(Error::Rejected(_)) => return Ok::<(), Failure>(()),
                    // Too many met; the buyer tries again.
                    Err(why) if why.is_retryable() => continue,
                    Err(why) => return Err(why.into()),
                };
            }
        }));
    }
    for buyer in buyers {
        buyer.await??;
    }
    let sold = sold.load(Ordering::Relaxed);
    let level = tenant.stock_level(&stock(0, 0)?).await?;
    let reserved = level.reserved.get();
    let violations = tenant.audit().await?;
    let line = format!(
        "sell-out: stock {UNITS}, {CALLERS} buyers, sold {sold}, reserved {reserved}, audit \
         finds {} violations",
        violations.len()
    );
    if (sold, reserved) != (UNITS, UNITS) || !violations.is_empty() {
        return Err(format!("{line}: {violations:?}").into());
    }
    Ok(vec![format!("{line}: sold equals stock")])
}
