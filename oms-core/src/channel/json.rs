//! Tolerant reading of JSON: literals stay text, so money and ids lose no digit.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::rc::Rc;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::channel::error::{ChannelError, ChannelErrorKind, shortened};

/// One JSON value and where it stands.
#[derive(Clone, Debug)]
pub(super) struct Value<'a> {
    place: Place<'a>,
    raw: &'a str,
}

/// One JSON object and where it stands. Of a repeated key the last value counts.
#[derive(Clone, Debug)]
pub(super) struct Object<'a> {
    place: Rc<Place<'a>>,
    raw: &'a str,
    /// As they stand. A reader asks for a fixed number of keys, so looking through them is linear.
    fields: Entries<'a>,
}

/// Where a value stands. It is put into words only when there is something to say of it: most
/// values are as they should be.
#[derive(Clone, Debug)]
struct Place<'a> {
    within: Option<Rc<Self>>,
    step: Step<'a>,
}

#[derive(Clone, Debug)]
enum Step<'a> {
    Root,
    Key(Cow<'a, str>),
    Index(usize),
}

impl Place<'_> {
    const ROOT: Self = Self {
        within: None,
        step: Step::Root,
    };

    fn words(&self) -> String {
        let mut steps = vec![&self.step];
        let mut within = &self.within;
        while let Some(place) = within {
            steps.push(&place.step);
            within = &place.within;
        }
        let mut words = String::new();
        for step in steps.into_iter().rev() {
            match step {
                Step::Root => {}
                Step::Key(key) => {
                    if !words.is_empty() {
                        words.push('.');
                    }
                    // Whatever somebody called it: it may reach a log.
                    words.push_str(&shortened(key));
                }
                Step::Index(index) => words.push_str(&format!("[{index}]")),
            }
        }
        words
    }
}

#[derive(Clone, Debug)]
struct Entries<'a>(Vec<(Key<'a>, &'a RawValue)>);

/// A key, borrowed from the text unless it has escapes.
#[derive(Clone, Debug)]
struct Key<'a>(Cow<'a, str>);

/// Keys that an object is taken to have at first, if its text is long enough for them.
const ENTRIES: usize = 16;

/// Bytes that a key and its value are taken to have: room is made by what is there, so that a list
/// of a million small objects takes no multiple of its text.
const ENTRY_BYTES: usize = 16;

/// Entries that every list may have, far beyond what an order has of anything.
const ITEMS_ANYWAY: usize = 10_000;

/// Bytes of an entry of a longer list, on average: there, too, memory is bounded by the text. An
/// order that can be read has more.
const ITEM_BYTES: usize = 64;

impl<'a> Entries<'a> {
    fn read(raw: &'a str) -> Result<Self, serde_json::Error> {
        let mut from = serde_json::Deserializer::from_str(raw);
        let room = ENTRIES.min(raw.len() / ENTRY_BYTES);
        let entries = Room(room).deserialize(&mut from)?;
        from.end()?;
        Ok(entries)
    }
}

/// Reads the entries of an object into room for so many.
struct Room(usize);

impl<'de> DeserializeSeed<'de> for Room {
    type Value = Entries<'de>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        from.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Room {
    type Value = Entries<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
        let mut entries = Vec::with_capacity(self.0);
        while let Some(entry) = map.next_entry::<Key<'de>, &'de RawValue>()? {
            entries.push(entry);
        }
        Ok(Entries(entries))
    }
}

/// Reads the entries of a list, and counts them. More than so many are not kept: even to name where
/// each stands takes many times the text of a short one.
struct Most(usize);

impl Most {
    fn read(self, raw: &str) -> Result<(Vec<&RawValue>, usize), serde_json::Error> {
        let mut from = serde_json::Deserializer::from_str(raw);
        let read = self.deserialize(&mut from)?;
        from.end()?;
        Ok(read)
    }
}

