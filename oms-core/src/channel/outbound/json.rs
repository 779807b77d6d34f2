//! Writing JSON in a fixed order, with ids and amounts as exact literals.

use crate::channel::outbound::CannotCause;
use crate::value::{ExternalId, Money, Timestamp};

/// A JSON object under way. Keys stand in the order they were written.
#[derive(Debug, Default)]
pub(in crate::channel) struct JsonObject(String);

impl JsonObject {
    pub(in crate::channel) fn new() -> Self {
        Self::default()
    }

    fn raw(mut self, key: &str, value: &str) -> Self {
        if !self.0.is_empty() {
            self.0.push(',');
        }
        self.0.push_str(&quoted(key));
        self.0.push(':');
        self.0.push_str(value);
        self
    }

    /// A number, written as these digits.
    pub(in crate::channel) fn digits(self, key: &str, digits: &str) -> Self {
        self.raw(key, digits)
    }

    pub(in crate::channel) fn number(self, key: &str, number: u32) -> Self {
        self.raw(key, &number.to_string())
    }

    pub(in crate::channel) fn text(self, key: &str, text: &str) -> Self {
        self.raw(key, &quoted(text))
    }

    pub(in crate::channel) fn text_if(self, key: &str, text: Option<&str>) -> Self {
        match text {
            Some(text) => self.text(key, text),
            None => self,
        }
    }

    /// An amount as text, with the currency's decimals.
    pub(in crate::channel) fn money(self, key: &str, money: Money) -> Self {
        self.text(key, &money.amount().to_string())
    }

    pub(in crate::channel) fn flag(self, key: &str, flag: bool) -> Self {
        self.raw(key, if flag { "true" } else { "false" })
    }

    /// Nothing, said in so many words.
    pub(in crate::channel) fn null(self, key: &str) -> Self {
        self.raw(key, "null")
    }

    pub(in crate::channel) fn object(self, key: &str, object: Self) -> Self {
        let inner = object.end();
        self.raw(key, &inner)
    }

    pub(in crate::channel) fn list(
        self,
        key: &str,
        objects: impl IntoIterator<Item = Self>,
    ) -> Self {
        let inner: Vec<String> = objects.into_iter().map(Self::end).collect();
        self.raw(key, &format!("[{}]", inner.join(",")))
    }

    pub(in crate::channel) fn texts(self, key: &str, texts: &[&str]) -> Self {
        let inner: Vec<String> = texts.iter().map(|text| quoted(text)).collect();
        self.raw(key, &format!("[{}]", inner.join(",")))
    }

    /// The JSON text.
    pub(in crate::channel) fn end(self) -> String {
        format!("{{{}}}", self.0)
    }
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// The digits of an id that the channel writes as a JSON number, never taken through one.
///
/// `resource` is the name in a global id such as `gid://shopify/Order/1`.
pub(in crate::channel) fn numeric<'i>(
    id: &'i ExternalId,
    field: &'static str,
    resource: &str,
) -> Result<&'i str, CannotCause> {
    /// A 64-bit number has at most 20 digits.
    const DIGITS_MAX: usize = 20;
    let whole = id.as_str();
    let global = whole
        .strip_prefix("gid://shopify/")
        .and_then(|rest| rest.strip_prefix(resource))
        .and_then(|rest| rest.strip_prefix('/'));
    let digits = global.unwrap_or(whole);
    let fine = !digits.is_empty()
        && digits.len() <= DIGITS_MAX
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && !digits.starts_with('0');
    if !fine {
        let value = whole.to_owned();
        return Err(CannotCause::BadId { field, value });
    }
    Ok(digits)
}

/// The global id of a thing at Shopify, from its number or from such an id.
pub(in crate::channel) fn global(
    id: &ExternalId,
    field: &'static str,
    resource: &str,
) -> Result<String, CannotCause> {
    let number = numeric(id, field, resource)?;
    Ok(format!("gid://shopify/{resource}/{number}"))
}

