//! Amazon feeds: a document is created, filled, submitted and judged, each step by its answer.

use std::borrow::Cow;
use std::convert::identity;
use std::fmt::Write as _;

use crate::channel::json::document as json;
use crate::channel::outbound::{
    Answer, CannotCause, ChannelRefusal, ChannelRefusalKind, FeedStep, JsonObject, Method, Reads,
    RefundLine, Repeat, Request, Response, RetryWhy, Throttle, UpdateKind, judge, named, refusal,
    segment,
};
use crate::channel::status::text;
use crate::value::{ExternalId, Money};

const MEDIA_TYPE: &str = "text/xml; charset=UTF-8";
/// How long a feed mostly takes; asking more often is throttled.
const FEED_PAUSE_SECS: u64 = 60;

/// The first step: a place for the document.
pub(super) fn document(feed_type: &str, marketplace: &ExternalId, content: String) -> Request {
    let body = JsonObject::new().text("contentType", MEDIA_TYPE).end();
    let step = FeedStep::Document {
        feed_type: feed_type.to_owned(),
        marketplace: marketplace.to_string(),
        content,
    };
    let path = "/feeds/2021-06-30/documents";
    // A document that is never submitted does nothing, so this step may be repeated.
    Request::json(Method::Post, path, body).reads(Reads::Feed(step))
}

/// What an answer to a step means. What follows tells the same update.
pub(super) fn answer(step: &FeedStep, request: &Request, response: &Response) -> Answer {
    let asked = request.update;
    let judged = judge(response, asked, request.repeat);
    let judged = judged.map_err(|answer| untold(step, answer));
    let mut answer = judged.map_or_else(identity, |()| after(step, response, asked));
    if let Answer::Continue { requests } = &mut answer {
        for request in requests {
            request.update = asked;
        }
    }
    answer
}

/// Once a feed is taken, a refusal is one of the question and not of the feed: the address of a
/// report ends within minutes, and it is refused from then on. Spent credentials stay what they
/// are.
fn untold(step: &FeedStep, answer: Answer) -> Answer {
    let taken = match step {
        FeedStep::Document { .. } | FeedStep::Submitted => false,
        FeedStep::Progress { .. } | FeedStep::Report { .. } | FeedStep::Verdict { .. } => true,
    };
    if let Answer::Refused(refusal) = &answer
        && taken
        && refusal.kind != ChannelRefusalKind::Unauthorised
    {
        return unclear();
    }
    answer
}

fn after(step: &FeedStep, response: &Response, asked: Option<UpdateKind>) -> Answer {
    let field = |path: &str| named(&response.body, path).map(|id| id.to_string());
    match step {
        FeedStep::Document {
            feed_type,
            marketplace,
            content,
        } => {
            // The address is longer than an id may be.
            let root = json(&response.body).and_then(|root| root.object()).ok();
            let url = root.and_then(|root| text(&root, "url"));
            let Some((document, url)) = field("feedDocumentId").zip(url) else {
                return Answer::Refused(ChannelRefusal {
                    kind: ChannelRefusalKind::Invalid,
                    code: "feed_answer_unreadable".to_owned(),
                    reason: "the answer to a step of a feed lacks what the next step needs"
                        .to_owned(),
                });
            };
            let fill = fill(url, content.clone());
            let requests = vec![fill, submit(feed_type, marketplace, &document)];
            Answer::Continue { requests }
        }
        FeedStep::Submitted => field("feedId").map_or_else(unclear, |feed| {
            let requests = vec![progress(&feed)];
            Answer::Continue { requests }
        }),
        FeedStep::Progress { feed } => judged(feed, response, asked),
        FeedStep::Report { feed } => report(feed, response),
        FeedStep::Verdict { feed, .. } => verdict(feed, &response.body, asked),
    }
}

/// The feed was taken and may have done all it was to do; its name, or what came of it, is not
/// known.
const fn unclear() -> Answer {
    Answer::RetryAfter(Throttle {
        why: RetryWhy::Unclear,
        wait_secs: None,
    })
}

/// Where the report is, and how it is packed.
fn report(feed: &str, response: &Response) -> Answer {
    let root = json(&response.body).and_then(|root| root.object()).ok();
    let word = |key: &str| root.as_ref().and_then(|root| text(root, key));
    let Some(url) = word("url") else {
        return unclear();
    };
    let step = FeedStep::Verdict {
        feed: feed.to_owned(),
        compression: word("compressionAlgorithm"),
    };
    let mut request = Request::get(url, Reads::Feed(step));
    request.elsewhere = true;
    let requests = vec![request];
    Answer::Continue { requests }
}

fn fill(url: String, content: String) -> Request {
    let mut request = Request::json(Method::Put, url, content).reads(Reads::Nothing);
    request.headers = vec![(Cow::Borrowed("Content-Type"), Cow::Borrowed(MEDIA_TYPE))];
    request.elsewhere = true;
    request
}

fn submit(feed_type: &str, marketplace: &str, document: &str) -> Request {
    let body = JsonObject::new()
        .text("feedType", feed_type)
        .texts("marketplaceIds", &[marketplace])
        .text("inputFeedDocumentId", document)
        .end();
    let request = Request::json(Method::Post, "/feeds/2021-06-30/feeds", body);
    let mut request = request.reads(Reads::Feed(FeedStep::Submitted));
    // A refund submitted twice is refused item by item, not as a whole.
    request.repeat = Repeat::LookFirst;
    request
}

