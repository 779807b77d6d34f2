//! Serves the webhooks of sales channels: the signature is checked on the raw body, the body is
//! taken in, and a receipt goes out at once. A worker beside makes orders of what was taken in.
//!
//! It listens on this machine only, on two ports: a proxy with TLS stands before the one of the
//! channels, and nothing before the one of the people on this machine.

mod args;
mod config;
mod decide;
mod follow;
mod health;
mod listen;
mod look;
mod message;
mod metrics;
mod pages;
mod people;
mod reader;
mod refusals;
mod server;
mod worker;

use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::Arc;

use oms_core::service::{Intakes, Oms};
use oms_examples::program::{self, Failure};
use oms_examples::run::ToStop;
use oms_examples::seed;
use tokio::sync::watch;

use args::Args;
use config::Config;
use metrics::Tally;
use reader::Deliveries;
use refusals::Refusals;
use server::App;

fn main() -> ExitCode {
    program::serve("webhooks", |args: Args, to_stop| async move {
        run(&args, &to_stop).await
    })
}

/// Serves until it is told to stop.
async fn run(args: &Args, to_stop: &ToStop) -> Result<ExitCode, Failure> {
    let config = Arc::new(Config::read(args.config.as_deref())?);
    let seed = args
        .shop
        .files()
        .read()
        .map_err(|problem| problem.to_string())?;
    let opened = args.shop.open(args.pool_size).await?;
    let oms = Oms::builder(opened.store.clone()).build();
    let tenant = oms.tenant(args.shop.tenant.clone());
    let stored = seed::open(&tenant, &seed, &config.channels()).await;
    stored.map_err(|problem| format!("channels, hubs, SKUs and stock: {problem}"))?;

    let reader = Arc::new(Deliveries {
        config: config.clone(),
    });
    let intakes = Intakes::new(tenant.clone(), opened.queue.clone()).with_reader(reader);
    let run = worker::ready(&opened, &tenant, &intakes)?;
    let app = Arc::new(App {
        config,
        intakes,
        queue: opened.queue,
        postgres: opened.postgres,
        oms,
        tenant,
        bell: run.bell(),
        tally: Tally::default(),
        refusals: Refusals::default(),
    });

    let (channels, address) = listen::bind(args.port).await?;
    let (people, desk) = listen::bind(args.admin_port).await?;
    say(&format!("listening on http://{address}"));
    say(&format!("for people on this machine: http://{desk}"));
    if opened.in_memory {
        say("kept in memory only: everything is lost when this ends");
    }

    let (stop, stopped) = watch::channel(false);
    let signal = async {
        to_stop.told().await;
        say("stopping");
        // The receivers live as long as this function.
        let _ = stop.send(true);
    };
    tokio::join!(
        listen::serve(channels, server::routes(app.clone()), stopped.clone()),
        listen::serve(people, people::routes(app), stopped.clone()),
        run.until(until_stopped(stopped.clone())),
        signal,
    );
    say("stopped");
    Ok(ExitCode::SUCCESS)
}

/// Waits until everything is to end.
async fn until_stopped(mut stopped: watch::Receiver<bool>) {
    // A sender that is gone says the same.
    let _ = stopped.wait_for(|stopped| *stopped).await;
}

/// One line of the log. Whoever reads it has to keep up: a pipe that is full holds up the whole
/// process. So lines that strangers can cause have a bound.
fn say(line: &str) {
    let mut out = io::stdout().lock();
    // One that nobody has open any more stops nothing.
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}