impl<'de> DeserializeSeed<'de> for Most {
    type Value = (Vec<&'de RawValue>, usize);

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        from.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Most {
    type Value = (Vec<&'de RawValue>, usize);

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut list: S) -> Result<Self::Value, S::Error> {
        let (mut items, mut count) = (Vec::new(), 0_usize);
        while let Some(item) = list.next_element::<&'de RawValue>()? {
            count += 1;
            if count <= self.0 {
                items.push(item);
            }
        }
        Ok((items, count))
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

/// A whole document: UTF-8, with or without a byte order mark. Whether it is JSON to the end shows
/// when it is opened as an object or a list.
pub(super) fn document(bytes: &[u8]) -> Result<Value<'_>, ChannelError> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let text = std::str::from_utf8(bytes).map_err(|problem| {
        let found = format!("byte {}", problem.valid_up_to());
        ChannelError::new(ChannelErrorKind::NotUtf8, "", &found, "UTF-8 text")
    })?;
    let place = Place::ROOT;
    // What is to be opened is checked then; everything else would be read twice.
    if text.starts_with(['{', '[']) {
        let raw = text.trim_end();
        return Ok(Value { place, raw });
    }
    let raw: &RawValue = serde_json::from_str(text).map_err(|problem| not_json("", &problem))?;
    let raw = raw.get();
    Ok(Value { place, raw })
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
            place: Place::ROOT,
            raw: self.raw,
        }
    }

    /// Where it stands, as `line_items[1].price`.
    pub(super) fn path(&self) -> String {
        self.place.words()
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
        let fields = Entries::read(self.raw).map_err(|problem| not_json(&self.path(), &problem))?;
        Ok(Object {
            place: Rc::new(self.place.clone()),
            raw: self.raw,
            fields,
        })
    }

    fn items(&self) -> Result<Vec<&'a RawValue>, ChannelError> {
        if !self.is_list() {
            return Err(self.wrong_type("a list"));
        }
        let most = ITEMS_ANYWAY.max(self.raw.len() / ITEM_BYTES);
        let read = Most(most).read(self.raw);
        let (items, count) = read.map_err(|problem| not_json(&self.path(), &problem))?;
        if count > most {
            let found = format!("{count} entries");
            let expected = format!("at most {most} entries of so few bytes");
            return Err(ChannelError::invalid(
                "too_many",
                self.path(),
                &found,
                expected,
            ));
        }
        Ok(items)
    }

    /// The values of a list. One of more than [`ITEMS_ANYWAY`] is refused where they are hardly
    /// more than commas.
    pub(super) fn list(&self) -> Result<Vec<Self>, ChannelError> {
        let items = self.items()?;
        let within = Rc::new(self.place.clone());
        let at = |(index, item): (usize, &&'a RawValue)| Self {
            place: Place {
                within: Some(within.clone()),
                step: Step::Index(index),
            },
            raw: item.get(),
        };
        Ok(items.iter().enumerate().map(at).collect())
    }

    /// The text of a string, number or truth value, exactly as sent; `None` if empty.
    pub(super) fn literal(&self) -> Result<Option<Cow<'a, str>>, ChannelError> {
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
        ChannelError::new(ChannelErrorKind::WrongType, self.path(), found, expected)
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
fn literal(raw: &str) -> Result<Option<Cow<'_, str>>, &'static str> {
    if is_nothing(raw) {
        return Ok(None);
    }
    if let Some(inner) = raw.strip_prefix('"') {
        let plain = inner.strip_suffix('"').filter(|text| !text.contains('\\'));
        return match plain {
            Some(text) => Ok(Some(Cow::Borrowed(text))),
            // Fails for half a surrogate pair, which is valid JSON but no text.
            None => serde_json::from_str(raw).map(Some).map_err(|_| "text"),
        };
    }
    if raw.starts_with(['{', '[']) {
        return Err("text or a number");
    }
    Ok(Some(Cow::Borrowed(raw)))
}

