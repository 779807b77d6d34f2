//! From JSON fields to values. What carries money, units or the order's identity is strict; what
//! people merely read is made to fit, with a warning.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::BTreeMap;

use rust_decimal::{Decimal, RoundingStrategy};

use crate::channel::error::{ChannelError, shortened};
use crate::channel::json::{Object, Value};
use crate::channel::warning::ChannelWarning;
use crate::channel::woocommerce::decode_entities;
use crate::value::{
    Currency, ExternalId, GeoError, GeoPoint, Money, MoneyError, Name, Quantity, QuantityError,
    Text, Timestamp, UnitPrice, ValueError,
};

/// Reads the fields of one order and collects what was odd.
#[derive(Debug)]
pub(super) struct Fields {
    pub(super) currency: Currency,
    pub(super) warnings: Vec<ChannelWarning>,
    /// Texts carry HTML entities.
    pub(super) html: bool,
    /// Amounts may have more decimals than the currency: those of the shop's own settings.
    pub(super) rounds: bool,
    /// Where an amount was rounded: what stands there, and what it became. Amounts are read
    /// through a shared reference, and some are read more than once.
    rounded: RefCell<BTreeMap<String, (String, Money)>>,
}

impl Fields {
    /// Reads the order's currency first, as every amount needs it.
    pub(super) fn of(order: &Object<'_>, html: bool) -> Result<Self, ChannelError> {
        let Some(code) = order.literal("currency")? else {
            return Err(ChannelError::missing(order.path_of("currency"), CURRENCY));
        };
        let currency = currency(&code, order.path_of("currency"))?;
        Ok(Self {
            html,
            ..Self::in_currency(currency)
        })
    }

    /// The fields of an order whose currency is known already; its texts are plain.
    pub(super) const fn in_currency(currency: Currency) -> Self {
        Self {
            currency,
            warnings: Vec::new(),
            html: false,
            rounds: false,
            rounded: RefCell::new(BTreeMap::new()),
        }
    }

    /// Everything that was odd.
    pub(super) fn into_warnings(self) -> Vec<ChannelWarning> {
        let mut warnings = self.warnings;
        let rounded = self.rounded.into_inner().into_iter();
        warnings.extend(
            rounded.map(|(path, (literal, rounded))| ChannelWarning::AmountRounded {
                path,
                literal,
                rounded,
            }),
        );
        warnings
    }

    /// An amount; `None` where the channel sends nothing.
    pub(super) fn money(
        &self,
        object: &Object<'_>,
        key: &str,
    ) -> Result<Option<Money>, ChannelError> {
        let read = self.amount(object, key, Money::parse);
        match read {
            Err(problem) if self.rounds && problem.cause() == Some(FINER) => self
                .rounded(object, key)
                .map_or(Err(problem), |money| Ok(Some(money))),
            read => read,
        }
    }

    /// The nearest whole number of minor units, halves to the even one, and a warning of it.
    fn rounded(&self, object: &Object<'_>, key: &str) -> Option<Money> {
        let text = object.literal(key).ok()??;
        let text = text.trim();
        let exact = text.parse::<Decimal>();
        let exact = exact.or_else(|_| Decimal::from_scientific(text)).ok()?;
        let digits = self.currency.minor_digits();
        let even = RoundingStrategy::MidpointNearestEven;
        let money = Money::new(exact.round_dp_with_strategy(digits, even), self.currency).ok()?;
        let mut rounded = self.rounded.borrow_mut();
        rounded.insert(object.path_of(key), (shortened(text), money));
        Some(money)
    }

    fn amount<T>(
        &self,
        object: &Object<'_>,
        key: &str,
        parse: fn(&str, Currency) -> Result<T, MoneyError>,
    ) -> Result<Option<T>, ChannelError> {
        let Some(text) = object.literal(key)? else {
            return Ok(None);
        };
        let amount = parse(text.trim(), self.currency);
        let refused = |problem| self.bad_amount(&problem, object.path_of(key), &text);
        amount.map(Some).map_err(refused)
    }

    /// An amount that counts as zero where the channel sends nothing.
    pub(super) fn money_or_zero(
        &self,
        object: &Object<'_>,
        key: &str,
    ) -> Result<Money, ChannelError> {
        Ok(self
            .money(object, key)?
            .unwrap_or_else(|| Money::zero(self.currency)))
    }

