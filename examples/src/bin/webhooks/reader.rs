//! From a delivery to an order: what the intake's worker asks when the delivery's turn comes.

use std::sync::Arc;

use oms_core::channel::{Arrival, Incoming, Notice, Suggestion, read_notice};
use oms_core::order::{CommandKind, Contacts, Order, OrderCommand, OrderStatus};
use oms_core::plan::{OnProblem, PlaceOrder, ReserveMode};
use oms_core::service::{IntakeReader, IntakeRefusal, Reading};
use oms_core::value::{ChannelId, Note};
use oms_examples::intake::{Treatment, news, treatment};
use oms_examples::words;

use crate::config::{Config, Connection};
use crate::follow;
use crate::message::Message;

/// Reads deliveries as they were kept. An order is stored on hold rather than not at all.
#[derive(Debug)]
pub(crate) struct Deliveries {
    pub(crate) config: Arc<Config>,
}

impl IntakeReader for Deliveries {
    fn read(&self, _: &ChannelId, payload: &str) -> Result<Reading, String> {
        let message = Message::of(payload)?;
        let read = self.reading(&message);
        read.map_err(|problem| format!("{}: {problem}", message.origin()))
    }

    fn follow(&self, _: &ChannelId, payload: &str, known: &Order) -> Vec<OrderCommand> {
        let message = Message::of(payload);
        let told = message.and_then(|message| self.news(&message, known));
        // What cannot be read was refused before.
        told.unwrap_or_default()
    }

    fn contacts(&self, _: &ChannelId, payload: &str, known: &Order) -> Option<Contacts> {
        let message = Message::of(payload).ok()?;
        let (_, order) = self.order(&message).ok()?;
        order.contacts_since(known)
    }
}

impl Deliveries {
    fn reading(&self, message: &Message) -> Result<Reading, String> {
        if let Some(reading) = notice(message)? {
            return Ok(reading);
        }
        let (_, mut order) = self.order(message)?;
        order.keep_changed_at();
        let treatment = match order.is_counter_sale() {
            true => Treatment::Take {
                reserve: ReserveMode::Confirmed,
                then: Vec::new(),
            },
            false => treatment(&order, false, None),
        };
        let more = noted(&order).into_iter().chain(order.handed_over());
        let more: Vec<_> = more.collect();
        Ok(match treatment {
            Treatment::LeaveOut => {
                let why = words::left_out(&order.state.suggestion);
                Reading::FollowOnly {
                    source: order.draft.source.channel,
                    external: order.draft.external,
                    refusal: refusal("left_out", why),
                }
            }
            Treatment::Take { reserve, then } => Reading::Place {
                place: Box::new(PlaceOrder {
                    on_problem: OnProblem::Hold,
                    reserve,
                    hub: order.hub,
                    ..PlaceOrder::new(order.draft)
                }),
                then: then.into_iter().chain(more).collect(),
            },
        })
    }

    /// What a delivery says of an order that is known: that it was paid or cancelled, where it
    /// stands, or what the buyer wrote. Nothing where a newer one was worked on before it.
    fn news(&self, message: &Message, known: &Order) -> Result<Vec<OrderCommand>, String> {
        let (connection, order) = self.order(message)?;
        if order.arrival(known) == Arrival::Late {
            return Ok(Vec::new());
        }
        let mut commands = news(&order, known);
        let cancelled = known.status() == OrderStatus::Cancelled;
        let goes_on =
            |kind: CommandKind| matches!(kind, CommandKind::Release | CommandKind::Confirm);
        // Where the order goes on, a note is about the units of the message; else about its money.
        let asks = commands.iter().any(|command| goes_on(command.kind()));
        let quiet = commands.iter().all(|command| {
            let kind = command.kind();
            let noted = kind == CommandKind::AddNote && !asks;
            let money = kind == CommandKind::RecordPayment || goes_on(kind) || noted;
            kind == CommandKind::SetAttribute || (money && !cancelled)
        });
        if quiet && !order.is_cancelled_too_late(known) {
            let said = follow::commands(connection, message, &order, known).into_iter();
            let said: Vec<_> = said.filter(|said| !commands.contains(said)).collect();
            // Before the money, which may set the order going; first of all is the time.
            let dated = commands.iter().map(OrderCommand::kind);
            let dated = dated.take_while(|kind| *kind == CommandKind::SetAttribute);
            let at = dated.count();
            let money = commands.split_off(at);
            commands.extend(said);
            commands.extend(money);
        }
        commands.extend(order.notes_since(known));
        Ok(commands)
    }

