//! How shops write their orders.

use std::sync::Arc;

use oms_core::channel::{
    Channel, LineReport, OrderFacts, ParcelReport, PaymentFacts, Response, Shopify, ShopifyGraphql,
    StatusReport, WooCommerce, WorkFacts, WorkLine,
};
use oms_core::order::OrderStatus;
use oms_core::testing::channels::{ChannelHarness, SampleOrder};
use oms_core::value::{Currency, ExternalId, Money, Units};

pub(crate) fn id(text: &str) -> ExternalId {
    ExternalId::parse(text).unwrap()
}

pub(crate) fn join(parts: &[Vec<u8>]) -> String {
    let texts = parts
        .iter()
        .map(|part| String::from_utf8(part.clone()).unwrap());
    texts.collect::<Vec<_>>().join(",")
}

/// A report about the harness's standard order, whose lines have 2 and 1 units.
pub(crate) fn lines(items: [&str; 2], with: impl Fn(&mut LineReport, Units)) -> Vec<LineReport> {
    let line = |(item, units)| {
        let units = Units::new(units).unwrap();
        let mut line = LineReport::new(id(item));
        line.ordered = Some(units);
        with(&mut line, units);
        line
    };
    items.into_iter().zip([2, 1]).map(line).collect()
}

#[derive(Clone, Copy)]
pub(crate) struct ShopifyShop;

impl ChannelHarness for ShopifyShop {
    fn channel(&self) -> Arc<dyn Channel> {
        Arc::new(Shopify)
    }

    fn payload(&self, order: &SampleOrder) -> Vec<u8> {
        let lines = order.lines.iter().map(|line| {
            format!(
                r#"{{"id":{},"sku":"{}","title":"x","quantity":{},"current_quantity":{},"price":"{}"}}"#,
                line.item, line.sku, line.quantity, line.quantity, line.unit_price
            )
        });
        let lines: Vec<_> = lines.collect();
        format!(
            r##"{{"id":{},"name":"#1001","currency":"{}","total_price":"{}","financial_status":"paid",
            "fulfillment_status":null,"updated_at":"2026-11-19T10:00:00-05:00","line_items":[{}]}}"##,
            order.id,
            order.currency,
            order.total,
            lines.join(",")
        )
        .into_bytes()
    }

    fn page(&self, orders: &[Vec<u8>]) -> Vec<u8> {
        format!(r#"{{"orders":[{}]}}"#, join(orders)).into_bytes()
    }

    fn answer(&self, orders: &[Vec<u8>], next: Option<&str>) -> Response {
        let response = Response::new(200, self.page(orders));
        match next {
            Some(next) => {
                let link =
                    format!("<https://s/orders.json?limit=50&page_info={next}>; rel=\"next\"");
                response.with("Link", &link)
            }
            None => response,
        }
    }

    fn order_ids(&self) -> Vec<&'static str> {
        vec![
            "820982911946154508",
            "9007199254740993",
            "18446744073709551615",
            "450789469",
        ]
    }

    fn line_ids(&self) -> Vec<&'static str> {
        vec!["866550311766439020", "9007199254740993", "11", "12"]
    }

    fn after(&self, status: OrderStatus) -> Option<StatusReport> {
        let items = ["11", "12"];
        let said = |financial: &str, fulfillment: &str| {
            StatusReport::new(id("450789469"))
                .with("financial_status", financial)
                .with("fulfillment_status", fulfillment)
        };
        let parcels = |word: &str| {
            vec![ParcelReport {
                word: word.to_owned(),
                lines: Vec::new(),
            }]
        };
        Some(match status {
            OrderStatus::Pending => said("pending", ""),
            OrderStatus::OnHold => said("paid", "").with("fulfillment_order", "on_hold"),
            OrderStatus::Approved => said("paid", ""),
            OrderStatus::Shipped => StatusReport {
                parcels: parcels("in_transit"),
                lines: lines(items, |line, units| line.shipped = Some(units)),
                ..said("paid", "fulfilled")
            },
            OrderStatus::Delivered => StatusReport {
                parcels: parcels("delivered"),
                lines: lines(items, |line, units| line.delivered = Some(units)),
                ..said("PAID", "FULFILLED")
            },
            OrderStatus::Cancelled => said("paid", "").with("cancelled", "true"),
            OrderStatus::Returned => StatusReport {
                lines: lines(items, |line, units| line.returned = Some(units)),
                ..said("refunded", "fulfilled").with("return_status", "RETURNED")
            },
            OrderStatus::Picking
            | OrderStatus::Picked
            | OrderStatus::Packing
            | OrderStatus::Packed => return None,
        })
    }

    fn facts(&self, order: &SampleOrder) -> OrderFacts {
        let mut facts = OrderFacts::new(id(&order.id));
        let line = |(at, line): (usize, &oms_core::testing::channels::SampleLine)| WorkLine {
            id: id(&format!("90071992547409{at}3")),
            item: id(&line.item),
            left: Units::new(line.quantity).unwrap(),
        };
        let work = |number: &str, state: &str, lines| WorkFacts {
            id: id(number),
            state: state.to_owned(),
            lines,
            holds: Some(vec![id("gid://shopify/FulfillmentHold/9007199254740997")]),
        };
        let lines = order.lines.iter().enumerate().map(line).collect();
        facts.work = vec![
            work("1046000816", "open", lines),
            work("1046000817", "on_hold", vec![]),
        ];
        let euro = Currency::parse("EUR").unwrap();
        facts.payments = vec![PaymentFacts {
            id: id("1068278485"),
            gateway: "manual".to_owned(),
            refundable: Money::parse("41.03", euro).unwrap(),
        }];
        facts.location = Some(id("24826418"));
        facts
    }
}

