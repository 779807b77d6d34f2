#![allow(clippy::unwrap_used)]

use super::{Name, Note, Text, TextError, checked_chars, is_plain};
use proptest::prelude::*;

type Short = Text<3>;

#[test]
fn text_is_stored_trimmed() {
    assert_eq!(Short::parse(" abc\r\n").unwrap().as_str(), "abc");
    assert_eq!(Short::parse("\u{2003}ab\u{A0}").unwrap().as_str(), "ab");
    assert_eq!(Note::parse("a\n\tb").unwrap().as_str(), "a\n\tb");
}

#[test]
fn length_counts_characters_not_bytes() {
    assert_eq!(Short::parse("äöü").unwrap().to_string(), "äöü");
    assert_eq!(Short::parse("  äöü  ").unwrap().to_string(), "äöü");
    let error = Short::parse("äöüß").unwrap_err();
    assert_eq!(error, TextError::TooLong { max: 3, found: 4 });
    assert_eq!(Short::CHARS_MAX, 3);
}

#[test]
fn nothing_is_refused() {
    for text in ["", " ", "\n\t ", "\u{3000}"] {
        assert_eq!(Short::parse(text), Err(TextError::Empty), "{text:?}");
    }
}

#[test]
fn control_characters_are_refused_where_they_stand() {
    assert_eq!(Name::parse("ab\0c"), Err(TextError::Nul { position: 2 }));
    assert_eq!(Name::parse("\0"), Err(TextError::Nul { position: 0 }));
    let control = |position, codepoint| {
        Err(TextError::Control {
            position,
            codepoint,
        })
    };
    assert_eq!(Name::parse("a\u{1B}[0m"), control(1, 0x1B));
    assert_eq!(Name::parse("a\r\nb"), control(1, 0x0D));
    assert_eq!(Name::parse("a\u{85}b"), control(1, 0x85));
    assert_eq!(Name::parse("ab\u{7F}"), control(2, 0x7F));
}

#[test]
fn errors_have_stable_codes_and_do_not_repeat_the_text() {
    let errors = [
        (Short::parse("").unwrap_err(), "text_empty"),
        (Short::parse("Mary").unwrap_err(), "text_too_long"),
        (Short::parse("M\0").unwrap_err(), "text_nul"),
        (Short::parse("M\u{1}y").unwrap_err(), "text_control"),
    ];
    for (error, code) in errors {
        assert_eq!(error.code(), code);
        assert!(!error.to_string().contains('M'), "{error}");
        let json = serde_json::to_value(&error).unwrap();
        assert_eq!(json["code"], code);
        assert_eq!(serde_json::from_value::<TextError>(json).unwrap(), error);
    }
}

#[test]
fn foreign_text_is_cut_and_cleaned() {
    let cut = |text| Short::truncated(text).map(|text| text.to_string());
    assert_eq!(cut("abcdef").as_deref(), Some("abc"));
    assert_eq!(cut("  ab cd").as_deref(), Some("ab"));
    assert_eq!(cut("\0\0 a\u{7}b").as_deref(), Some("ab"));
    assert_eq!(cut("a\r\nb").as_deref(), Some("a\nb"));
    assert_eq!(cut("äöüß").as_deref(), Some("äöü"));
    assert_eq!(cut(""), None);
    assert_eq!(cut("\0 \u{1} \0"), None);
}

#[test]
fn json_is_text_and_checked() {
    let name = Name::parse("Ada").unwrap();
    assert_eq!(serde_json::to_string(&name).unwrap(), "\"Ada\"");
    assert_eq!(serde_json::from_str::<Name>("\"Ada\"").unwrap(), name);
    assert!(serde_json::from_str::<Short>("\"abcd\"").is_err());
    assert!(serde_json::from_str::<Short>("\"a\\u0000\"").is_err());
    assert!(serde_json::from_str::<Short>("1").is_err());
    assert_eq!(format!("{name:?} {name:>5}"), "\"Ada\"   Ada");
}

proptest! {
    #[test]
    fn any_text_is_refused_or_reads_back(text in any::<String>()) {
        if let Ok(parsed) = Text::<20>::parse(&text) {
            prop_assert_eq!(parsed.as_str(), text.trim());
            prop_assert_eq!(&parsed.as_str().parse::<Text<20>>().unwrap(), &parsed);
            let json = serde_json::to_string(&parsed).unwrap();
            prop_assert_eq!(serde_json::from_str::<Text<20>>(&json).unwrap(), parsed);
        }
    }

    #[test]
    fn a_plain_text_is_as_its_characters_are(text in "[ -~]{0,9}|\\PC{0,3}|[\0-\u{ff}]{0,3}") {
        if is_plain(&text, b' ') {
            prop_assert_eq!(checked_chars(&text, false), Ok(text.len()));
            prop_assert_eq!(checked_chars(&text, true), Ok(text.len()));
        }
    }

    #[test]
    fn foreign_text_is_always_valid_afterwards(text in any::<String>()) {
        match Text::<20>::truncated(&text) {
            Some(cut) => {
                prop_assert_eq!(Text::<20>::parse(cut.as_str()).unwrap(), cut);
            }
            None => {
                let blank = |c: char| c.is_control() || c.is_whitespace();
                prop_assert!(text.chars().all(blank));
            }
        }
    }
}