    /// The one order of a delivery, which is what every channel sends at a time.
    fn order(&self, message: &Message) -> Result<(&Connection, Incoming), String> {
        let channel = &message.channel;
        let id = message.connection.as_str();
        let connection = self.config.find(channel, id);
        let connection = connection.ok_or("the connection is not served any more")?;
        let read = connection
            .channel
            .read_orders(message.body(), &connection.id);
        let mut read = read.map_err(|problem| problem.to_string())?;
        match (read.pop(), read.len()) {
            (Some(order), 0) => Ok((connection, order.map_err(|problem| problem.to_string())?)),
            (None, _) => Err("there is no order in it".to_owned()),
            (Some(_), more) => Err(format!("there are {} orders in it", more + 1)),
        }
    }
}

/// What [`follow`] would note of an order that is on hold: noted as it is placed, a hold that a
/// person released is not told again.
fn noted(order: &Incoming) -> Option<OrderCommand> {
    let Suggestion::OnHold { .. } = &order.state.suggestion else {
        return None;
    };
    let text = Note::truncated("on hold by the channel's word")?;
    Some(OrderCommand::AddNote { text })
}

/// Messages without an order in them. An order that was deleted is a person's to decide about; one
/// that changed would be fetched here by a host that holds the channel's credentials.
fn notice(message: &Message) -> Result<Option<Reading>, String> {
    let notice = read_notice(&message.topic, message.body());
    match notice.map_err(|problem| problem.to_string())? {
        None => Ok(None),
        Some(Notice::Deleted { order }) => Err(format!(
            "order {order} was deleted on the channel: is it to be cancelled here?"
        )),
        Some(Notice::Changed { order, .. }) => {
            let why = format!("order {order} changed, fetch it");
            Ok(Some(Reading::LeaveOut(refusal("changed", why))))
        }
        Some(Notice::Ping { .. }) => {
            let why = "the channel tries the address out".to_owned();
            Ok(Some(Reading::LeaveOut(refusal("ping", why))))
        }
        Some(_) => Ok(None),
    }
}

