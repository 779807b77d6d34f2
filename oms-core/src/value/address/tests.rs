#![allow(clippy::unwrap_used)]

use super::{
    Address, ChannelPlace, CountryCode, EmailAddress, EmailError, Phone, PostalCode, TextError,
};
use crate::value::Name;
use proptest::prelude::*;
use std::collections::HashSet;

#[test]
fn countries_are_two_upper_case_letters() {
    let country = CountryCode::parse("DE").unwrap();
    assert_eq!(
        (country.as_str(), country.to_string().as_str()),
        ("DE", "DE")
    );
    for text in ["", "D", "de", "De", "DEU", "D1", "Ü", " DE", "D\0"] {
        let error = CountryCode::parse(text).unwrap_err();
        assert_eq!(error.code(), "country_code_malformed", "{text:?}");
    }
}

#[test]
fn postal_codes_keep_zeros_and_inner_spaces() {
    for text in ["01067", "SW1A 1AA", "00-950", "1"] {
        assert_eq!(PostalCode::parse(text).unwrap().as_str(), text);
    }
    assert_eq!(PostalCode::parse(" 01067 ").unwrap().as_str(), "01067");
    assert_eq!(PostalCode::parse(""), Err(TextError::Empty));
    let error = PostalCode::parse(&"1".repeat(21)).unwrap_err();
    assert_eq!(error, TextError::TooLong { max: 20, found: 21 });
    let control = TextError::Control {
        position: 1,
        codepoint: 0x0A,
    };
    assert_eq!(PostalCode::parse("1\n2"), Err(control));
}

#[test]
fn phones_are_what_channels_send() {
    for text in ["555-555-SHIP", "+49 (0)30 / 1234", "1"] {
        assert_eq!(Phone::parse(text).unwrap().as_str(), text);
    }
    assert_eq!(Phone::parse("  "), Err(TextError::Empty));
    assert_eq!(Phone::parse("1\0"), Err(TextError::Nul { position: 1 }));
    assert_eq!(
        Phone::parse("1\t2"),
        Err(TextError::Control {
            position: 1,
            codepoint: 9
        })
    );
    let error = Phone::parse(&"1".repeat(65)).unwrap_err();
    assert_eq!(error, TextError::TooLong { max: 64, found: 65 });
}

#[test]
fn an_email_address_has_one_at_with_something_on_both_sides() {
    for text in ["a@b", "ada.l+x@example.org", "ü@ö.de"] {
        assert_eq!(EmailAddress::parse(text).unwrap().as_str(), text);
    }
    let longest = format!("{}@b", "a".repeat(252));
    assert!(EmailAddress::parse(&longest).is_ok());
    for (text, error) in [
        ("", EmailError::AtSigns { found: 0 }),
        ("ab", EmailError::AtSigns { found: 0 }),
        ("a@b@c", EmailError::AtSigns { found: 2 }),
        ("@b", EmailError::OneSided),
        ("a@", EmailError::OneSided),
        ("@", EmailError::OneSided),
        ("a b@c", EmailError::Whitespace { position: 1 }),
        ("a@c\n", EmailError::Whitespace { position: 3 }),
        ("a\0@c", EmailError::Whitespace { position: 1 }),
        (
            &format!("a{longest}"),
            EmailError::TooLong {
                max: 254,
                found: 255,
            },
        ),
    ] {
        assert_eq!(EmailAddress::parse(text), Err(error), "{text:?}");
    }
}

#[test]
fn errors_about_people_have_codes_and_do_not_repeat_the_address() {
    let texts = [
        "ada".to_owned(),
        "@ada".to_owned(),
        "a da@b".to_owned(),
        "ada@".repeat(99),
    ];
    let mut codes = HashSet::new();
    for text in texts {
        let error = EmailAddress::parse(&text).unwrap_err();
        assert!(!error.to_string().contains("ada"), "{error}");
        assert!(codes.insert(error.code()));
        let json = serde_json::to_value(&error).unwrap();
        assert_eq!(json["code"], error.code());
    }
}

#[test]
fn an_address_leaves_out_what_is_not_known() {
    assert!(Address::default().is_empty());
    assert_eq!(serde_json::to_string(&Address::default()).unwrap(), "{}");
    assert_eq!(
        serde_json::from_str::<Address>("{}").unwrap(),
        Address::default()
    );
    let address = Address {
        city: Name::parse("Dresden").ok(),
        postal_code: PostalCode::parse("01067").ok(),
        country: CountryCode::parse("DE").ok(),
        ..Address::default()
    };
    assert!(!address.is_empty());
    let json = serde_json::to_string(&address).unwrap();
    assert_eq!(
        json,
        r#"{"city":"Dresden","postal_code":"01067","country":"DE"}"#
    );
    assert_eq!(serde_json::from_str::<Address>(&json).unwrap(), address);
    assert!(serde_json::from_str::<Address>(r#"{"country":"Germany"}"#).is_err());
    assert!(serde_json::from_str::<Address>(r#"{"city":""}"#).is_err());
}

#[test]
fn a_channel_place_keeps_the_channels_words() {
    assert!(ChannelPlace::default().is_empty());
    let place = ChannelPlace {
        country: Name::parse("Germany").ok(),
        ..ChannelPlace::default()
    };
    assert!(!place.is_empty());
    let json = serde_json::to_string(&place).unwrap();
    assert_eq!(json, r#"{"country":"Germany"}"#);
    assert_eq!(serde_json::from_str::<ChannelPlace>(&json).unwrap(), place);
}

#[test]
fn json_is_text_and_checked() {
    assert_eq!(
        serde_json::to_string(&Phone::parse("1").unwrap()).unwrap(),
        "\"1\""
    );
    assert!(serde_json::from_str::<Phone>("\"\"").is_err());
    assert!(serde_json::from_str::<PostalCode>("1067").is_err());
    assert!(serde_json::from_str::<EmailAddress>("\"ab\"").is_err());
    assert!(serde_json::from_str::<CountryCode>("\"de\"").is_err());
    assert_eq!(
        format!("{:?}", CountryCode::parse("DE").unwrap()),
        "CountryCode(\"DE\")"
    );
}

proptest! {
    #[test]
    fn any_text_is_refused_or_reads_back(text in any::<String>()) {
        let _ = CountryCode::parse(&text);
        if let Ok(phone) = Phone::parse(&text) {
            prop_assert_eq!(phone.as_str(), text.trim());
            let json = serde_json::to_string(&phone).unwrap();
            prop_assert_eq!(serde_json::from_str::<Phone>(&json).unwrap(), phone);
        }
        if let Ok(code) = PostalCode::parse(&text) {
            prop_assert_eq!(code.to_string().parse::<PostalCode>().unwrap(), code);
        }
        if let Ok(email) = EmailAddress::parse(&text) {
            prop_assert_eq!(email.to_string(), text.clone());
        }
    }

    #[test]
    fn plain_email_addresses_read_back(text in "[a-z.+]{1,20}@[a-z.]{1,20}") {
        let email: EmailAddress = text.parse().unwrap();
        let json = serde_json::to_string(&email).unwrap();
        prop_assert_eq!(serde_json::from_str::<EmailAddress>(&json).unwrap(), email);
    }
}
