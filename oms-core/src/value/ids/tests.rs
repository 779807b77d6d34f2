#![allow(clippy::unwrap_used)]

use super::{
    ActorId, CustomerId, ExternalId, FulfillmentId, HubId, IdError, IdRule, IdempotencyKey, LineId,
    OrderId, OrderNumber, RequestId, ShipmentId, Sku, TenantId, Version,
};
use proptest::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashSet};

fn rule<T>(result: Result<T, IdError>) -> Option<IdRule> {
    result.err().map(|error| error.rule)
}

#[test]
fn natural_keys_take_single_inner_spaces_and_keep_case() {
    for text in ["A", "shirt red M", "ÄÖ-ß", "日本", "a/b#c", "007"] {
        assert_eq!(Sku::parse(text).unwrap().as_str(), text);
    }
    assert_ne!(Sku::parse("a").unwrap(), Sku::parse("A").unwrap());
    assert_eq!(HubId::parse(&"ü".repeat(64)).unwrap().as_str().len(), 128);
}

#[test]
fn natural_keys_refuse_what_breaks_a_rule() {
    let whitespace = |position| Some(IdRule::Whitespace { position });
    assert_eq!(rule(Sku::parse("")), Some(IdRule::Empty));
    assert_eq!(rule(Sku::parse(" ")), whitespace(0));
    assert_eq!(rule(Sku::parse(" a")), whitespace(0));
    assert_eq!(rule(Sku::parse("a ")), whitespace(1));
    assert_eq!(rule(Sku::parse("a  b")), whitespace(2));
    assert_eq!(rule(Sku::parse("a\u{A0}b")), whitespace(1));
    assert_eq!(rule(Sku::parse("a\u{2003}b")), whitespace(1));
    assert_eq!(
        rule(Sku::parse("a\tb")),
        Some(IdRule::Control { position: 1 })
    );
    assert_eq!(
        rule(Sku::parse("ab\0")),
        Some(IdRule::Control { position: 2 })
    );
    let too_long = Some(IdRule::TooLong { max: 64, found: 65 });
    assert_eq!(rule(TenantId::parse(&"x".repeat(65))), too_long);
    assert_eq!(rule(ActorId::parse(&"x".repeat(64))), None);
}

#[test]
fn ids_of_other_systems_are_kept_as_sent() {
    for text in ["00042", " 42 ", "a  b", "gid://shopify/Order/1", "\u{A0}"] {
        assert_eq!(ExternalId::parse(text).unwrap().as_str(), text);
    }
    assert_eq!(rule(ExternalId::parse("")), Some(IdRule::Empty));
    assert_eq!(
        rule(ExternalId::parse("4\n2")),
        Some(IdRule::Control { position: 1 })
    );
    assert_eq!(
        rule(ExternalId::parse("\0")),
        Some(IdRule::Control { position: 0 })
    );
    let too_long = Some(IdRule::TooLong {
        max: 128,
        found: 129,
    });
    assert_eq!(rule(ExternalId::parse(&"x".repeat(129))), too_long);
    assert_eq!(rule(IdempotencyKey::parse(&"x".repeat(129))), too_long);
    assert_eq!(rule(RequestId::parse(&"x".repeat(129))), too_long);
    assert_eq!(rule(IdempotencyKey::parse(&"x".repeat(128))), None);
}

#[test]
fn an_error_names_kind_rule_and_value() {
    let error = Sku::parse("a\0b").unwrap_err();
    assert_eq!((error.kind.as_ref(), error.code()), ("sku", "id_control"));
    assert_eq!(error.value, "a\u{FFFD}b");
    let long = HubId::parse(&"x".repeat(65)).unwrap_err();
    assert_eq!(
        long.to_string(),
        format!(
            "hub_id \"{}…\": must have at most 64 characters, has 65",
            "x".repeat(40)
        )
    );
    let codes = [
        (Sku::parse("").unwrap_err(), "id_empty"),
        (Sku::parse(" ").unwrap_err(), "id_whitespace"),
        (long, "id_too_long"),
        (OrderId::parse("x").unwrap_err(), "id_not_a_uuid"),
        (LineId::parse("x").unwrap_err(), "id_not_a_number"),
        (LineId::parse("0").unwrap_err(), "id_out_of_range"),
    ];
    for (error, code) in codes {
        assert_eq!(error.code(), code);
        let json = serde_json::to_value(&error).unwrap();
        assert_eq!(json["rule"]["code"], code);
        assert_eq!(serde_json::from_value::<IdError>(json).unwrap(), error);
    }
}

#[test]
fn text_ids_are_found_by_plain_text_and_checked_in_json() {
    let set = HashSet::from([Sku::parse("a").unwrap()]);
    assert!(set.contains("a"));
    assert_eq!(format!("{:?}", set), "{Sku(\"a\")}");
    assert_eq!(serde_json::to_string(&set).unwrap(), "[\"a\"]");
    assert!(serde_json::from_str::<Sku>("\" a\"").is_err());
    assert!(serde_json::from_str::<Sku>("7").is_err());
    let map = BTreeMap::from([(Sku::parse("a").unwrap(), 1)]);
    let json = serde_json::to_string(&map).unwrap();
    assert_eq!(json, "{\"a\":1}");
    assert_eq!(
        serde_json::from_str::<BTreeMap<Sku, i32>>(&json).unwrap(),
        map
    );
}

