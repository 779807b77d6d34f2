//! The two ports, on this machine only, and what a connection may take of this process: at most
//! `CONNECTIONS_MAX` are answered at once, each asks once, and it has to come to the point.

use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::pin;
use std::time::Duration;

use axum::Router;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use oms_examples::program::Failure;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::{say, until_stopped};

/// Connections of a port that are answered at once; others wait until one of them ends. Each may
/// hold a body of 3 MB before anybody knows who sent it.
const CONNECTIONS_MAX: usize = 64;

/// How long the head of a request may take to arrive. From a proxy on this machine it comes at
/// once.
const HEAD: Duration = Duration::from_secs(5);

/// How long to wait where no connection can be had: mostly there are no more files to open.
const PAUSE: Duration = Duration::from_secs(1);

/// How long requests that have begun may take to end when everything stops.
const ENDING: Duration = Duration::from_secs(10);

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
    let mut http = Builder::new(TokioExecutor::new()).http1_only();
    // A connection that is kept for later requests would keep its place from others.
    http.http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .keep_alive(false);
    let mut connections = JoinSet::new();
    let mut stop = pin!(until_stopped(stopped.clone()));
    loop {
        tokio::select! {
            () = &mut stop => break,
            // One that broke has nobody to be told to.
            Some(_) = connections.join_next() => {}
            taken = listener.accept(), if connections.len() < CONNECTIONS_MAX => match taken {
                Ok((stream, _)) => {
                    let http = http.clone();
                    let routes = routes.clone();
                    connections.spawn(answer(http, stream, routes, stopped.clone()));
                }
                // Its client went away before it was taken.
                Err(problem) if problem.kind() == ErrorKind::ConnectionAborted => {}
                Err(problem) => {
                    say(&format!("no connection can be taken: {problem}"));
                    sleep(PAUSE).await;
                }
            },
        }
    }
    drop(listener);
    let ended = async { while connections.join_next().await.is_some() {} };
    // What is left then is dropped with the set.
    let _ = timeout(ENDING, ended).await;
}

/// Answers the one request of a connection.
async fn answer(
    http: Builder<TokioExecutor>,
    stream: TcpStream,
    routes: Router,
    stopped: watch::Receiver<bool>,
) {
    let service = TowerToHyperService::new(routes);
    let mut connection = pin!(http.serve_connection(TokioIo::new(stream), service));
    tokio::select! {
        // Whoever breaks it off does not want to be told.
        _ = connection.as_mut() => return,
        () = until_stopped(stopped) => {}
    }
    connection.as_mut().graceful_shutdown();
    let _ = connection.await;
}