fn progress(feed: &str) -> Request {
    let path = format!("/feeds/2021-06-30/feeds/{}", segment(feed));
    let feed = feed.to_owned();
    Request::get(path, Reads::Feed(FeedStep::Progress { feed }))
}

fn judged(feed: &str, response: &Response, asked: Option<UpdateKind>) -> Answer {
    let root = json(&response.body).and_then(|root| root.object()).ok();
    let word = |key: &str| root.as_ref().and_then(|root| text(root, key));
    match word("processingStatus").as_deref() {
        Some("IN_QUEUE" | "IN_PROGRESS") => Answer::RetryAfter(Throttle {
            why: RetryWhy::Working,
            wait_secs: Some(FEED_PAUSE_SECS),
        }),
        Some("DONE") => match word("resultFeedDocumentId") {
            Some(report) => {
                let path = format!("/feeds/2021-06-30/documents/{}", segment(&report));
                let feed = feed.to_owned();
                let request = Request::get(path, Reads::Feed(FeedStep::Report { feed }));
                let requests = vec![request];
                Answer::Continue { requests }
            }
            None => done(feed),
        },
        Some(other) => refusal("feed_not_processed", other, asked),
        None => unclear(),
    }
}

fn done(feed: &str) -> Answer {
    let reference = ExternalId::parse(feed).ok();
    Answer::Done { reference }
}

/// The report counts the messages in error and says the first one's reason. One that cannot be
/// read, as it is while nobody unpacked it, says neither that it was done nor that it was not.
fn verdict(feed: &str, body: &[u8], asked: Option<UpdateKind>) -> Answer {
    let report = String::from_utf8_lossy(body);
    let errors = element(&report, "MessagesWithError");
    match errors.map(str::trim) {
        Some("0") => done(feed),
        Some(_) => {
            let code = element(&report, "ResultMessageCode").unwrap_or("feed_message_failed");
            let reason = element(&report, "ResultDescription").unwrap_or_default();
            refusal(code, reason, asked)
        }
        None => unclear(),
    }
}

/// The text of the first element of that name; the report is flat enough for it.
fn element<'x>(xml: &'x str, name: &str) -> Option<&'x str> {
    let (_, rest) = xml.split_once(&format!("<{name}>"))?;
    rest.split_once(&format!("</{name}>")).map(|(text, _)| text)
}

/// One order that could not be taken, and which items of it.
pub(super) fn acknowledgement(
    seller: &ExternalId,
    order: &ExternalId,
    items: &[&ExternalId],
    reason: &str,
) -> String {
    let mut inner = String::new();
    tag(&mut inner, "AmazonOrderID", order.as_str());
    tag(&mut inner, "StatusCode", "Failure");
    for item in items {
        inner.push_str("<Item>");
        tag(&mut inner, "AmazonOrderItemCode", item.as_str());
        tag(&mut inner, "CancelReason", reason);
        inner.push_str("</Item>");
    }
    envelope(seller, "OrderAcknowledgement", &inner)
}

/// Money back per item, its tax apart where that is known; shipping goes with the first.
pub(super) fn adjustment(
    seller: &ExternalId,
    order: &ExternalId,
    lines: &[RefundLine],
    shipping: Option<Money>,
    reason: &str,
) -> Result<String, CannotCause> {
    let mut inner = String::new();
    tag(&mut inner, "AmazonOrderID", order.as_str());
    let mut shipping = shipping;
    for line in lines {
        inner.push_str("<AdjustedItem>");
        tag(&mut inner, "AmazonOrderItemCode", line.item.as_str());
        tag(&mut inner, "AdjustmentReason", reason);
        inner.push_str("<ItemPriceAdjustments>");
        let split = CannotCause::net_and_tax(line)?;
        let (principal, tax) = split.map_or((line.amount, None), |(net, tax)| (net, Some(tax)));
        component(&mut inner, "Principal", principal);
        if let Some(tax) = tax.filter(|tax| !tax.is_zero()) {
            component(&mut inner, "Tax", tax);
        }
        if let Some(shipping) = shipping.take() {
            component(&mut inner, "Shipping", shipping);
        }
        inner.push_str("</ItemPriceAdjustments></AdjustedItem>");
    }
    Ok(envelope(seller, "OrderAdjustment", &inner))
}

fn component(xml: &mut String, kind: &str, money: Money) {
    let (currency, amount) = (money.currency().code(), money.amount());
    xml.push_str("<Component>");
    tag(xml, "Type", kind);
    // Writing to a string cannot fail.
    let _written = write!(xml, "<Amount currency=\"{currency}\">{amount}</Amount>");
    xml.push_str("</Component>");
}

fn envelope(seller: &ExternalId, message: &str, inner: &str) -> String {
    let mut xml = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\
         <AmazonEnvelope xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" \
         xsi:noNamespaceSchemaLocation=\"amzn-envelope.xsd\">\
         <Header><DocumentVersion>1.01</DocumentVersion>",
    );
    tag(&mut xml, "MerchantIdentifier", seller.as_str());
    xml.push_str("</Header>");
    tag(&mut xml, "MessageType", message);
    let _written = write!(
        xml,
        "<Message><MessageID>1</MessageID><{message}>{inner}</{message}></Message>\
         </AmazonEnvelope>"
    );
    xml
}

fn tag(xml: &mut String, name: &str, text: &str) {
    let _written = write!(xml, "<{name}>{}</{name}>", escaped(text));
}

fn escaped(text: &str) -> Cow<'_, str> {
    if !text.contains(['&', '<', '>', '"', '\'']) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&apos;"),
            other => safe.push(other),
        }
    }
    Cow::Owned(safe)
}
