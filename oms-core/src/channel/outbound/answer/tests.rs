use super::{Answer, ChannelRefusalKind, RetryWhy, judge, refusal};
use crate::channel::outbound::{Method, Reads, Repeat, Request, Response, UpdateKind};

fn refused(response: &Response) -> (ChannelRefusalKind, String, String) {
    let Answer::Refused(refusal) = judge(response, None, Repeat::Safe).unwrap_err() else {
        panic!("not refused");
    };
    (refusal.kind, refusal.code, refusal.reason)
}

fn retry(response: &Response) -> (RetryWhy, Option<u64>) {
    let Answer::RetryAfter(throttle) = judge(response, None, Repeat::Safe).unwrap_err() else {
        panic!("not to be tried again");
    };
    (throttle.why, throttle.wait_secs)
}

#[test]
fn every_status_is_answered() {
    for status in 0..=u16::from(u8::MAX) * 4 {
        let answer = judge(&Response::new(status, ""), None, Repeat::Safe);
        assert_eq!(answer.is_ok(), (200..300).contains(&status), "{status}");
        if (500..600).contains(&status) {
            assert!(matches!(answer, Err(Answer::RetryAfter(_))), "{status}");
        }
    }
}

#[test]
fn what_must_not_be_sent_twice_is_unclear_when_the_channel_fails() {
    let why = |response: &Response, repeat| {
        let Answer::RetryAfter(throttle) = judge(response, None, repeat).unwrap_err() else {
            panic!("not to be tried again");
        };
        throttle.why
    };
    for status in [408].into_iter().chain(500..600) {
        let response = Response::new(status, "<html>");
        assert_eq!(
            why(&response, Repeat::Safe),
            RetryWhy::Unavailable,
            "{status}"
        );
        assert_eq!(
            why(&response, Repeat::LookFirst),
            RetryWhy::Unclear,
            "{status}"
        );
    }
    // Who turns away a request names the time for the next; who failed over it does not.
    let turned_away = Response::new(503, "").with("Retry-After", "5");
    assert_eq!(why(&turned_away, Repeat::LookFirst), RetryWhy::Unavailable);
    let failed = Response::new(502, "").with("Retry-After", "5");
    assert_eq!(why(&failed, Repeat::LookFirst), RetryWhy::Unclear);
    let early = Response::new(425, "");
    assert_eq!(why(&early, Repeat::LookFirst), RetryWhy::Unavailable);
    for status in [429, 430] {
        let busy = Response::new(status, "");
        assert_eq!(
            why(&busy, Repeat::LookFirst),
            RetryWhy::Throttled,
            "{status}"
        );
    }
}

