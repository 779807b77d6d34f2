//! Serves the webhooks of sales channels: the signature is checked on the raw body, the body is
//! taken in, and a receipt goes out at once. A worker beside makes orders of what was taken in.
//!
//! It listens on this machine only; a proxy with TLS stands before it and forwards `/webhooks/`.

mod args;
mod config;
mod decide;
mod follow;
mod health;
mod look;
mod message;
mod metrics;
mod reader;
mod server;
mod worker;

use std::io::{self, Write};
use std::net::Ipv4Addr;
use std::process::ExitCode;
use std::sync::Arc;

use oms_core::service::{Intakes, Oms};
use oms_examples::program::{self, Failure};
use oms_examples::run::told_to_stop;
use oms_examples::seed;
use tokio::net::TcpListener;
use tokio::sync::watch;

use args::Args;
use config::Config;
use metrics::Tally;
use reader::Deliveries;
use server::App;

fn main() -> ExitCode {
    program::run("webhooks", |args: Args| async move { run(&args).await })
}

/// Serves until it is told to stop.
async fn run(args: &Args) -> Result<ExitCode, Failure> {
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
    let app = App {
        config,
        intakes,
        queue: opened.queue,
        postgres: opened.postgres,
        oms,
        tenant,
        bell: run.bell(),
        tally: Tally::default(),
    };

    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, args.port)).await;
    let listener = listener.map_err(|problem| format!("port {}: {problem}", args.port))?;
    let address = listener
        .local_addr()
        .map_err(|problem| problem.to_string())?;
    say(&format!("listening on http://{address}"));
    if opened.in_memory {
        say("kept in memory only: everything is lost when this ends");
    }

    let (stop, stopped) = watch::channel(false);
    let stop = || {
        // The receivers live as long as this function.
        let _ = stop.send(true);
    };
    let server = axum::serve(listener, server::routes(app))
        .with_graceful_shutdown(until_stopped(stopped.clone()));
    let serving = async {
        let served = server.await;
        stop();
        served
    };
    let signal = async {
        tokio::select! {
            () = told_to_stop() => say("stopping"),
            () = until_stopped(stopped.clone()) => {}
        }
        stop();
    };
    let working = run.until(until_stopped(stopped.clone()));
    let (served, (), ()) = tokio::join!(serving, working, signal);
    served.map_err(|problem| format!("the server ended: {problem}"))?;
    say("stopped");
    Ok(ExitCode::SUCCESS)
}

/// Waits until everything is to end.
async fn until_stopped(mut stopped: watch::Receiver<bool>) {
    // A sender that is gone says the same.
    let _ = stopped.wait_for(|stopped| *stopped).await;
}

/// One line of the log.
fn say(line: &str) {
    let mut out = io::stdout().lock();
    // A log that nobody reads stops nothing.
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}