    /// An amount that may not be below zero.
    pub(super) fn not_negative(
        &self,
        object: &Object<'_>,
        key: &str,
    ) -> Result<Option<Money>, ChannelError> {
        let money = self.money(object, key)?;
        match money.filter(|money| money.is_negative()) {
            Some(amount) => Err(below_zero(amount, object.path_of(key))),
            None => Ok(money),
        }
    }

    /// The price of one unit.
    pub(super) fn unit_price(
        &self,
        object: &Object<'_>,
        key: &str,
    ) -> Result<Option<UnitPrice>, ChannelError> {
        self.amount(object, key, UnitPrice::parse)
    }

    fn bad_amount(&self, problem: &MoneyError, path: String, text: &str) -> ChannelError {
        let digits = self.currency.minor_digits();
        let expected = format!(
            "an amount in {} with at most {digits} decimals",
            self.currency
        );
        ChannelError::invalid(problem.code(), path, text, expected)
    }

    pub(super) fn zero(&self) -> Money {
        Money::zero(self.currency)
    }

    /// The sum of amounts; `path` names what is summed.
    pub(super) fn sum(
        &self,
        amounts: impl IntoIterator<Item = Money>,
        path: &str,
    ) -> Result<Money, ChannelError> {
        Money::try_sum(amounts, self.currency).map_err(|problem| out_of_range(&problem, path))
    }

    pub(super) fn warn(&mut self, warning: ChannelWarning) {
        self.warnings.push(warning);
    }

    /// Tells a state with two meanings: both of them, and the one taken.
    pub(super) fn ambiguous(&mut self, path: String, value: &str, note: &'static str) {
        let value = value.to_owned();
        self.warn(ChannelWarning::AmbiguousState { path, value, note });
    }

    pub(super) fn left_out(&mut self, path: String, cause: &'static str) {
        self.warn(ChannelWarning::LeftOut { path, cause });
    }

    /// Text for people, decoded where the channel sends HTML; a value that is no text is left out.
    pub(super) fn words<'a>(&mut self, object: &Object<'a>, key: &str) -> Option<Cow<'a, str>> {
        let value = object.value(key)?;
        self.words_of(&value)
    }

    pub(super) fn words_of<'a>(&mut self, value: &Value<'a>) -> Option<Cow<'a, str>> {
        match value.literal() {
            Ok(text) if self.html => text.map(|text| match text {
                Cow::Borrowed(text) => decode_entities(text),
                Cow::Owned(text) => Cow::Owned(decode_entities(&text).into_owned()),
            }),
            Ok(text) => text,
            Err(problem) => {
                self.left_out(problem.path.clone(), problem.code());
                None
            }
        }
    }

    /// Bounded text for people, cut to fit.
    pub(super) fn text<const MAX: usize>(
        &mut self,
        object: &Object<'_>,
        key: &str,
    ) -> Option<Text<MAX>> {
        let words = self.words(object, key)?;
        self.fit(&words, || object.path_of(key))
    }

    /// Cuts and cleans text for people, and says so.
    pub(super) fn fit<const MAX: usize>(
        &mut self,
        words: &str,
        path: impl FnOnce() -> String,
    ) -> Option<Text<MAX>> {
        let (fitting, changed) = fitted(words)?;
        if changed {
            let path = path();
            self.warn(ChannelWarning::Shortened { path });
        }
        Some(fitting)
    }

    /// An id of something inside the order, exactly as sent; one that cannot be kept is left out.
    pub(super) fn id(&mut self, object: &Object<'_>, key: &str) -> Option<ExternalId> {
        let kept = match object.literal(key) {
            Ok(None) => return None,
            Ok(Some(text)) => ExternalId::parse(&text).map_err(|problem| problem.code()),
            Err(problem) => Err(problem.code()),
        };
        kept.map_err(|cause| self.left_out(object.path_of(key), cause))
            .ok()
    }

    /// A value for people; one that breaks a rule is left out.
    pub(super) fn lenient<T, E: Into<ValueError>>(
        &mut self,
        object: &Object<'_>,
        key: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        let words = self.words(object, key)?;
        let refused = |problem: E| self.left_out(object.path_of(key), problem.into().code());
        parse(words.trim()).map_err(refused).ok()
    }

    /// A point on the map; half of one, or one that is off the globe, is left out.
    pub(super) fn location(
        &mut self,
        object: &Object<'_>,
        [lat, lon]: [&str; 2],
    ) -> Option<GeoPoint> {
        match (self.words(object, lat), self.words(object, lon)) {
            (Some(north), Some(east)) => GeoPoint::parse(north.trim(), east.trim())
                .map_err(|problem| {
                    let key = match problem {
                        GeoError::Latitude | GeoError::Malformed { .. } => lat,
                        GeoError::Longitude => lon,
                    };
                    self.left_out(object.path_of(key), problem.code());
                })
                .ok(),
            (Some(_), None) => {
                self.left_out(object.path_of(lat), GeoError::Longitude.code());
                None
            }
            (None, Some(_)) => {
                self.left_out(object.path_of(lon), GeoError::Latitude.code());
                None
            }
            (None, None) => None,
        }
    }

    pub(super) fn time(&mut self, object: &Object<'_>, key: &str) -> Option<Timestamp> {
        self.lenient(object, key, |text| match has_offset(text) {
            true => Timestamp::parse_rfc3339(text),
            // WooCommerce sends UTC without saying so.
            false => Timestamp::parse_rfc3339(&format!("{text}Z")),
        })
    }

    /// First and last name in one.
    pub(super) fn full_name(
        &mut self,
        object: &Object<'_>,
        first: &str,
        last: &str,
    ) -> Option<Name> {
        let parts = [self.words(object, first), self.words(object, last)];
        let joined = parts
            .iter()
            .flatten()
            .map(|part| part.trim())
            .collect::<Vec<_>>()
            .join(" ");
        self.fit(&joined, || object.path_of(first))
    }
}