/// The same shop by GraphQL: global ids, bags of money, pages of edges.
#[derive(Clone, Copy)]
pub(crate) struct ShopifyGraphqlShop;

impl ChannelHarness for ShopifyGraphqlShop {
    fn channel(&self) -> Arc<dyn Channel> {
        Arc::new(ShopifyGraphql)
    }

    fn payload(&self, order: &SampleOrder) -> Vec<u8> {
        let bag = |amount: &str| {
            let code = order.currency;
            format!(r#"{{"shopMoney":{{"amount":"{amount}","currencyCode":"{code}"}}}}"#)
        };
        let lines = order.lines.iter().map(|line| {
            format!(
                r#"{{"id":"{}","sku":"{}","name":"x","quantity":{},"currentQuantity":{},
                "originalUnitPriceSet":{}}}"#,
                line.item,
                line.sku,
                line.quantity,
                line.quantity,
                bag(&line.unit_price)
            )
        });
        let lines: Vec<_> = lines.collect();
        format!(
            r##"{{"id":"{}","name":"#1001","currencyCode":"{}","updatedAt":"2026-11-19T15:00:00Z",
            "displayFinancialStatus":"PAID","displayFulfillmentStatus":"UNFULFILLED",
            "totalPriceSet":{},"lineItems":{{"nodes":[{}],"pageInfo":{{"hasNextPage":false}}}}}}"##,
            order.id,
            order.currency,
            bag(&order.total),
            lines.join(",")
        )
        .into_bytes()
    }

    fn page(&self, orders: &[Vec<u8>]) -> Vec<u8> {
        self.answer(orders, None).body
    }

    fn answer(&self, orders: &[Vec<u8>], next: Option<&str>) -> Response {
        let edge = |order: &Vec<u8>| {
            let order = join(std::slice::from_ref(order));
            format!(r#"{{"cursor":"c","node":{order}}}"#)
        };
        let edges: Vec<_> = orders.iter().map(edge).collect();
        let info = match next {
            Some(next) => format!(r#"{{"hasNextPage":true,"endCursor":"{next}"}}"#),
            None => r#"{"hasNextPage":false,"endCursor":null}"#.to_owned(),
        };
        let edges = edges.join(",");
        Response::new(
            200,
            format!(r#"{{"data":{{"orders":{{"edges":[{edges}],"pageInfo":{info}}}}}}}"#),
        )
    }

    fn order_ids(&self) -> Vec<&'static str> {
        vec![
            "gid://shopify/Order/820982911946154508",
            "gid://shopify/Order/9007199254740993",
            "gid://shopify/Order/18446744073709551615",
            "gid://shopify/Order/450789469",
        ]
    }

    fn line_ids(&self) -> Vec<&'static str> {
        vec![
            "gid://shopify/LineItem/866550311766439020",
            "gid://shopify/LineItem/9007199254740993",
            "gid://shopify/LineItem/11",
            "gid://shopify/LineItem/12",
        ]
    }

    fn after(&self, status: OrderStatus) -> Option<StatusReport> {
        let mut report = ShopifyShop.after(status)?;
        report.order = id("gid://shopify/Order/450789469");
        for line in &mut report.lines {
            line.item = id(&format!("gid://shopify/LineItem/{}", line.item));
        }
        Some(report)
    }

    fn facts(&self, order: &SampleOrder) -> OrderFacts {
        ShopifyShop.facts(order)
    }
}

