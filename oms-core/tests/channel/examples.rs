//! The sample data of `examples/data` holds what its README says.

use crate::shared::{channel, codes, every_order, example, number, place, reconciled};
use oms_core::channel::csv::{read_csv_orders, read_hubs, read_skus, read_stock};
use oms_core::channel::{Format, Incoming, detect, read_orders};
use oms_core::order::TaxMode;

fn orders(name: &str, format: Format) -> Vec<Incoming> {
    let bytes = example(&format!("orders/{name}.json"));
    assert_eq!(detect(&bytes), Some(format));
    let read = read_orders(&bytes, &channel()).unwrap();
    read.into_iter()
        .map(|order| order.unwrap_or_else(|problem| panic!("{problem}")))
        .collect()
}

fn shopify(name: &str) -> Incoming {
    let mut orders = orders(name, Format::Shopify);
    assert_eq!(orders.len(), 1);
    orders.remove(0)
}

fn sku(incoming: &Incoming, line: usize) -> Option<&str> {
    incoming.draft.lines[line]
        .sku
        .as_ref()
        .map(|sku| sku.as_str())
}

#[test]
fn shopify_orders() {
    let ordinary = shopify("shopify-1-ordinary");
    assert_eq!(reconciled(&ordinary), "36.89 EUR");
    assert_eq!(codes(&ordinary), ["shortened"]);
    assert_eq!(ordinary.state.suggestion.code(), "approved");
    assert_eq!(sku(&ordinary, 1), Some("007-MUG"));

    let large = shopify("shopify-2-large-id");
    assert_eq!(large.draft.external[0].id.as_str(), "9107199254740993117");
    assert_eq!(large.state.suggestion.code(), "pending");
    assert_eq!(reconciled(&large), "39.00 EUR");

    let included = shopify("shopify-3-taxes-included");
    assert_eq!(included.draft.tax_mode, TaxMode::Inclusive);
    assert_eq!(reconciled(&included), "51.05 EUR");
    assert_eq!(codes(&included), [""; 0]);

    let unknown = shopify("shopify-4-unknown-sku");
    assert_eq!(sku(&unknown, 1), Some("TEAPOT-XL"));
    assert_eq!(reconciled(&unknown), "71.40 EUR");
    assert_eq!(unknown.state.suggestion.code(), "approved");

    let cancelled = shopify("shopify-5-cancelled");
    assert_eq!(cancelled.state.suggestion.code(), "cancelled");
    assert!(cancelled.state.cancelled_at.is_some());
    assert_eq!(
        cancelled.draft.payment.refunded,
        cancelled.draft.payment.captured
    );
    assert_eq!(reconciled(&cancelled), "26.90 EUR");
}

#[test]
fn woocommerce_orders() {
    let list = orders("woocommerce-1-list", Format::WooCommerce);
    assert_eq!(list.len(), 2);
    assert_eq!(reconciled(&list[0]), "56.09 EUR");
    assert_eq!(codes(&list[0]), ["tax_differs"]);
    assert_eq!(codes(&list[1]), ["line_id_repeated"]);
    assert_eq!(sku(&list[1], 1), Some("123"));
    assert_eq!(reconciled(&list[1]), "24.90 EUR");

    let cards = orders("woocommerce-2-fee-and-gift-card", Format::WooCommerce);
    assert_eq!(reconciled(&cards[0]), "20.90 EUR");
    assert_eq!(codes(&cards[0]), [""; 0]);
    assert_eq!(number(&cards[0]), Some("WEB-820"));

    let pending = orders("woocommerce-3-pending", Format::WooCommerce);
    assert_eq!(pending[0].state.suggestion.code(), "pending");
    assert!(pending[0].draft.payment.captured.is_zero());
    assert_eq!(reconciled(&pending[0]), "33.60 EUR");

    let included = orders("woocommerce-4-prices-include-tax", Format::WooCommerce);
    let line = &included[0].draft.lines[0];
    assert_eq!(
        line.unit_price.times(line.quantity).unwrap().to_string(),
        "23.19 EUR"
    );
    assert_eq!(
        line.title.as_ref().unwrap().as_str(),
        "Honey \"Linden\", 500\u{a0}g"
    );
    assert_eq!(reconciled(&included[0]), "22.33 EUR");

    let next = orders("woocommerce-5-next-page", Format::WooCommerce);
    assert_eq!(next[0].draft.external, included[0].draft.external);
    assert_eq!(next[1].state.suggestion.code(), "ignore");
}

#[test]
fn the_plain_file() {
    let read = read_csv_orders(&example("orders/plain.csv"), &channel()).unwrap();
    let orders: Vec<_> = read
        .orders
        .iter()
        .map(|order| {
            assert_eq!(order.incoming.warnings, []);
            place(&order.incoming.draft).unwrap();
            let draft = &order.incoming.draft;
            (
                draft.external[0].id.as_str(),
                order.incoming.state.suggestion.code(),
            )
        })
        .collect();
    let expected = [
        ("0001", "approved"),
        ("0002", "approved"),
        ("0003", "approved"),
        ("0007", "pending"),
        ("0009", "approved"),
        ("0010", "approved"),
    ];
    assert_eq!(orders, expected);
    let rejected: Vec<_> = read
        .rejected
        .iter()
        .map(|row| (row.line, row.problems[0].code))
        .collect();
    let expected = [
        (6, "quantity_negative"),
        (7, "order_has_bad_row"),
        (8, "currency_unknown"),
        (9, "cell_empty"),
        (11, "order_has_bad_row"),
        (16, "order_id_repeated"),
    ];
    assert_eq!(rejected, expected);
}

#[test]
fn hubs_skus_and_stock_fit_together() {
    let hubs = read_hubs(&example("hubs.csv")).unwrap();
    let skus = read_skus(&example("skus.csv")).unwrap();
    let stock = read_stock(&example("stock.csv")).unwrap();
    assert!(hubs.rejected.is_empty() && skus.rejected.is_empty() && stock.rejected.is_empty());
    assert_eq!(hubs.rows.iter().filter(|row| row.hub.active).count(), 2);
    assert_eq!((hubs.rows.len(), skus.rows.len()), (3, 14));
    for row in &stock.rows {
        assert!(hubs.rows.iter().any(|hub| hub.hub.id == row.hub), "{row:?}");
        assert!(
            skus.rows.iter().any(|sku| sku.product.sku == row.sku),
            "{row:?}"
        );
    }
    // Safety stock aside, the kettles of both hubs do not cover order 0003.
    let kettles: u32 = stock
        .rows
        .iter()
        .filter(|row| row.sku.as_str() == "KETTLE-1L")
        .map(|row| row.on_hand.get() - row.safety.get())
        .sum();
    assert_eq!(kettles, 11);
}

/// Whatever is read can be stored: an order a buyer has paid for elsewhere is held, never lost.
#[test]
fn every_draft_of_every_file_can_be_placed() {
    let mut placed = 0;
    for (name, order) in every_order() {
        let id = &order.draft.external;
        if let Err(refused) = place(&order.draft) {
            panic!("{name}: {id:?}: {refused}");
        }
        placed += 1;
    }
    assert!(placed > 20, "{placed} orders");
}