/// Text cut and cleaned to fit, and whether that changed more than the kind of line feeds.
pub(super) fn fitted<const MAX: usize>(words: &str) -> Option<(Text<MAX>, bool)> {
    let fitting = Text::truncated(words)?;
    let changed = fitting.as_str() != words.trim().replace("\r\n", "\n");
    Some((fitting, changed))
}

/// What an amount is refused with that has more decimals than its currency.
const FINER: &str = "money_wrong_minor_units";

const CURRENCY: &str = "a currency code of three upper-case letters";

/// True when the time at the end of an RFC 3339 text says how far from UTC it is.
fn has_offset(text: &str) -> bool {
    let time = text
        .split_once(['T', 't', ' '])
        .map_or("", |(_, time)| time);
    time.contains(['Z', 'z', '+', '-'])
}

/// The currency of a code that stands under `path`.
pub(super) fn currency(code: &str, path: String) -> Result<Currency, ChannelError> {
    Currency::parse(code)
        .map_err(|problem| ChannelError::invalid(problem.code(), path, code, CURRENCY))
}

/// An amount that may not be below zero and is.
pub(super) fn below_zero(amount: Money, path: String) -> ChannelError {
    let found = amount.amount().to_string();
    ChannelError::invalid("money_negative", path, &found, "an amount of zero or more")
}

/// The units of a line of no less than one, or `None` for a line of none on which no money hangs:
/// `free` says so, `hangs` what would hang on it.
pub(super) fn units_of_line(
    item: &Object<'_>,
    key: &str,
    free: bool,
    hangs: &str,
) -> Result<Option<Quantity>, ChannelError> {
    let units = quantity(item, key)?;
    if units.is_some() || free {
        return Ok(units);
    }
    let expected = format!("at least one unit, as the line has {hangs}");
    let path = item.path_of(key);
    Err(ChannelError::invalid("quantity_zero", path, "0", expected))
}

/// The units of a line; zero is `None`.
pub(super) fn quantity(object: &Object<'_>, key: &str) -> Result<Option<Quantity>, ChannelError> {
    let path = object.path_of(key);
    let expected = "a whole number of units";
    let Some(text) = object.literal(key)? else {
        return Err(ChannelError::missing(path, expected));
    };
    match Quantity::parse(&text) {
        Ok(units) => Ok(Some(units)),
        Err(QuantityError::Zero) => Ok(None),
        Err(problem) => Err(ChannelError::invalid(problem.code(), path, &text, expected)),
    }
}

pub(super) fn out_of_range(problem: &MoneyError, path: &str) -> ChannelError {
    ChannelError::invalid(problem.code(), path, "", "a sum within the range of money")
}

/// An unknown word of the channel, shortened for a warning.
pub(super) fn unknown_state(path: &str, word: &str) -> ChannelWarning {
    ChannelWarning::UnknownState {
        path: path.to_owned(),
        value: shortened(word),
    }
}

