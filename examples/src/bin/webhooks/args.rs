//! The command line.

use std::path::PathBuf;

use clap::Parser;
use oms_examples::program::Shop;

const MORE: &str = "\
What it serves to channels, on 127.0.0.1 and --port, where a proxy with TLS leads to:
  POST /webhooks/{channel}/{connection}   a delivery; channel: shopify, woocommerce, amazon, ebay
  GET  /webhooks/ebay/{connection}        eBay's question whether the address is yours

What it serves to people on this machine, on 127.0.0.1 and --admin-port. Nobody has to prove who he
is there, so let no proxy and no tunnel lead to it; what was forwarded, comes from a web page, or
asks for another host than 127.0.0.1 or localhost is refused (403):
  GET  /receipts/{id}                     what became of a delivery
  GET  /orders                            the newest 100 orders, or ?limit= of them; the header
                                          `Link` leads to those before
  GET  /dead                              deliveries that could not be used, with their reasons,
                                          and jobs that could not erase what a refused one said
  GET  /refused                           deliveries whose order was refused, with the reasons;
                                          and waiting jobs that cannot be read; the header `Link`
                                          of both leads to those behind the first 100
  POST /receipts/{id}/retry               a delivery that is dead or was refused is tried once more
  POST /receipts/{id}/discard             it is given up, and what it said is erased
  POST /jobs/{id}/retry                   a dead job that is of no delivery is tried once more
  GET  /healthz                           200 as long as the process answers; nothing is asked
  GET  /readyz                            200 if store and queue answer within 2 s and the schema is
                                          the expected one, else 503 with the reason as JSON
  GET  /metrics                           what Prometheus reads: queues, deliveries by their answer,
                                          commits and what waits, connections to the database

Answers to a delivery:
  200  it is kept, or was kept before; the body names the receipt, the same for every repeat
  401  the signature does not fit, or there is none
  404  no such channel or connection
  408  the body did not come in time
  413  the body is larger than 3 MB, or holds more than one could write down of it
  503  the store cannot keep it now: the channel sends it again
  A connection asks once. 64 of a port are answered at a time, others wait; one whose head does not
  come within 5 s is closed.

  A delivery that is signed and cannot be read is kept all the same and ends under /dead. A channel
  that got an error would send it again and again, and in the end stop sending anything.

What it does beside:
  It makes orders of the deliveries, and does what every shop needs over time: claims of unpaid
  orders end, orders that nothing stands against any more are approved, parcels on their way for 14
  days count as delivered, old keys and counters are forgotten. Failures of that are told on the
  standard error; it goes on after them. Without a database everything is in memory, and lost when
  it ends.

Configuration (--config FILE, or the same JSON in the variable OMS_WEBHOOKS):
  {\"connections\": [
    {\"channel\": \"shopify\", \"connection\": \"web\", \"secrets\": [\"env:SHOPIFY\"]},
    {\"channel\": \"woocommerce\", \"connection\": \"shop\", \"secrets\": [\"old\", \"new\"]},
    {\"channel\": \"ebay\", \"connection\": \"ebay-de\", \"verification_token\": \"env:EBAY\",
     \"endpoint\": \"https://hooks.example/webhooks/ebay/ebay-de\",
     \"public_keys\": [{\"id\": \"…\", \"pem\": \"-----BEGIN PUBLIC …\", \"digest\": \"SHA1\"}]},
    {\"channel\": \"amazon\", \"connection\": \"amazon-us\", \"bearer_tokens\": [\"env:QUEUE\"]}]}

  `env:NAME` takes a secret from the variable NAME. While a secret is changed, both stand there.
  Amazon signs nothing: its messages come through a queue of yours, and whatever forwards them from
  there proves itself with a bearer token of your own.";

/// Serves webhooks and turns them into orders.
#[derive(Debug, Parser)]
#[command(name = "webhooks", version, after_long_help = MORE)]
#[command(after_help = "`webhooks --help` explains paths, answers and the configuration.")]
pub(crate) struct Args {
    /// The port for channels, which a proxy leads to; 0 takes a free one and says which
    #[arg(long, default_value_t = 8787)]
    pub(crate) port: u16,
    /// The port for people and probes on this machine, which no proxy may lead to; 0 as above
    #[arg(long, value_name = "PORT", default_value_t = 8788)]
    pub(crate) admin_port: u16,
    /// The connections and their secrets, as JSON [default: the variable OMS_WEBHOOKS]
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Connections to the database at most; one of them listens for new jobs
    #[arg(long, value_name = "COUNT", default_value_t = 8,
        value_parser = clap::value_parser!(u32).range(2..))]
    pub(crate) pool_size: u32,
    #[command(flatten)]
    pub(crate) shop: Shop,
}