#[test]
fn the_four_shapes_of_an_error_are_read() {
    let said = |status, body: &str| refused(&Response::new(status, body));
    let shopify = said(422, r#"{"errors":{"base":["Line items are invalid"]}}"#);
    assert_eq!(shopify.1, "http_422");
    assert_eq!(shopify.2, "Line items are invalid");
    assert_eq!(
        said(404, r#"{"errors":"Not Found"}"#).0,
        ChannelRefusalKind::NotFound
    );
    assert_eq!(said(422, r#"{"errors":["one","two"]}"#).2, "one");
    let woo = said(
        404,
        r#"{"code":"rest_no_route","message":"No route","data":{"status":404}}"#,
    );
    assert_eq!(woo.0, ChannelRefusalKind::NotSupported);
    assert_eq!(
        said(404, r#"{"error":"rest_no_route","message":"x"}"#).0,
        ChannelRefusalKind::NotSupported
    );
    let amazon = r#"{"errors":[{"code":"InvalidInput","message":"Bad","details":"id"}]}"#;
    assert_eq!(
        said(400, amazon),
        (
            ChannelRefusalKind::Invalid,
            "InvalidInput".into(),
            "Bad id".into()
        )
    );
    let ebay = r#"{"errors":[{"errorId":32800,"message":"m","longMessage":"long m"}]}"#;
    assert_eq!(
        said(400, ebay),
        (ChannelRefusalKind::Invalid, "32800".into(), "long m".into())
    );
    assert_eq!(said(401, "").0, ChannelRefusalKind::Unauthorised);
    assert_eq!(said(403, "<html>").0, ChannelRefusalKind::NotAllowed);
    assert_eq!(said(409, "[]").0, ChannelRefusalKind::Conflict);
    assert_eq!(said(418, r#"{"errors":{}}"#).0, ChannelRefusalKind::Invalid);
    let long = format!(r#"{{"errors":"{}\n"}}"#, "x".repeat(5_000));
    assert_eq!(said(422, &long).2.len(), 300);
}

#[test]
fn only_what_was_asked_for_is_done_before() {
    use UpdateKind::{Cancel, ChangeTracking, Hold, Refund, Release, Ship, Stock};
    let cancelled = r#"{"errors":["Order has already been cancelled"]}"#;
    let shipped = r#"{"errors":[{"code":"InvalidInput","message":"PackageToUpdateNotFound",
        "details":"the package or order already fulfilled"}]}"#;
    let coded = r#"{"errors":[{"code":"PackageToUpdateNotFound","message":"no package"}]}"#;
    let in_the_way = r#"{"errors":["Order has already been fulfilled"]}"#;
    let both = r#"{"errors":["Already fulfilled items of an already cancelled order"]}"#;
    let refunded = r#"{"errors":["Order has already been refunded"]}"#;
    let done = [
        (Cancel, cancelled),
        (Ship, shipped),
        (Ship, coded),
        (Ship, in_the_way),
    ];
    for body in [cancelled, shipped, coded, in_the_way, both, refunded] {
        for asked in UpdateKind::ALL {
            let answer = judge(&Response::new(422, body), Some(asked), Repeat::Safe).unwrap_err();
            if done.contains(&(asked, body)) {
                assert_eq!(answer, Answer::AlreadyDone, "{asked} {body}");
                continue;
            }
            let Answer::Refused(refusal) = answer else {
                panic!("{asked} {body}: {answer:?}");
            };
            assert_eq!(refusal.kind, ChannelRefusalKind::Conflict, "{asked} {body}");
        }
        let elsewhere = judge(&Response::new(401, body), Some(Cancel), Repeat::Safe).unwrap_err();
        assert_ne!(elsewhere, Answer::AlreadyDone, "{body}");
        // Nobody said what was asked for.
        let unknown = judge(&Response::new(422, body), None, Repeat::Safe).unwrap_err();
        assert_ne!(unknown, Answer::AlreadyDone, "{body}");
    }
    // The same words in a feed's verdict.
    for asked in [ChangeTracking, Refund, Hold, Release, Stock, Cancel] {
        let Answer::Refused(told) = refusal("18012", "Already shipped", Some(asked)) else {
            panic!("{asked}");
        };
        assert_eq!(told.kind, ChannelRefusalKind::Conflict, "{asked}");
    }
    let told = refusal("18012", "Order already canceled", Some(Cancel));
    assert_eq!(told, Answer::AlreadyDone);
    let other = r#"{"errors":["Email is already taken"]}"#;
    assert_eq!(
        refused(&Response::new(422, other)).0,
        ChannelRefusalKind::Invalid
    );
}

#[test]
fn pauses_are_read_from_each_channels_headers() {
    let too_many = |name: &str, value: &str| retry(&Response::new(429, "").with(name, value)).1;
    assert_eq!(too_many("retry-after", "2.0"), Some(2));
    assert_eq!(too_many("Retry-After", "0.3"), Some(1));
    assert_eq!(too_many("Retry-After", "999999999"), Some(86_400));
    assert_eq!(too_many("Retry-After", "-1"), None);
    assert_eq!(
        too_many("Retry-After", "Fri, 20 Nov 2026 10:00:00 GMT"),
        None
    );
    assert_eq!(too_many("x-amzn-RateLimit-Limit", "0.0167"), Some(60));
    assert_eq!(too_many("X-Amzn-Ratelimit-Limit", "2.0"), Some(1));
    assert_eq!(too_many("x-amzn-RateLimit-Limit", "0"), None);
    assert_eq!(
        retry(&Response::new(503, "")),
        (RetryWhy::Unavailable, None)
    );
    let quota = r#"{"errors":[{"code":"QuotaExceeded","message":"You exceeded your quota"}]}"#;
    assert_eq!(retry(&Response::new(403, quota)).0, RetryWhy::Throttled);
}

#[test]
fn names_are_found_where_the_request_says() {
    let request = Request::json(Method::Post, "x", "{}".to_owned());
    let read =
        |reads: Reads, response: Response| Answer::read(&request.clone().reads(reads), &response);
    let id = |answer: Answer| {
        let Answer::Done { reference } = answer else {
            panic!("{answer:?}");
        };
        reference.map(|id| id.to_string())
    };
    let path = |path: &'static str| Reads::Id { path: path.into() };
    let body = r#"{"fulfillment":{"id":820982911946154508}}"#;
    let found = id(read(path("fulfillment.id"), Response::new(201, body)));
    assert_eq!(found.as_deref(), Some("820982911946154508"));
    assert_eq!(
        id(read(path("fulfillment.id"), Response::new(201, "<ok>"))),
        None
    );
    assert_eq!(
        id(read(path("a.b"), Response::new(200, r#"{"a":[]}"#))),
        None
    );
    let location = Response::new(201, "").with("location", "https://x/y/shipping_fulfillment/9400");
    assert_eq!(id(read(Reads::Location, location)).as_deref(), Some("9400"));
    let failed = r#"{"update":[{"id":1},{"id":2,"error":{"code":"woo_x","message":"gone"}}]}"#;
    let answer = read(Reads::Batch, Response::new(200, failed));
    assert!(matches!(answer, Answer::Refused(refusal) if refusal.code == "woo_x"));
    let failed = r#"{"responses":[{"sku":"a","statusCode":400,"errors":[{"errorId":25713}]}]}"#;
    let answer = read(Reads::Batch, Response::new(207, failed));
    assert!(matches!(answer, Answer::Refused(refusal) if refusal.code == "25713"));
    assert_eq!(
        id(read(
            Reads::Batch,
            Response::new(200, r#"{"update":[{"id":1}]}"#)
        )),
        None
    );
}