/// Makes a natural key of foreign words: single spaces, no control characters, at most `max`.
pub(super) fn natural(words: &str, max: usize) -> Cow<'_, str> {
    let clean = words.trim();
    let fits = clean.chars().count() <= max
        && !clean.contains("  ")
        && !clean
            .chars()
            .any(|c| c.is_control() || (c.is_whitespace() && c != ' '));
    if fits {
        return Cow::Borrowed(clean);
    }
    let spaced: String = clean
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    let single = spaced.split_whitespace().collect::<Vec<_>>().join(" ");
    let cut: String = single.chars().take(max).collect();
    Cow::Owned(cut.trim_end().to_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{Fields, has_offset, natural};
    use crate::channel::json::document;
    use crate::channel::warning::ChannelWarning;
    use crate::value::{AttributeKey, CountryCode, EmailAddress, Name};

    #[test]
    fn an_offset_is_found_after_the_date_only() {
        assert!(has_offset("2026-11-20T10:00:00Z"));
        assert!(has_offset("2026-11-20T10:00:00+01:00"));
        assert!(has_offset("2026-11-20T10:00:00-05:00"));
        assert!(!has_offset("2026-11-20T10:00:00"));
        assert!(!has_offset("2026-11-20"));
    }

    #[test]
    fn any_words_become_a_natural_key() {
        assert_eq!(natural("gift wrap", 64), "gift wrap");
        assert_eq!(natural("  a \t b\u{0}c\u{a0}d ", 64), "a b c d");
        assert_eq!(natural("ab cd", 3), "ab");
        assert_eq!(natural(" \n ", 64), "");
        for words in ["a  b", "\tx", "y ".repeat(60).as_str(), "ü\u{2003}ö"] {
            assert!(
                AttributeKey::parse(&natural(words, 64)).is_ok(),
                "{words:?}"
            );
        }
    }

    #[test]
    fn people_texts_are_made_to_fit_or_left_out_with_a_warning() {
        let long = "x".repeat(300);
        let json = format!(
            r#"{{"currency":"EUR","a":"{long}","b":{{"c":1}},"mail":"no mail","d":"not a day",
                "land":"Germany"}}"#
        );
        let object = document(json.as_bytes()).unwrap().object().unwrap();
        let mut fields = Fields::of(&object, false).unwrap();
        let name: Name = fields.text(&object, "a").unwrap();
        assert_eq!(name.as_str().len(), 200);
        assert_eq!(fields.words(&object, "b"), None);
        assert!(
            fields
                .lenient(&object, "mail", EmailAddress::parse)
                .is_none()
        );
        assert!(fields.time(&object, "d").is_none());
        assert!(
            fields
                .lenient(&object, "land", CountryCode::parse)
                .is_none()
        );
        let left_out = |path: &str, cause| ChannelWarning::LeftOut {
            path: path.to_owned(),
            cause,
        };
        let expected = [
            ChannelWarning::Shortened {
                path: "a".to_owned(),
            },
            left_out("b", "channel_field_wrong_type"),
            left_out("mail", "email_whitespace"),
            left_out("d", "timestamp_malformed"),
            left_out("land", "country_code_malformed"),
        ];
        assert_eq!(fields.warnings, expected);
    }

    #[test]
    fn amounts_are_exact_or_refused() {
        let json = br#"{"currency":"JPY","a":"1100000.00","b":"25.99","c":-1,"d":12}"#;
        let object = document(json).unwrap().object().unwrap();
        let fields = Fields::of(&object, false).unwrap();
        assert_eq!(
            fields.money(&object, "a").unwrap().unwrap().minor(),
            1_100_000
        );
        let error = fields.money(&object, "b").unwrap_err();
        assert_eq!(error.cause(), Some("money_wrong_minor_units"));
        assert_eq!(error.expected, "an amount in JPY with at most 0 decimals");
        assert_eq!(
            fields.not_negative(&object, "c").unwrap_err().cause(),
            Some("money_negative")
        );
        assert_eq!(fields.money(&object, "d").unwrap().unwrap().minor(), 12);
        assert!(fields.money(&object, "e").unwrap().is_none());
    }

    #[test]
    fn without_a_currency_nothing_can_be_read() {
        let of = |json: &[u8]| {
            Fields::of(&document(json).unwrap().object().unwrap(), false)
                .map(|_| ())
                .unwrap_err()
        };
        assert_eq!(of(b"{\"a\":1}").code(), "channel_field_missing");
        assert_eq!(
            of(br#"{"currency":"ZZZ"}"#).cause(),
            Some("currency_unknown")
        );
        assert_eq!(
            of(br#"{"currency":"eur"}"#).cause(),
            Some("currency_malformed")
        );
    }
}