/// The same shop, served by another channel.
#[derive(Clone, Copy)]
pub(crate) struct ToldBy<C>(pub(crate) C);

impl<C: Channel + Copy + 'static> ChannelHarness for ToldBy<C> {
    fn channel(&self) -> Arc<dyn Channel> {
        Arc::new(self.0)
    }

    fn payload(&self, order: &SampleOrder) -> Vec<u8> {
        ShopifyShop.payload(order)
    }

    fn page(&self, orders: &[Vec<u8>]) -> Vec<u8> {
        ShopifyShop.page(orders)
    }

    fn answer(&self, orders: &[Vec<u8>], next: Option<&str>) -> Response {
        ShopifyShop.answer(orders, next)
    }

    fn order_ids(&self) -> Vec<&'static str> {
        ShopifyShop.order_ids()
    }

    fn line_ids(&self) -> Vec<&'static str> {
        ShopifyShop.line_ids()
    }

    fn after(&self, status: OrderStatus) -> Option<StatusReport> {
        ShopifyShop.after(status)
    }

    fn facts(&self, order: &SampleOrder) -> OrderFacts {
        ShopifyShop.facts(order)
    }
}

#[derive(Clone, Copy)]
pub(crate) struct WooShop;

impl ChannelHarness for WooShop {
    fn channel(&self) -> Arc<dyn Channel> {
        Arc::new(WooCommerce)
    }

    fn payload(&self, order: &SampleOrder) -> Vec<u8> {
        let lines = order.lines.iter().map(|line| {
            format!(
                r#"{{"id":{},"name":"x","product_id":7,"sku":"{}","quantity":{},"subtotal":"{}",
                "subtotal_tax":"0.00","total":"{}","total_tax":"0.00"}}"#,
                line.item, line.sku, line.quantity, line.total, line.total
            )
        });
        let lines: Vec<_> = lines.collect();
        format!(
            r#"{{"id":{},"number":"56AQ","status":"processing","currency":"{}","total":"{}",
            "total_tax":"0.00","shipping_total":"0.00","discount_total":"0.00","billing":{{}},
            "date_created_gmt":"2026-11-19T09:00:00","date_modified_gmt":"2026-11-19T10:00:00",
            "date_paid_gmt":"2026-11-19T09:00:01","line_items":[{}]}}"#,
            order.id,
            order.currency,
            order.total,
            lines.join(",")
        )
        .into_bytes()
    }

    fn page(&self, orders: &[Vec<u8>]) -> Vec<u8> {
        format!("[{}]", join(orders)).into_bytes()
    }

    fn answer(&self, orders: &[Vec<u8>], next: Option<&str>) -> Response {
        let pages = if next.is_some() { "2" } else { "1" };
        Response::new(200, self.page(orders))
            .with("X-WP-Total", &orders.len().to_string())
            .with("X-WP-TotalPages", pages)
    }

    fn order_ids(&self) -> Vec<&'static str> {
        vec!["9007199254740993", "723"]
    }

    fn line_ids(&self) -> Vec<&'static str> {
        vec!["9007199254740993", "315", "316"]
    }

    fn after(&self, status: OrderStatus) -> Option<StatusReport> {
        let word = match status {
            OrderStatus::Pending => "pending",
            OrderStatus::OnHold => "on-hold",
            OrderStatus::Approved => "processing",
            OrderStatus::Shipped => "completed",
            OrderStatus::Cancelled => "cancelled",
            OrderStatus::Returned => "refunded",
            OrderStatus::Picking
            | OrderStatus::Picked
            | OrderStatus::Packing
            | OrderStatus::Packed
            | OrderStatus::Delivered => return None,
        };
        Some(StatusReport::new(id("723")).with("status", word))
    }

    fn facts(&self, order: &SampleOrder) -> OrderFacts {
        let mut facts = OrderFacts::new(id(&order.id));
        facts.tracking_extension = true;
        facts
    }
}
