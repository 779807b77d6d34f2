//! Orders over HTTP, for people and programs of the shop (a buyer names no price and records no
//! payment): who asks, under which key and for which version; what an error is answered; where a
//! list goes on. It listens on this machine, knows one shop, and keeps it in memory. Copy what is
//! below `serve`.
#![allow(clippy::print_stdout)]

use std::error::Error;
use std::fmt::Display;
use std::net::Ipv4Addr;
use std::process::ExitCode;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use clap::Parser;
use oms_core::catalog::{Product, SalesChannel};
use oms_core::event::{Actor, ActorKind};
use oms_core::hub::Hub;
use oms_core::order::{OrderCommand, OrderDraft, Source, SourceKind};
use oms_core::plan::{Command, PlaceOrder};
use oms_core::port::OrderFilter;
use oms_core::service::{Call, Oms, Tenant};
use oms_core::stock::{StockCommand, StockKey};
use oms_core::tenant::Settings;
use oms_core::value::{OrderId, Quantity};
use oms_examples::program;
use oms_store_memory::MemoryStore;
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;

/// Answers orders over HTTP for one shop, in memory, until it is stopped
#[derive(Debug, Parser)]
#[command(name = "rest", version)]
struct Args {
    /// The port of this machine to listen on; 0 for any that is free
    #[arg(default_value_t = 8789)]
    port: u16,
}

fn main() -> ExitCode {
    program::run("rest", |args: Args| async move {
        let served = serve(args.port).await;
        served.map_err(|problem| problem.to_string())?;
        Ok(ExitCode::SUCCESS)
    })
}

async fn serve(port: u16) -> Result<(), Box<dyn Error>> {
    let oms = Oms::builder(Arc::new(MemoryStore::new())).build();
    let shop = oms.tenant("tea-shop".parse()?);
    let me = Call::default;
    let hub = Hub::new("berlin".parse()?, "Berlin warehouse".parse()?);
    let tea = Product::new("TEA-01".parse()?, "Assam tea".parse()?);
    let shelf = StockKey::new(hub.id.clone(), tea.sku.clone());
    let web = SalesChannel::new("web".parse()?, "Web shop".parse()?);
    shop.put_settings(Settings::default(), me()).await?;
    shop.put_channel(web, me()).await?;
    shop.put_hub(hub, me()).await?;
    shop.put_product(tea, me()).await?;
    let quantity = Quantity::new(100)?;
    let receive = StockCommand::Receive { quantity };
    shop.stock_command(shelf, receive, "first delivery".parse()?, me())
        .await?;
    let routes = Router::new()
        .route("/orders", get(list).post(place))
        .route("/orders/{id}", post(command))
        .with_state(shop);
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await;
    let listener = listener.map_err(|problem| format!("port {port}: {problem}"))?;
    println!("listening on http://{}", listener.local_addr()?);
    Ok(axum::serve(listener, routes).await?)
}

/// What a request says that is no command: answered with 400.
type Malformed = Box<dyn Error + Send + Sync>;

/// What a client may ask for, in words of the host's own.
#[derive(Deserialize)]
struct Basket {
    sku: String,
    units: u32,
    price: String,
}

async fn place(State(shop): State<Tenant>, headers: HeaderMap, body: Bytes) -> Response {
    let read = || -> Result<(Command, Call), Malformed> {
        let basket: Basket = serde_json::from_slice(&body)?;
        let source = Source::new(SourceKind::Channel, "web".parse()?);
        let mut draft = OrderDraft::new(source, "EUR".parse()?);
        draft.push_line(&basket.sku, basket.units, &basket.price)?;
        let command = Command::Place(Box::new(PlaceOrder::new(draft)));
        Ok((command, call(&headers)?))
    };
    done(shop, read()).await
}

async fn command(
    State(shop): State<Tenant>,
    Path(order): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let read = || -> Result<(Command, Call), Malformed> {
        let order: OrderId = order.parse()?;
        let command: OrderCommand = serde_json::from_slice(&body)?;
        Ok((Command::Order { order, command }, call(&headers)?))
    };
    done(shop, read()).await
}

/// What accompanies a command. Who asks is for the host's log-in to say, not for a header.
fn call(headers: &HeaderMap) -> Result<Call, Malformed> {
    let said = |name: &str| headers.get(name).map(HeaderValue::to_str).transpose();
    let who = "desk-1"; // whom the log-in knows, by an id without a slash
    let key = said("idempotency-key")?.ok_or("Idempotency-Key is missing")?;
    // All keys of a tenant are in one space, and two clients may mean two things by one key.
    let key = format!("http/{who}/{key}").parse()?;
    let mut call = Call::by(Actor::new(ActorKind::Person).with_id(who.parse()?)).with_key(key);
    if let Some(id) = said("x-request-id")? {
        call = call.with_request_id(id.parse()?);
    }
    if let Some(version) = said("if-match")? {
        call = call.expecting(version.trim_matches('"').parse()?);
    }
    Ok(call)
}

/// Does a command. The future of a handler is dropped when its client hangs up, so the command is
/// a task of its own: it comes to its end, and its repeat under the same key is answered.
async fn done(shop: Tenant, asked: Result<(Command, Call), Malformed>) -> Response {
    let (command, call) = match asked {
        Ok(asked) => asked,
        Err(why) => return malformed(&why),
    };
    match tokio::spawn(async move { shop.execute(command, call).await }).await {
        Ok(Ok(done)) => json(StatusCode::OK, &done),
        Ok(Err(error)) => failed(&error),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// Where a list goes on: the `next` of the page before, as it was answered.
#[derive(Deserialize)]
struct After {
    after: Option<String>,
}

async fn list(State(shop): State<Tenant>, Query(After { after }): Query<After>) -> Response {
    let after = after.map(|text| serde_json::from_str(&text)).transpose();
    let after = match after {
        Ok(after) => after,
        Err(why) => return malformed(&why),
    };
    match shop.orders(&OrderFilter::default(), after, 20).await {
        Ok(page) => json(StatusCode::OK, &page),
        Err(error) => failed(&error),
    }
}

fn malformed(why: &dyn Display) -> Response {
    (StatusCode::BAD_REQUEST, format!("{why}\n")).into_response()
}

/// The status by the class, the body without what is for operators: that goes to the log.
fn failed(error: &oms_core::service::Error) -> Response {
    println!("{}: {error}", error.code());
    let status = StatusCode::from_u16(error.class().http_status());
    let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut body = error.body();
    body.key = None; // the client asks again with the key that it gave
    let mut answer = json(status, &body);
    if error.is_retryable() {
        let soon = HeaderValue::from_static("1");
        answer.headers_mut().insert(header::RETRY_AFTER, soon);
    }
    answer
}

fn json(status: StatusCode, value: &impl Serialize) -> Response {
    match serde_json::to_vec(value) {
        Ok(body) => {
            let kind = [(header::CONTENT_TYPE, "application/json")];
            (status, kind, body).into_response()
        }
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