fn refusal(code: &str, message: String) -> IntakeRefusal {
    IntakeRefusal {
        code: code.to_owned(),
        message,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use std::path::Path;
    use std::sync::Arc;

    use futures_executor::block_on;
    use oms_core::channel::refund_reference;
    use oms_core::order::{
        ApprovalMode, CommandKind, Condition, Guard, LineQuantity, Order, OrderCommand,
        OrderStatus, PaymentEntry, Tracking, Workflow,
    };
    use oms_core::plan::Command;
    use oms_core::port::Store;
    use oms_core::service::{Call, IntakeReader, Oms, Reading, Tenant};
    use oms_core::tenant::Settings;
    use oms_core::testing::FakeClock;
    use oms_core::value::{ChannelId, Money, OrderId, Quantity};
    use oms_examples::seed::{self, SeedFiles};
    use oms_store_memory::MemoryStore;
    use serde_json::json;

    use super::Deliveries;
    use crate::config::Config;
    use crate::message::Message;

    /// A shop without a worker: what a delivery asks for is done at once.
    struct Desk {
        shop: Tenant,
        reader: Deliveries,
        kind: &'static str,
        channel: ChannelId,
    }

    impl Desk {
        async fn new(workflow: Workflow) -> Self {
            let store = MemoryStore::with_clock(Arc::new(FakeClock::default()));
            let shop = Oms::builder(Arc::new(store) as Arc<dyn Store>).build();
            let shop = shop.tenant("shop".parse().unwrap());
            let settings = Settings {
                workflow,
                ..Settings::default()
            };
            shop.put_settings(settings, Call::default()).await.unwrap();
            let config = r#"{"connections":[
                {"channel":"shopify","connection":"web","secrets":["hush"]},
                {"channel":"woocommerce","connection":"shop","secrets":["hush"]}]}"#;
            let config = Config::parse(config, |_| None).unwrap();
            let data = |name: &str| {
                let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("data");
                Some(folder.join(name))
            };
            let files = SeedFiles {
                hubs: data("hubs.csv"),
                skus: data("skus.csv"),
                stock: data("stock.csv"),
            };
            let seed = files.read().unwrap();
            seed::open(&shop, &seed, &config.channels()).await.unwrap();
            let config = Arc::new(config);
            let channel = "web".parse().unwrap();
            Self {
                shop,
                reader: Deliveries { config },
                kind: "shopify",
                channel,
            }
        }

        fn kept(&self, body: &str) -> String {
            let id = self.channel.clone();
            let message = Message::new(self.kind, id, "orders/updated", body.as_bytes());
            serde_json::to_string(&message).unwrap()
        }

        fn asks(&self, body: &str, known: &Order) -> Vec<OrderCommand> {
            self.reader.follow(&self.channel, &self.kept(body), known)
        }

        async fn tell(&self, id: OrderId, commands: Vec<OrderCommand>) -> Order {
            for command in commands {
                let told = self.shop.order_command(id, command, Call::default()).await;
                told.unwrap();
            }
            self.shop.order(id).await.unwrap()
        }

        async fn deliver(&self, body: &str) -> Order {
            let reading = self.reader.read(&self.channel, &self.kept(body)).unwrap();
            let Reading::Place { place, then } = reading else {
                panic!("{reading:?}");
            };
            let placed = self.shop.execute(Command::Place(place), Call::default());
            let receipt = placed.await.unwrap().receipt;
            let id = receipt.order.unwrap().id;
            if !receipt.known {
                return self.tell(id, then).await;
            }
            let known = self.shop.order(id).await.unwrap();
            let commands = self.asks(body, &known);
            self.tell(id, commands).await
        }
    }

    fn manual() -> Workflow {
        Workflow {
            approval: ApprovalMode::Manual,
            ..Workflow::default()
        }
    }

    fn order(note: &str, outstanding: &str) -> String {
        let status = match outstanding {
            "0.00" => "paid",
            "8.50" => "pending",
            _ => "partially_paid",
        };
        json!({"id": 1, "name": "#1", "currency": "EUR", "total_price": "8.50", "note": note,
            "financial_status": status, "total_outstanding": outstanding, "taxes_included": true,
            "line_items": [{"id": 1, "sku": "TEA-01", "quantity": 1, "price": "8.50"}],
            "shipping_address": {"name": "Test Buyer", "address1": "Musterweg 1",
                "city": "Berlin", "zip": "10115", "country_code": "DE"}})
        .to_string()
    }

    fn stands(order: &Order) -> (OrderStatus, String) {
        (order.status(), order.head.payment.captured.to_string())
    }

    #[test]
    fn an_order_that_people_approve_waits_for_them_however_often_it_is_paid() {
        block_on(async {
            let waits = (OrderStatus::Pending, "8.50 EUR".to_owned());
            let desk = Desk::new(manual()).await;
            for note in ["one", "two", "three"] {
                let known = desk.deliver(&order(note, "0.00")).await;
                assert_eq!(stands(&known), waits, "{note}");
            }
            // One that was unpaid keeps its stock from then on, and waits as well.
            let desk = Desk::new(manual()).await;
            let unpaid = desk.deliver(&order("one", "8.50")).await;
            assert!(unpaid.head.tentative);
            for note in ["two", "three"] {
                let known = desk.deliver(&order(note, "0.00")).await;
                assert_eq!(stands(&known), waits, "{note}");
                assert!(!known.head.tentative);
            }
            // A guard of the tenant's stands.
            let guard = Guard {
                name: "looked-at".parse().unwrap(),
                command: CommandKind::Approve,
                condition: Condition::HasTag {
                    tag: "looked-at".parse().unwrap(),
                },
            };
            let desk = Desk::new(Workflow {
                guards: vec![guard],
                ..Workflow::default()
            })
            .await;
            for (note, outstanding) in [("one", "8.50"), ("two", "0.00"), ("three", "0.00")] {
                let known = desk.deliver(&order(note, outstanding)).await;
                assert_eq!(known.status(), OrderStatus::Pending, "{note}");
            }
        });
    }

    #[test]
    fn a_delivery_that_a_newer_one_overtook_changes_nothing() {
        block_on(async {
            let at = |body: String, minute: u32, more: &str| {
                let change = format!(r#"{{"updated_at":"2026-11-20T10:{minute:02}:00Z",{more}"#);
                body.replacen('{', &change, 1)
            };
            let gone = r#""cancelled_at":"2026-11-20T10:01:00Z","#;
            let desk = Desk::new(Workflow::default()).await;
            let known = desk.deliver(&at(order("one", "8.50"), 0, "")).await;
            assert_eq!(known.status(), OrderStatus::Pending);
            // Both were sent; the cancellation was tried again and comes last.
            let paid = (OrderStatus::Approved, "8.50 EUR".to_owned());
            let known = desk.deliver(&at(order("three", "0.00"), 5, "")).await;
            assert_eq!(stands(&known), paid);
            let late = at(order("two", "8.50"), 1, gone);
            assert_eq!(desk.asks(&late, &known), []);
            // Until the time is kept, the older one is not known as such: it is kept first.
            let newer = desk.asks(&at(order("four", "0.00"), 6, gone), &known);
            assert_eq!(newer[0].kind(), CommandKind::SetAttribute, "{newer:?}");
            assert_eq!(stands(&desk.deliver(&late).await), paid);
            let known = desk.deliver(&at(order("four", "0.00"), 6, gone)).await;
            assert_eq!(known.status(), OrderStatus::Cancelled);
        });
    }

    #[test]
    fn money_for_an_order_that_was_cancelled_is_told_to_people() {
        block_on(async {
            let desk = Desk::new(Workflow::default()).await;
            let known = desk.deliver(&order("one", "8.50")).await;
            let notes = known.head.notes.len();
            let gone = r#"{"cancelled_at":"2026-11-20T10:01:00Z","#;
            let gone = order("two", "8.50").replacen('{', gone, 1);
            let known = desk.deliver(&gone).await;
            let cancelled = OrderStatus::Cancelled;
            assert_eq!(stands(&known), (cancelled, "0.00 EUR".to_owned()));
            for note in ["three", "four"] {
                let known = desk.deliver(&order(note, "0.00")).await;
                assert_eq!(stands(&known), (cancelled, "8.50 EUR".to_owned()), "{note}");
                assert_eq!(known.head.notes.len(), notes + 1, "{note}");
            }
        });
    }

    #[test]
    fn a_question_that_a_channel_asks_again_is_noted_once() {
        block_on(async {
            let desk = Desk::new(Workflow::default()).await;
            let known = desk.deliver(&order("one", "0.00")).await;
            let notes = known.head.notes.len();
            // A unit more, by an edit on the channel.
            for more in 1..=2 {
                // With another note of the buyer's, which is added.
                let edited = order(&format!("more {more}"), "0.00");
                let edited = edited.replace("\"quantity\":1", "\"quantity\":2");
                let edited = edited.replace("\"price\":\"8.50\"", "\"price\":\"4.25\"");
                let known = desk.deliver(&edited).await;
                assert_eq!(known.head.notes.len(), notes + 1 + more, "{more}");
            }
        });
    }

    #[test]
    fn a_hold_that_an_order_came_with_stays_released() {
        block_on(async {
            let desk = Desk::new(Workflow::default()).await;
            let held = |note: &str| {
                let word = r#"{"fulfillment_status":"on_hold","#;
                order(note, "0.00").replacen('{', word, 1)
            };
            let known = desk.deliver(&held("one")).await;
            assert_eq!(known.status(), OrderStatus::OnHold);
            let id = known.head.id;
            let known = desk.tell(id, vec![OrderCommand::release_all()]).await;
            assert_ne!(known.status(), OrderStatus::OnHold);
            assert_eq!(desk.asks(&held("one"), &known), []);
            let noted = desk.asks(&held("two"), &known);
            let noted: Vec<_> = noted.iter().map(OrderCommand::kind).collect();
            assert_eq!(noted, [CommandKind::AddNote]);
        });
    }

    #[test]
    fn a_question_that_an_order_came_with_is_asked_once() {
        block_on(async {
            let desk = Desk::new(manual()).await;
            let edited = |note: &str| {
                let two = "\"quantity\":2,\"current_quantity\":1";
                let edited = order(note, "0.00").replace("\"quantity\":1", two);
                edited.replace("\"price\":\"8.50\"", "\"price\":\"4.25\"")
            };
            let known = desk.deliver(&edited("one")).await;
            assert_eq!(known.status(), OrderStatus::OnHold);
            let id = known.head.id;
            let known = desk.tell(id, vec![OrderCommand::release_all()]).await;
            let again = desk.asks(&edited("one"), &known);
            let held = |command: &OrderCommand| command.kind() == CommandKind::Hold;
            assert!(!again.iter().any(held), "{again:?}");
        });
    }

    #[test]
    fn units_that_a_channel_took_off_are_cancelled_and_what_it_sent_is_stopped() {
        block_on(async {
            let desk = Desk::new(Workflow::default()).await;
            let two = |more: &str| {
                let one = order("", "0.00").replace("\"price\":\"8.50\"", "\"price\":\"4.25\"");
                one.replace("\"quantity\":1", &format!("\"quantity\":2{more}"))
            };
            let known = desk.deliver(&two("")).await;
            assert_eq!(known.status(), OrderStatus::Approved);
            let known = desk.deliver(&two(",\"current_quantity\":1")).await;
            assert_eq!(known.status(), OrderStatus::Approved);
            let line = &known.head.lines[0];
            assert_eq!((line.ordered.get(), line.cancelled.get()), (2, 1));
            let sent = two(",\"current_quantity\":1");
            let sent = sent.replacen('{', r#"{"fulfillment_status":"fulfilled","#, 1);
            let asked = desk.asks(&sent, &known);
            let known = desk.tell(known.head.id, asked).await;
            assert_eq!(known.status(), OrderStatus::OnHold);
            assert_eq!(desk.asks(&sent, &known), []);
        });
    }

    #[test]
    fn what_a_channel_cancels_after_a_parcel_is_asked_about_once() {
        block_on(async {
            let desk = Desk::new(Workflow::default()).await;
            let body = |more: &str| {
                let two = order("", "0.00").replace("\"quantity\":1", "\"quantity\":2");
                let two = two.replace("\"price\":\"8.50\"", "\"price\":\"4.25\"");
                two.replacen('{', &format!("{{{more}"), 1)
            };
            let known = desk.deliver(&body("")).await;
            let id = known.head.id;
            let hub = *known.fulfillments.keys().next().unwrap();
            let one = || {
                let line = known.head.lines[0].id;
                let quantity = Quantity::new(1).unwrap();
                vec![LineQuantity { line, quantity }]
            };
            let sent = vec![
                OrderCommand::Pick {
                    fulfillment: hub,
                    lines: one(),
                },
                OrderCommand::pack_all(hub),
                OrderCommand::ship_all(hub, Tracking::default()),
            ];
            let known = desk.tell(id, sent).await;
            let notes = known.head.notes.len();
            let gone = body(r#""cancelled_at":"2026-11-20T10:01:00Z","#);
            let known = desk.deliver(&gone).await;
            assert_eq!(known.head.lines[0].cancelled.get(), 1);
            assert_eq!(known.head.notes.len(), notes + 1);
            assert_eq!(desk.asks(&gone, &known), []);
        });
    }

    #[test]
    fn a_refund_made_from_here_holds_nothing_when_it_comes_back() {
        block_on(async {
            let body = |refunds: serde_json::Value| {
                json!({"id": 1, "number": "1", "order_key": "wc_order_1", "status": "processing",
                    "currency": "EUR", "total": "17.00", "total_tax": "0.00",
                    "shipping_total": "0.00", "discount_total": "0.00",
                    "date_created_gmt": "2026-11-20T10:00:00", "date_paid_gmt":
                    "2026-11-20T10:00:00", "line_items": [{"id": 1, "sku": "TEA-01",
                    "quantity": 2, "subtotal": "17.00", "total": "17.00", "total_tax": "0.00"}],
                    "shipping": {"first_name": "Test", "last_name": "Buyer",
                    "address_1": "Musterweg 1", "city": "Berlin", "postcode": "10115",
                    "country": "DE"}, "refunds": refunds})
                .to_string()
            };
            let mut desk = Desk::new(Workflow::default()).await;
            desk.kind = "woocommerce";
            desk.channel = "shop".parse().unwrap();
            let known = desk.deliver(&body(json!([]))).await;
            assert_eq!(
                stands(&known),
                (OrderStatus::Approved, "17.00 EUR".to_owned())
            );
            let back = body(json!([{"id": 7, "total": "-3.00"}]));
            let amount = Money::parse("3.00", known.head.totals.currency()).unwrap();
            let refund = OrderCommand::RecordPayment {
                entry: PaymentEntry::Refunded { amount },
                method: None,
                reference: refund_reference(&known, amount),
            };
            let holds = |known: &Order| {
                let asked = desk.asks(&back, known);
                asked.iter().any(|asked| asked.kind() == CommandKind::Hold)
            };
            assert!(holds(&known));
            let known = desk.tell(known.head.id, vec![refund]).await;
            assert!(!holds(&known));
            // It failed there, and the shop holds the order: the one hides nothing of the other.
            let failed = body(json!([])).replace("processing", "on-hold");
            let asked = desk.asks(&failed, &known);
            for kind in [CommandKind::Hold, CommandKind::AddNote] {
                assert!(asked.iter().any(|asked| asked.kind() == kind), "{asked:?}");
            }
        });
    }

    #[test]
    fn another_address_is_followed_and_kept_from_late_messages() {
        block_on(async {
            let at = |street: &str, minute: u32| {
                let change = format!(r#"{{"updated_at":"2026-11-20T10:{minute:02}:00Z","#);
                let body = order("one", "8.50").replacen('{', &change, 1);
                body.replace("Musterweg 1", street)
            };
            let desk = Desk::new(Workflow::default()).await;
            let known = desk.deliver(&at("Musterweg 1", 0)).await;
            let said = |body: &str, known: &Order| {
                let kept = desk.kept(body);
                desk.reader.contacts(&desk.channel, &kept, known)
            };
            let moved = at("Allee 5", 5);
            let contacts = said(&moved, &known).unwrap();
            let id = known.head.id;
            let told = desk.shop.follow_contacts(id, contacts, Call::default());
            told.await.unwrap();
            let known = desk.deliver(&moved).await;
            let row = known.head.ship_to.unwrap();
            let there = desk.shop.contact(row).await.unwrap().unwrap();
            let street = there.address.line1.unwrap();
            assert_eq!(street.as_str(), "Allee 5");
            assert_eq!(said(&at("Musterweg 1", 1), &known), None);
        });
    }

    #[test]
    fn what_was_paid_is_counted_once() {
        block_on(async {
            let paid = (OrderStatus::Approved, "8.50 EUR".to_owned());
            // A part, then the rest: the channel tells sums.
            let desk = Desk::new(Workflow::default()).await;
            let part = desk.deliver(&order("one", "5.50")).await;
            assert_eq!(stands(&part), (OrderStatus::Pending, "3.00 EUR".to_owned()));
            for note in ["two", "three"] {
                let known = desk.deliver(&order(note, "0.00")).await;
                assert_eq!(stands(&known), paid, "{note}");
            }
            // Two deliveries that are worked on at the same time.
            let desk = Desk::new(Workflow::default()).await;
            let known = desk.deliver(&order("one", "8.50")).await;
            let mut both = desk.asks(&order("two", "0.00"), &known);
            both.extend(desk.asks(&order("three", "0.00"), &known));
            both.retain(|command| command.kind() == CommandKind::RecordPayment);
            assert_eq!(both.len(), 2);
            let known = desk.tell(known.head.id, both).await;
            assert_eq!(known.head.payment.captured.to_string(), "8.50 EUR");
        });
    }
}