/// Any text as one segment of a path: everything but unreserved characters is percent-encoded.
pub(in crate::channel) fn segment(text: &str) -> String {
    use std::fmt::Write as _;
    let mut path = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            path.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _written = write!(path, "%{byte:02X}");
        }
    }
    path
}

/// A time in whole seconds and `Z`, cut.
pub(in crate::channel) fn seconds(at: Timestamp) -> String {
    let text = at.to_string();
    match text.split_once('.') {
        Some((whole, _)) => format!("{whole}Z"),
        None => text,
    }
}

/// A time with milliseconds and `Z`, as Amazon and eBay write it.
pub(in crate::channel) fn milliseconds(at: Timestamp) -> String {
    let text = at.to_string();
    match text.split_once('.') {
        Some((whole, parts)) => {
            let parts = parts.trim_end_matches('Z');
            let three: String = parts.chars().chain("000".chars()).take(3).collect();
            format!("{whole}.{three}Z")
        }
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::{JsonObject, global, milliseconds, numeric, segment};
    use crate::value::{Currency, ExternalId, Money, Timestamp};

    #[test]
    fn objects_are_written_in_order_and_escaped() {
        let yen = Money::parse("1100", Currency::parse("JPY").unwrap()).unwrap();
        let dinar = Money::parse("1.5", Currency::parse("KWD").unwrap()).unwrap();
        let inner = JsonObject::new().money("yen", yen).money("dinar", dinar);
        let text = JsonObject::new()
            .digits("id", "820982911946154508")
            .text("b", "a\"\\\n\u{1}ü😀")
            .text_if("none", None)
            .flag("yes", true)
            .number("n", 3)
            .texts("t", &["x", "y"])
            .null("none")
            .list("l", [JsonObject::new(), inner])
            .object("o", JsonObject::new())
            .end();
        assert_eq!(
            text,
            r#"{"id":820982911946154508,"b":"a\"\\\n\u0001ü😀","yes":true,"n":3,"t":["x","y"],"#
                .to_owned()
                + r#""none":null,"l":[{},{"yen":"1100","dinar":"1.500"}],"o":{}}"#
        );
        assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok());
    }

    #[test]
    fn ids_are_digits_or_refused() {
        let id = |text: &str| ExternalId::parse(text).unwrap();
        let read = |text: &str| numeric(&id(text), "order", "Order").map(str::to_owned);
        assert_eq!(
            read("18446744073709551616").unwrap(),
            "18446744073709551616"
        );
        assert_eq!(
            read("gid://shopify/Order/820982911946154508").unwrap(),
            "820982911946154508"
        );
        for bad in [
            "007",
            "1.5",
            "1e3",
            "-1",
            "12a",
            "gid://shopify/LineItem/1",
            "1,\"x\":2",
        ] {
            assert_eq!(read(bad).unwrap_err().code(), "bad_id", "{bad}");
        }
        assert!(read(&"9".repeat(21)).is_err());
        let whole = |text: &str| global(&id(text), "order", "Order");
        assert_eq!(whole("7").unwrap(), "gid://shopify/Order/7");
        assert_eq!(
            whole("gid://shopify/Order/7").unwrap(),
            "gid://shopify/Order/7"
        );
        assert!(whole("gid://shopify/Refund/7").is_err());
    }

    #[test]
    fn paths_hold_any_text() {
        assert_eq!(segment("902-18_4.5~x"), "902-18_4.5~x");
        assert_eq!(segment("../a b?ü#%"), "..%2Fa%20b%3F%C3%BC%23%25");
    }

    #[test]
    fn times_have_three_decimals() {
        let at = |text: &str| milliseconds(Timestamp::parse_rfc3339(text).unwrap());
        assert_eq!(
            at("2026-11-20T11:00:00.123456+01:00"),
            "2026-11-20T10:00:00.123Z"
        );
        assert_eq!(at("2026-11-20T10:00:00Z"), "2026-11-20T10:00:00.000Z");
    }
}
