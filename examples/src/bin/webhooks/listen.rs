//! The two ports, on this machine only.

use std::net::{Ipv4Addr, SocketAddr};

use axum::Router;
use oms_examples::program::Failure;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::{say, until_stopped};

/// Listens on a port of this machine; says on which, for 0 is any free one.
pub(crate) async fn bind(port: u16) -> Result<(TcpListener, SocketAddr), Failure> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await;
    let listener = listener.map_err(|problem| format!("port {port}: {problem}"))?;
    let address = listener.local_addr();
    let address = address.map_err(|problem| format!("port {port}: {problem}"))?;
    Ok((listener, address))
}

/// Answers requests until everything is to end, and those that have begun by then.
pub(crate) async fn serve(listener: TcpListener, routes: Router, stopped: watch::Receiver<bool>) {
    let server = axum::serve(listener, routes).with_graceful_shutdown(until_stopped(stopped));
    if let Err(problem) = server.await {
        say(&format!("a port is not served any more: {problem}"));
    }
}
