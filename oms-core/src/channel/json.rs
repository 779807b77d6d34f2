//! Tolerant reading of JSON: literals stay text, so money and ids lose no digit.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::channel::error::{ChannelError, ChannelErrorKind};

/// One JSON value and where it stands.
#[derive(Clone, Debug)]
pub(super) struct Value<'a> {
    pub(super) path: String,
    raw: &'a str,
}

/// One JSON object and where it stands. Of a repeated key the last value counts.
#[derive(Clone, Debug)]
pub(super) struct Object<'a> {
    pub(super) path: String,
    raw: &'a str,
    /// As they stand. A reader asks for a fixed number of keys, so looking through them is linear.
    fields: Entries<'a>,
}

#[derive(Clone, Debug)]
struct Entries<'a>(Vec<(Key<'a>, &'a RawValue)>);

/// A key, borrowed from the text unless it has escapes.
#[derive(Clone, Debug)]
struct Key<'a>(Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Entries<'a> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct All;
        impl<'de> Visitor<'de> for All {
            type Value = Entries<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry::<Key<'de>, &'de RawValue>()? {
                    entries.push(entry);
                }
                Ok(Entries(entries))
            }
        }
        from.deserialize_map(All)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Key<'a> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Text;
        impl<'de> Visitor<'de> for Text {
            type Value = Key<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a key")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Key(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Key(Cow::Owned(text.to_owned())))
            }
        }
        from.deserialize_str(Text)
    }
}

/// Reads a whole document: UTF-8, with or without a byte order mark.
pub(super) fn document(bytes: &[u8]) -> Result<Value<'_>, ChannelError> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let text = std::str::from_utf8(bytes).map_err(|problem| {
        let found = format!("byte {}", problem.valid_up_to());
        ChannelError::new(ChannelErrorKind::NotUtf8, "", &found, "UTF-8 text")
    })?;
    let raw: &RawValue = serde_json::from_str(text).map_err(|problem| not_json("", &problem))?;
    Ok(Value {
        path: String::new(),
        raw: raw.get(),
    })
}

fn not_json(path: &str, problem: &serde_json::Error) -> ChannelError {
    let found = format!("line {} column {}", problem.line(), problem.column());
    ChannelError::new(
        ChannelErrorKind::NotJson,
        path,
        &found,
        "a complete JSON document",
    )
}

impl<'a> Value<'a> {
    /// The JSON text, byte for byte.
    pub(super) const fn raw(&self) -> &'a str {
        self.raw
    }

    /// The same value, its paths told from here on.
    pub(super) const fn at_root(&self) -> Self {
        Self {
            path: String::new(),
            raw: self.raw,
        }
    }

    pub(super) fn is_object(&self) -> bool {
        self.raw.starts_with('{')
    }

    pub(super) fn is_list(&self) -> bool {
        self.raw.starts_with('[')
    }

    pub(super) fn object(&self) -> Result<Object<'a>, ChannelError> {
        if !self.is_object() {
            return Err(self.wrong_type("an object"));
        }
        let fields =
            serde_json::from_str(self.raw).map_err(|problem| not_json(&self.path, &problem))?;
        Ok(Object {
            path: self.path.clone(),
            raw: self.raw,
            fields,
        })
    }

    pub(super) fn list(&self) -> Result<Vec<Self>, ChannelError> {
        if !self.is_list() {
            return Err(self.wrong_type("a list"));
        }
        let items: Vec<&'a RawValue> =
            serde_json::from_str(self.raw).map_err(|problem| not_json(&self.path, &problem))?;
        let at = |(index, item): (usize, &&'a RawValue)| Self {
            path: format!("{}[{index}]", self.path),
            raw: item.get(),
        };
        Ok(items.iter().enumerate().map(at).collect())
    }

    /// The text of a string, number or truth value, exactly as sent; `None` if empty.
    pub(super) fn literal(&self) -> Result<Option<String>, ChannelError> {
        literal(self.raw).map_err(|expected| self.wrong_type(expected))
    }

    pub(super) fn wrong_type(&self, expected: &'static str) -> ChannelError {
        let found = match self.raw.as_bytes().first() {
            Some(b'{') => "an object",
            Some(b'[') => "a list",
            Some(b'"') => "text",
            Some(b'n') => "null",
            Some(b't' | b'f') => "a truth value",
            Some(_) | None => "a number",
        };
        ChannelError::new(
            ChannelErrorKind::WrongType,
            self.path.clone(),
            found,
            expected,
        )
    }
}