#[test]
fn uuid_ids_read_and_print_hyphenated() {
    let text = "01890a5d-ac96-774b-bcce-b302099a8057";
    let id = OrderId::parse(text).unwrap();
    assert_eq!(id.to_string(), text);
    assert_eq!(OrderId::from_uuid(id.as_uuid()), id);
    assert_eq!(OrderId::parse(&text.to_uppercase()).unwrap(), id);
    assert_eq!(serde_json::to_string(&id).unwrap(), format!("\"{text}\""));
    assert_eq!(
        serde_json::from_str::<OrderId>(&format!("\"{text}\"")).unwrap(),
        id
    );
    assert!(serde_json::from_str::<OrderId>("\"x\"").is_err());
    assert_eq!(format!("{id:?}"), format!("OrderId({text})"));
    for text in ["", "x", "01890a5d-ac96-774b-bcce-b302099a805", "\0"] {
        assert_eq!(rule(CustomerId::parse(text)), Some(IdRule::NotAUuid));
    }
}

#[test]
fn numbers_keep_their_bounds() {
    assert_eq!(LineId::new(1).unwrap(), LineId::FIRST);
    assert_eq!(LineId::new(7).unwrap().get(), 7);
    let small = Some(IdRule::OutOfRange {
        min: 1,
        max: 2_147_483_647,
    });
    assert_eq!(rule(LineId::new(0)), small);
    assert_eq!(rule(FulfillmentId::new(2_147_483_648)), small);
    assert_eq!(rule(ShipmentId::parse("4294967296")), small);
    let wide = Some(IdRule::OutOfRange {
        min: 1,
        max: 9_223_372_036_854_775_807,
    });
    assert_eq!(rule(OrderNumber::new(0)), wide);
    assert_eq!(rule(OrderNumber::new(u64::MAX)), wide);
    assert_eq!(rule(OrderNumber::parse("99999999999999999999")), wide);
    for text in ["", "-1", "+1", "1.0", " 1", "x"] {
        assert_eq!(
            rule(LineId::parse(text)),
            Some(IdRule::NotANumber),
            "{text:?}"
        );
    }
    assert_eq!(LineId::FIRST.next(), LineId::new(2).ok());
    assert_eq!(LineId::new(2_147_483_647).unwrap().next(), None);
}

#[test]
fn versions_count_from_zero_and_stop_at_the_last() {
    assert_eq!(Version::ZERO.get(), 0);
    assert_eq!(Version::default(), Version::ZERO);
    assert_eq!(Version::ZERO.next(), Version::new(1).unwrap());
    assert_eq!(Version::ZERO.plus(5).unwrap().get(), 5);
    let last = Version::new(i64::MAX.cast_unsigned()).unwrap();
    assert_eq!(last.next(), last);
    assert_eq!(last.plus(1), None);
    assert_eq!(last.plus(u64::MAX), None);
    assert!(Version::new(u64::MAX).is_err());
}

#[test]
fn numbers_are_numbers_in_json_and_checked() {
    let line = LineId::new(3).unwrap();
    assert_eq!(serde_json::to_string(&line).unwrap(), "3");
    assert_eq!(serde_json::from_str::<LineId>("3").unwrap(), line);
    for json in [
        "0",
        "-1",
        "1.5",
        "2147483648",
        "4294967297",
        "null",
        "\"x\"",
        "\"0\"",
    ] {
        assert!(serde_json::from_str::<LineId>(json).is_err(), "{json}");
    }
    assert_eq!(serde_json::from_str::<Version>("0").unwrap(), Version::ZERO);
}

#[test]
fn number_ids_are_map_keys_even_inside_a_tagged_enum() {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(tag = "kind")]
    enum Event {
        Picked { lines: BTreeMap<LineId, u32> },
    }
    let event = Event::Picked {
        lines: BTreeMap::from([(LineId::FIRST, 5)]),
    };
    let json = serde_json::to_string(&event).unwrap();
    assert_eq!(json, r#"{"kind":"Picked","lines":{"1":5}}"#);
    assert_eq!(serde_json::from_str::<Event>(&json).unwrap(), event);
    let zero = json.replace("\"1\"", "\"0\"");
    assert!(serde_json::from_str::<Event>(&zero).is_err());
}

proptest! {
    #[test]
    fn any_text_is_refused_or_reads_back(text in any::<String>()) {
        if let Ok(sku) = Sku::parse(&text) {
            prop_assert_eq!(sku.as_str(), text.as_str());
            let words: Vec<&str> = text.split_whitespace().collect();
            prop_assert_eq!(words.join(" "), text.clone());
            let json = serde_json::to_string(&sku).unwrap();
            prop_assert_eq!(serde_json::from_str::<Sku>(&json).unwrap(), sku);
        }
        if let Ok(id) = ExternalId::parse(&text) {
            prop_assert_eq!(id.to_string(), text.clone());
        }
        let _ = (OrderId::parse(&text), LineId::parse(&text), Version::parse(&text));
    }

    #[test]
    fn clean_words_make_a_natural_key(
        words in prop::collection::vec("[A-Za-z0-9äß]{1,9}", 1..6),
    ) {
        prop_assert!(Sku::parse(&words.join(" ")).is_ok());
    }

    #[test]
    fn numbers_and_uuids_read_back(number in 1..=i64::MAX.cast_unsigned(), bits in any::<u128>()) {
        let order = OrderNumber::new(number).unwrap();
        prop_assert_eq!(OrderNumber::parse(&order.to_string()).unwrap(), order);
        let json = serde_json::to_string(&order).unwrap();
        prop_assert_eq!(serde_json::from_str::<OrderNumber>(&json).unwrap(), order);
        let id = OrderId::from_uuid(uuid::Uuid::from_u128(bits));
        prop_assert_eq!(OrderId::parse(&id.to_string()).unwrap(), id);
    }
}
