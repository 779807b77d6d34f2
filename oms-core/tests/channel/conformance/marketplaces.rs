//! How marketplaces write their orders.

use std::sync::Arc;

use oms_core::channel::{Amazon, Channel, Ebay, ItemQuantity, OrderFacts, Response, StatusReport};
use oms_core::order::OrderStatus;
use oms_core::testing::channels::{ChannelHarness, SampleOrder};
use oms_core::value::Quantity;

use super::shops::{id, join, lines};

#[derive(Clone, Copy)]
pub(crate) struct AmazonPlace;

fn items(order: &SampleOrder) -> Vec<ItemQuantity> {
    let lines = order.lines.iter();
    let item = |line: &oms_core::testing::channels::SampleLine| ItemQuantity {
        item: id(&line.item),
        quantity: Quantity::new(line.quantity).unwrap(),
    };
    lines.map(item).collect()
}

impl ChannelHarness for AmazonPlace {
    fn channel(&self) -> Arc<dyn Channel> {
        Arc::new(Amazon)
    }

    fn payload(&self, order: &SampleOrder) -> Vec<u8> {
        let money = |amount: &str| {
            format!(
                r#"{{"amount":"{amount}","currencyCode":"{}"}}"#,
                order.currency
            )
        };
        let lines = order.lines.iter().map(|line| {
            format!(
                r#"{{"orderItemId":"{}","quantityOrdered":{},"product":{{"sellerSku":"{}",
                "title":"x","price":{{"unitPrice":{}}}}},"proceeds":{{"proceedsTotal":{},
                "breakdowns":[{{"type":"ITEM","subtotal":{}}}]}},
                "fulfillment":{{"quantityFulfilled":0,"quantityUnfulfilled":{}}}}}"#,
                line.item,
                line.quantity,
                line.sku,
                money(&line.unit_price),
                money(&line.total),
                money(&line.total),
                line.quantity
            )
        });
        let lines: Vec<_> = lines.collect();
        format!(
            r#"{{"orderId":"{}","createdTime":"2026-11-19T09:00:00Z","lastUpdatedTime":
            "2026-11-19T10:00:00Z","salesChannel":{{"channelName":"AMAZON","marketplaceId":
            "A1PA6795UKMFR9"}},"proceeds":{{"grandTotal":{}}},"fulfillment":{{"fulfillmentStatus":
            "UNSHIPPED","fulfilledBy":"MERCHANT"}},"orderItems":[{}]}}"#,
            order.id,
            money(&order.total),
            lines.join(",")
        )
        .into_bytes()
    }

    fn page(&self, orders: &[Vec<u8>]) -> Vec<u8> {
        format!(r#"{{"orders":[{}]}}"#, join(orders)).into_bytes()
    }

    fn answer(&self, orders: &[Vec<u8>], next: Option<&str>) -> Response {
        let next = next.map_or(String::new(), |n| format!(r#"{{"nextToken":"{n}"}}"#));
        let next = if next.is_empty() {
            "{}".to_owned()
        } else {
            next
        };
        let body = format!(r#"{{"orders":[{}],"pagination":{next}}}"#, join(orders));
        Response::new(200, body)
    }

    fn order_ids(&self) -> Vec<&'static str> {
        vec!["902-1845936-5435065", "000-0000001-0000001"]
    }

    fn line_ids(&self) -> Vec<&'static str> {
        vec!["05015851154158", "OIID34853450", "11", "12"]
    }

    fn after(&self, status: OrderStatus) -> Option<StatusReport> {
        let said = |word: &str| {
            StatusReport::new(id("000-0000001-0000001"))
                .with("order_status", word)
                .with("fulfilled_by", "MFN")
        };
        Some(match status {
            OrderStatus::Pending => said("Pending"),
            OrderStatus::Approved => said("UNSHIPPED"),
            OrderStatus::Shipped | OrderStatus::Returned => StatusReport {
                lines: lines(["11", "12"], |line, units| line.shipped = Some(units)),
                ..said("Shipped")
            },
            OrderStatus::Cancelled => said("Canceled"),
            OrderStatus::OnHold
            | OrderStatus::Picking
            | OrderStatus::Picked
            | OrderStatus::Packing
            | OrderStatus::Packed
            | OrderStatus::Delivered => return None,
        })
    }

    fn facts(&self, order: &SampleOrder) -> OrderFacts {
        let mut facts = OrderFacts::new(id(&order.id));
        facts.items = items(order);
        facts.marketplace = Some(id("A1PA6795UKMFR9"));
        facts.seller = Some(id("A3TH9S8BH6GOGM"));
        facts
    }
}

#[derive(Clone, Copy)]
pub(crate) struct EbayPlace;

impl ChannelHarness for EbayPlace {
    fn channel(&self) -> Arc<dyn Channel> {
        Arc::new(Ebay)
    }

    fn payload(&self, order: &SampleOrder) -> Vec<u8> {
        let money =
            |amount: &str| format!(r#"{{"value":"{amount}","currency":"{}"}}"#, order.currency);
        let lines = order.lines.iter().map(|line| {
            format!(
                r#"{{"lineItemId":"{}","sku":"{}","title":"x","quantity":{},"lineItemCost":{},
                "total":{},"lineItemFulfillmentStatus":"NOT_STARTED"}}"#,
                line.item,
                line.sku,
                line.quantity,
                money(&line.total),
                money(&line.total)
            )
        });
        let lines: Vec<_> = lines.collect();
        format!(
            r#"{{"orderId":"{}","legacyOrderId":"{}","creationDate":"2026-11-19T09:00:00.000Z",
            "lastModifiedDate":"2026-11-19T10:00:00.000Z","orderFulfillmentStatus":"NOT_STARTED",
            "orderPaymentStatus":"PAID","cancelStatus":{{"cancelState":"NONE_REQUESTED"}},
            "pricingSummary":{{"priceSubtotal":{},"total":{}}},"lineItems":[{}]}}"#,
            order.id,
            order.id,
            money(&order.total),
            money(&order.total),
            lines.join(",")
        )
        .into_bytes()
    }

    fn page(&self, orders: &[Vec<u8>]) -> Vec<u8> {
        format!(r#"{{"orders":[{}]}}"#, join(orders)).into_bytes()
    }

    fn answer(&self, orders: &[Vec<u8>], next: Option<&str>) -> Response {
        let next = next.map_or(String::new(), |_| {
            r#""next":"https://e/order?offset=50","#.into()
        });
        let (total, orders) = (orders.len(), join(orders));
        Response::new(
            200,
            format!(r#"{{{next}"total":{total},"orders":[{orders}]}}"#),
        )
    }

    fn order_ids(&self) -> Vec<&'static str> {
        vec!["12-15199-57289", "00-00001-00001"]
    }

    fn line_ids(&self) -> Vec<&'static str> {
        vec!["10063589999909", "0011", "11", "12"]
    }

    fn after(&self, status: OrderStatus) -> Option<StatusReport> {
        let said = |payment: &str, fulfillment: &str| {
            StatusReport::new(id("00-00001-00001"))
                .with("cancel_state", "NONE_REQUESTED")
                .with("payment_status", payment)
                .with("fulfillment_status", fulfillment)
        };
        let shipped = || lines(["11", "12"], |line, units| line.shipped = Some(units));
        Some(match status {
            OrderStatus::Pending => said("PENDING", "NOT_STARTED"),
            OrderStatus::Approved => said("PAID", "NOT_STARTED"),
            OrderStatus::Shipped | OrderStatus::Returned => StatusReport {
                lines: shipped(),
                ..said("PAID", "FULFILLED")
            },
            OrderStatus::Cancelled => {
                let mut report = said("FULLY_REFUNDED", "NOT_STARTED");
                report.words.retain(|word| word.field != "cancel_state");
                report.with("cancel_state", "CANCELED")
            }
            OrderStatus::OnHold
            | OrderStatus::Picking
            | OrderStatus::Picked
            | OrderStatus::Packing
            | OrderStatus::Packed
            | OrderStatus::Delivered => return None,
        })
    }

    fn facts(&self, order: &SampleOrder) -> OrderFacts {
        let mut facts = OrderFacts::new(id(&order.id));
        facts.items = items(order);
        facts.legacy_order = Some(id(&order.id));
        facts
    }
}