/// True for what channels send when they mean nothing.
fn is_nothing(raw: &str) -> bool {
    match raw {
        "null" | "\"\"" => true,
        raw => {
            let inner = raw
                .strip_prefix(['{', '['])
                .and_then(|r| r.strip_suffix(['}', ']']));
            inner.is_some_and(|inner| inner.trim().is_empty())
        }
    }
}

/// The text of a string, number or truth value; `None` if it means nothing. Refuses with what was
/// expected.
fn literal(raw: &str) -> Result<Option<String>, &'static str> {
    if is_nothing(raw) {
        return Ok(None);
    }
    if let Some(inner) = raw.strip_prefix('"') {
        let plain = inner.strip_suffix('"').filter(|text| !text.contains('\\'));
        return match plain {
            Some(text) => Ok(Some(text.to_owned())),
            // Fails for half a surrogate pair, which is valid JSON but no text.
            None => serde_json::from_str(raw).map(Some).map_err(|_| "text"),
        };
    }
    if raw.starts_with(['{', '[']) {
        return Err("text or a number");
    }
    Ok(Some(raw.to_owned()))
}

impl<'a> Object<'a> {
    /// The JSON text, byte for byte.
    pub(super) const fn raw(&self) -> &'a str {
        self.raw
    }

    /// True when the key is there, whatever its value.
    pub(super) fn has(&self, key: &str) -> bool {
        self.raw_of(key).is_some()
    }

    fn raw_of(&self, key: &str) -> Option<&'a str> {
        let last = self.fields.0.iter().rev().find(|(known, _)| known.0 == key);
        last.map(|(_, raw)| raw.get())
    }

    pub(super) fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.path)
        }
    }

    /// Every key and its value, as they stand; of a repeated key the last one.
    pub(super) fn entries(&self) -> Vec<(String, Value<'a>)> {
        let mut places = HashMap::new();
        for (place, (key, _)) in self.fields.0.iter().enumerate() {
            places.insert(&*key.0, place);
        }
        let fields = self.fields.0.iter().enumerate();
        let last = fields.filter(|(place, (key, _))| places.get(&*key.0) == Some(place));
        let at = |(_, (key, raw)): (usize, &(Key<'a>, &'a RawValue))| {
            let value = Value {
                path: self.path_of(&key.0),
                raw: raw.get(),
            };
            (key.0.to_string(), value)
        };
        last.map(at).collect()
    }

    /// Every value, as they stand; of a repeated key the last one.
    pub(super) fn values(&self) -> Vec<Value<'a>> {
        self.entries().into_iter().map(|(_, value)| value).collect()
    }

    /// The value of a key, whatever it is.
    pub(super) fn get(&self, key: &str) -> Option<Value<'a>> {
        let raw = self.raw_of(key)?;
        Some(Value {
            path: self.path_of(key),
            raw,
        })
    }

    /// The value of a key; `None` if the key is absent or its value means nothing.
    pub(super) fn value(&self, key: &str) -> Option<Value<'a>> {
        let raw = self.raw_of(key).filter(|raw| !is_nothing(raw))?;
        Some(Value {
            path: self.path_of(key),
            raw,
        })
    }

    /// The text of a string, number or truth value, exactly as sent.
    pub(super) fn literal(&self, key: &str) -> Result<Option<String>, ChannelError> {
        let Some(raw) = self.raw_of(key) else {
            return Ok(None);
        };
        let refused = |expected| {
            let path = self.path_of(key);
            Value { path, raw }.wrong_type(expected)
        };
        literal(raw).map_err(refused)
    }

    /// The object under a key; nothing in any spelling is `None`.
    pub(super) fn object(&self, key: &str) -> Result<Option<Self>, ChannelError> {
        self.value(key).map(|value| value.object()).transpose()
    }

    /// The objects of a list under a key; nothing in any spelling is no objects.
    pub(super) fn objects(&self, key: &str) -> Result<Vec<Self>, ChannelError> {
        let Some(value) = self.value(key) else {
            return Ok(Vec::new());
        };
        value.list()?.iter().map(Value::object).collect()
    }

    /// A truth value; also as text or number, as some plugins send it. Absent is false.
    pub(super) fn flag(&self, key: &str) -> Result<bool, ChannelError> {
        match self.literal(key)?.as_deref() {
            None | Some("false" | "0" | "no") => Ok(false),
            Some("true" | "1" | "yes") => Ok(true),
            Some(other) => Err(ChannelError::invalid(
                "not_a_truth_value",
                self.path_of(key),
                other,
                "true or false",
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{ChannelErrorKind, document};

    #[test]
    fn literals_keep_every_digit() {
        let value =
            document(br#"{"id":820982911946154508,"price":7.9051383333333334,"sku":"007"}"#);
        let object = value.unwrap().object().unwrap();
        assert_eq!(object.literal("id").unwrap().unwrap(), "820982911946154508");
        assert_eq!(
            object.literal("price").unwrap().unwrap(),
            "7.9051383333333334"
        );
        assert_eq!(object.literal("sku").unwrap().unwrap(), "007");
    }

    #[test]
    fn every_spelling_of_nothing_is_nothing() {
        let text = br#"{"a":null,"b":"","c":{},"d":[],"e":{ },"f":[ ]}"#;
        let object = document(text).unwrap().object().unwrap();
        for key in ["a", "b", "c", "d", "e", "f", "absent"] {
            assert!(object.value(key).is_none(), "{key}");
            assert!(object.objects(key).unwrap().is_empty(), "{key}");
            assert!(object.object(key).unwrap().is_none(), "{key}");
            assert_eq!(object.literal(key).unwrap(), None, "{key}");
        }
        assert!(object.has("a") && !object.has("absent"));
    }

    #[test]
    fn of_a_repeated_key_the_last_value_counts() {
        let object = document(br#"{"id":1,"id":2}"#).unwrap().object().unwrap();
        assert_eq!(object.literal("id").unwrap().unwrap(), "2");
    }

    #[test]
    fn paths_tell_where() {
        let object = document(br#"{"a":[{"b":[1]}]}"#).unwrap().object().unwrap();
        let inner = object.objects("a").unwrap();
        let error = inner[0].literal("b").unwrap_err();
        assert_eq!(
            (error.path.as_str(), error.kind),
            ("a[0].b", ChannelErrorKind::WrongType)
        );
        let error = object.literal("a").unwrap_err();
        assert_eq!(error.value, "a list");
        let error = inner[0].objects("b").unwrap_err();
        assert_eq!(
            (error.path.as_str(), error.value.as_str()),
            ("a[0].b[0]", "a number")
        );
    }

    #[test]
    fn a_byte_order_mark_is_skipped_and_other_encodings_are_refused() {
        assert!(document(b"\xEF\xBB\xBF{}").is_ok());
        assert_eq!(
            document(b"{\"a\":\"\xFC\"}").unwrap_err().kind,
            ChannelErrorKind::NotUtf8
        );
    }

    #[test]
    fn a_truncated_document_is_refused_with_its_place() {
        let error = document(b"{\"a\":\n[1,").unwrap_err();
        assert_eq!(error.kind, ChannelErrorKind::NotJson);
        assert_eq!(error.value, "line 2 column 3");
        assert_eq!(document(b"").unwrap_err().kind, ChannelErrorKind::NotJson);
        assert_eq!(
            document(b"{} {}").unwrap_err().kind,
            ChannelErrorKind::NotJson
        );
    }

    #[test]
    fn half_a_surrogate_pair_is_no_text() {
        let object = document(br#"{"a":"\ud83d","b":"\ud83d\ude00"}"#)
            .unwrap()
            .object()
            .unwrap();
        assert_eq!(
            object.literal("a").unwrap_err().kind,
            ChannelErrorKind::WrongType
        );
        assert_eq!(object.literal("b").unwrap().unwrap(), "😀");
    }

    #[test]
    fn truth_comes_in_several_spellings() {
        let text = br#"{"a":true,"b":"true","c":1,"d":false,"e":"no","f":"perhaps"}"#;
        let object = document(text).unwrap().object().unwrap();
        for key in ["a", "b", "c"] {
            assert!(object.flag(key).unwrap(), "{key}");
        }
        for key in ["d", "e", "absent"] {
            assert!(!object.flag(key).unwrap(), "{key}");
        }
        assert_eq!(
            object.flag("f").unwrap_err().cause(),
            Some("not_a_truth_value")
        );
    }
}