impl<'a> Object<'a> {
    /// The JSON text, byte for byte.
    pub(super) const fn raw(&self) -> &'a str {
        self.raw
    }

    /// Where it stands.
    pub(super) fn path(&self) -> String {
        self.place.words()
    }

    /// Where the value of a key stands or would stand.
    pub(super) fn path_of(&self, key: &str) -> String {
        let mut path = self.path();
        if !path.is_empty() {
            path.push('.');
        }
        path.push_str(key);
        path
    }

    /// True when the key is there, whatever its value.
    pub(super) fn has(&self, key: &str) -> bool {
        self.raw_of(key).is_some()
    }

    fn raw_of(&self, key: &str) -> Option<&'a str> {
        self.entry(key).map(|(_, raw)| raw.get())
    }

    fn entry(&self, key: &str) -> Option<&(Key<'a>, &'a RawValue)> {
        let mut entries = self.fields.0.iter();
        entries.rfind(|(known, _)| known.0 == key)
    }

    fn at(&self, (key, raw): &(Key<'a>, &'a RawValue)) -> Value<'a> {
        Value {
            place: Place {
                within: Some(self.place.clone()),
                step: Step::Key(key.0.clone()),
            },
            raw: raw.get(),
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
        last.map(|(_, entry)| (entry.0.0.to_string(), self.at(entry)))
            .collect()
    }

    /// Every value, as they stand; of a repeated key the last one.
    pub(super) fn values(&self) -> Vec<Value<'a>> {
        self.entries().into_iter().map(|(_, value)| value).collect()
    }

    /// The value of a key, whatever it is.
    pub(super) fn get(&self, key: &str) -> Option<Value<'a>> {
        self.entry(key).map(|entry| self.at(entry))
    }

    /// The value of a key; `None` if the key is absent or its value means nothing.
    pub(super) fn value(&self, key: &str) -> Option<Value<'a>> {
        let entry = self.entry(key).filter(|(_, raw)| !is_nothing(raw.get()));
        entry.map(|entry| self.at(entry))
    }

    /// The text of a string, number or truth value, exactly as sent.
    pub(super) fn literal(&self, key: &str) -> Result<Option<Cow<'a, str>>, ChannelError> {
        let Some(entry) = self.entry(key) else {
            return Ok(None);
        };
        let refused = |expected| self.at(entry).wrong_type(expected);
        literal(entry.1.get()).map_err(refused)
    }

    /// As [`literal`](Self::literal), to be kept.
    pub(super) fn owned(&self, key: &str) -> Result<Option<String>, ChannelError> {
        Ok(self.literal(key)?.map(Cow::into_owned))
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
    use super::{ChannelErrorKind, Entries, ITEMS_ANYWAY, Most, document};

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
    fn an_object_takes_room_by_its_text() {
        let room = |text: &'static str| Entries::read(text).unwrap().0.capacity();
        assert_eq!(room("{}"), 0);
        assert!(room(r#"{"id":1}"#) <= 4);
        let text = r#"{"id":820982911946154508,"sku":"007-MUG","quantity":2,"price":"9.90"}"#;
        assert!((4..=16).contains(&room(text)));
        assert!(Entries::read("{} {}").is_err());
    }

    #[test]
    fn of_a_list_no_more_is_kept_than_there_may_be() {
        let text = format!("[{}1]", "1,".repeat(100_000));
        let (items, count) = Most(3).read(&text).unwrap();
        assert_eq!((items.len(), count), (3, 100_001));
        assert!(items.capacity() <= 4);
        assert_eq!(Most(3).read("[]").unwrap().1, 0);
        assert!(Most(3).read("[1] [2]").is_err());
        assert!(Most(3).read("[1,2,3,4,").is_err());
    }

    #[test]
    fn a_list_of_hardly_more_than_commas_is_refused_before_it_is_opened() {
        let many = |entry: &str, count: usize| {
            let list = vec![entry; count].join(",");
            let text = format!(r#"{{"a":[{list}]}}"#);
            let object = document(text.as_bytes()).unwrap().object().unwrap();
            object.objects("a").map(|objects| objects.len())
        };
        assert_eq!(many("{}", ITEMS_ANYWAY), Ok(ITEMS_ANYWAY));
        let error = many("{}", ITEMS_ANYWAY + 1).unwrap_err();
        assert_eq!(error.cause(), Some("too_many"));
        assert_eq!(
            (error.path.as_str(), error.value.as_str()),
            ("a", "10001 entries")
        );
        // As many as there are where each has something to say.
        let entry = format!(r#"{{"sku":"{}"}}"#, "k".repeat(64));
        assert_eq!(many(&entry, ITEMS_ANYWAY + 1), Ok(ITEMS_ANYWAY + 1));
    }

    #[test]
    fn a_path_is_short_whatever_the_keys_are() {
        let text = format!(r#"{{"a\n\u001b":{{"{}":[1]}}}}"#, "k".repeat(1_000));
        let object = document(text.as_bytes()).unwrap().object().unwrap();
        let inner = object.values()[0].object().unwrap();
        let path = format!("a\u{FFFD}\u{FFFD}.{}…", "k".repeat(40));
        assert_eq!(inner.values()[0].path(), path);
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
        let opened = |text: &'static [u8]| document(text).and_then(|value| value.object());
        let error = opened(b"{\"a\":\n[1,").unwrap_err();
        assert_eq!(error.kind, ChannelErrorKind::NotJson);
        assert_eq!(error.value, "line 2 column 3");
        assert_eq!(document(b"").unwrap_err().kind, ChannelErrorKind::NotJson);
        let error = opened(b"{} {}").unwrap_err();
        assert_eq!(error.kind, ChannelErrorKind::NotJson);
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
