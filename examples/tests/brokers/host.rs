//! The programs around the brokers, as a user starts them; no broker is needed to be refused.

use std::process::Command;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use oms_core::event::Topic;
use oms_core::port::{FeedStart, Message, PublishError, Publisher};
use oms_core::service::Call;
use oms_examples::broker::host::relay;

use super::cluster::{Database, block_on};
use super::common::{Folder, Run};
use super::world::order;

const PROGRAMS: [(&str, &str, &str); 2] = [
    (
        env!("CARGO_BIN_EXE_rabbitmq"),
        "RabbitMQ",
        "amqp://127.0.0.1:1/%2f",
    ),
    (
        env!("CARGO_BIN_EXE_nats"),
        "NATS JetStream",
        "nats://127.0.0.1:1",
    ),
];

#[test]
fn the_help_begins_with_what_the_program_does() {
    let folder = Folder::new("brokers-help");
    for (program, broker, _) in PROGRAMS {
        for help in ["--help", "-h"] {
            let run = folder.run(program, &[help]);
            let about =
                format!("Hands the events of a shop to {broker} and takes orders from it\n");
            assert!(run.code == 0 && run.out.starts_with(&about), "{}", run.out);
            assert!(run.out.contains("[default: DATABASE_URL]"), "{}", run.out);
        }
    }
}

#[test]
fn a_tenant_or_channel_that_is_not_there_is_one_sentence_that_names_the_way_out() {
    let database = block_on(Database::new());
    let url = database.url();
    let folder = Folder::new("brokers-host");
    // By the option: nothing else that is started has the address by itself.
    let host = |program: &str, broker: &str, tenant: &str, channel: &str| -> Run {
        let output = Command::new(program)
            .args([
                "--broker-url",
                broker,
                "--tenant",
                tenant,
                "--channel",
                channel,
                "--database-url",
                &url,
            ])
            .env_remove("DATABASE_URL")
            .output();
        output.unwrap().into()
    };
    let refused = |tenant: &str, channel: &str| {
        let told = format!(
            "the database has no tenant {tenant} with a channel {channel}: create both with the \
             first orders, `import --tenant {tenant} --channel KIND --connection {channel} \
             --database-url URL PATH`.\n"
        );
        for (program, _, broker) in PROGRAMS {
            let run = host(program, broker, tenant, channel);
            assert_eq!(run.code, 1);
            assert!(run.err.ends_with(&told), "{}", run.err);
            assert_eq!(run.err.lines().count(), 1, "{}", run.err);
        }
    };
    refused("tea-shop", "web");
    // As the sentence says, with no order at all.
    folder.with("none.json", "[]");
    let mut args = vec![
        "--tenant",
        "tea-shop",
        "--channel",
        "shopify",
        "--connection",
        "web",
    ];
    args.extend(["none.json", "--database-url", &url]);
    let import = folder.run(env!("CARGO_BIN_EXE_import"), &args);
    assert_eq!(import.code, 0, "{}{}", import.out, import.err);
    refused("tea-shop", "wep");
    refused("tee-shop", "web");
    for (program, _, broker) in PROGRAMS {
        // Now there is only no broker.
        let run = host(program, broker, "tea-shop", "web");
        assert!(run.code == 1 && !run.err.contains("import"), "{}", run.err);
    }
    let (program, _, broker) = PROGRAMS[0];
    let none = [
        "--broker-url",
        broker,
        "--tenant",
        "tea-shop",
        "--channel",
        "web",
    ];
    let run = folder.run(program, &none);
    assert_eq!(
        run.err,
        "rabbitmq: no database is named: give --database-url or DATABASE_URL.\n"
    );
    block_on(database.drop());
}

/// Takes messages as a broker does.
#[derive(Debug, Default)]
pub(crate) struct Taken(pub(crate) Mutex<Vec<Message>>);

#[async_trait]
impl Publisher for Taken {
    async fn publish(&self, messages: &[Message]) -> Result<(), PublishError> {
        self.0.lock().unwrap().extend_from_slice(messages);
        Ok(())
    }
}

#[test]
fn stock_that_changes_goes_out_beside_the_events() {
    crate::block_on(async {
        let (shop, store) = crate::shop().await;
        let taken = Arc::new(Taken::default());
        let tenant = shop.tenant.id().clone();
        let relay = relay(Arc::new(store), tenant, "nats", taken.clone()).unwrap();
        relay.subscribe(FeedStart::Now).await.unwrap();
        let place = order("desk", "1", 1);
        shop.tenant.place(place, Call::default()).await.unwrap();
        shop.receive(5).await;
        relay.tick().await.unwrap();
        let taken = taken.0.lock().unwrap();
        let topics: Vec<Topic> = taken.iter().map(|message| message.topic).collect();
        assert_eq!(topics.first(), Some(&Topic::OrderCreated), "{topics:?}");
        assert_eq!(topics.last(), Some(&Topic::InventoryUpdated), "{topics:?}");
    });
}
