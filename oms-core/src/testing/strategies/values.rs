//! Values, common ones often and strange ones sometimes.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::{BoxedStrategy, Just, Strategy, any, prop_oneof};
use rust_decimal::Decimal;

use crate::value::{
    Address, AttributeKey, CountryCode, Currency, ExternalId, GeoPoint, Money, Name, Note,
    PostalCode, Quantity, Rate, Tag, Text, Timestamp, Title, UnitPrice, Units, limits,
};

/// Texts that broke somebody's shop: quotes, other scripts and directions, joined and combining
/// characters, case that changes length, look-alike spaces, markup, and a formula.
const STRANGE: [&str; 16] = [
    "O'Brien & Søn",
    "Grüße aus Łódź",
    "北京市朝阳区",
    "שלום עולם",
    "👩‍👩‍👧‍👦 family",
    "Zoe\u{301}",
    "İstanbul ß ﬃ",
    "a\u{a0}b",
    "zero\u{200b}width",
    "\u{202e}txet sdrawkcab",
    "\"quoted\", with; separators",
    "<script>alert(1)</script>",
    "=1+1",
    "'; DROP TABLE orders; --",
    "null",
    "%s %n {0} ${x}",
];

const PLAIN: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 ._/-";

/// A text of some of these characters. (A regular expression would be read again for each text.)
pub(super) fn plain(
    of: &'static str,
    length: std::ops::RangeInclusive<usize>,
) -> impl Strategy<Value = String> {
    let chars: Vec<char> = of.chars().collect();
    vec(proptest::sample::select(chars), length).prop_map(String::from_iter)
}

/// A text without control characters and without whitespace around it, of 1 to `max` characters.
pub fn phrase(max: usize) -> BoxedStrategy<String> {
    let cut = move |text: String| {
        let cut: String = text.trim().chars().take(max).collect();
        let cut = cut.trim();
        (!cut.is_empty()).then(|| cut.to_owned())
    };
    prop_oneof![
        6 => plain(PLAIN, 1..=20),
        2 => proptest::sample::select(STRANGE.to_vec()).prop_map(str::to_owned),
        1 => vec(any::<char>(), 1..=30).prop_map(|chars| {
            chars.into_iter().filter(|c| !c.is_control()).collect()
        }),
        1 => Just("x".repeat(max)),
    ]
    .prop_filter_map("nothing is left of the text", cut)
    .boxed()
}

/// Makes a strategy for a type that some phrases parse as.
macro_rules! parsed {
    ($($(#[$doc:meta])* $name:ident -> $type:ident, $max:expr;)*) => {$(
        $(#[$doc])*
        pub fn $name() -> impl Strategy<Value = $type> {
            let parse = |text: String| $type::parse(&text).ok();
            phrase($max).prop_filter_map(concat!("not a ", stringify!($name)), parse)
        }
    )*};
}

parsed! {
    /// An id as another system sent it.
    external_id -> ExternalId, limits::EXTERNAL_ID_CHARS_MAX;
    /// A tag.
    tag -> Tag, limits::ID_CHARS_MAX;
    /// The name of an attribute.
    attribute_key -> AttributeKey, limits::ID_CHARS_MAX;
    /// The name of a person, company or place.
    name -> Name, limits::NAME_CHARS_MAX;
    /// The title of a line.
    title -> Title, limits::TITLE_CHARS_MAX;
    /// A note.
    note -> Note, limits::NOTE_CHARS_MAX;
}

/// A currency: none, two or three decimals.
pub fn currency() -> impl Strategy<Value = Currency> {
    let codes = vec!["EUR", "USD", "GBP", "JPY", "KWD", "CLP", "BHD"];
    proptest::sample::select(codes)
        .prop_filter_map("not a currency", |code| Currency::parse(code).ok())
}

/// An amount of zero or more, at most `max_minor` minor units.
pub fn amount(currency: Currency, max_minor: i64) -> impl Strategy<Value = Money> {
    minor(
        prop_oneof![2 => Just(0), 8 => 0..=max_minor.max(0)],
        currency,
    )
}

/// Any amount that fits, also negative, small ones often.
pub fn money(currency: Currency) -> impl Strategy<Value = Money> {
    let max = limits::MONEY_MINOR_MAX;
    let ends = prop_oneof![Just(max), Just(-max), Just(0), Just(-1), Just(1)];
    minor(
        prop_oneof![6 => -100_000..=100_000_i64, 1 => -max..=max, 1 => ends],
        currency,
    )
}

fn minor(minor: impl Strategy<Value = i64>, currency: Currency) -> impl Strategy<Value = Money> {
    minor.prop_map(move |minor| {
        Money::from_minor(minor, currency).unwrap_or_else(|_| Money::zero(currency))
    })
}

/// The price of one unit below 10,000, with up to six decimals.
pub fn unit_price(currency: Currency) -> impl Strategy<Value = UnitPrice> {
    let cents = (0..1_000_000_i64).prop_map(|cents| Decimal::new(cents, 2));
    let exact = (0..10_000_000_000_i64).prop_map(|micros| Decimal::new(micros, 6));
    let amount = prop_oneof![1 => Just(Decimal::ZERO), 7 => cents, 2 => exact];
    amount.prop_filter_map("not a price", move |amount| {
        UnitPrice::new(amount, currency).ok()
    })
}

/// A rate from nothing to the whole.
pub fn rate() -> impl Strategy<Value = Rate> {
    let usual = proptest::sample::select(vec![0, 70_000, 190_000, 200_000, 1_000_000_i64]);
    prop_oneof![usual, 0..=1_000_000_i64]
        .prop_map(|millionths| Rate::new(Decimal::new(millionths, 6)).unwrap_or(Rate::ZERO))
}

/// Any quantity, small ones often.
pub fn quantity() -> impl Strategy<Value = Quantity> {
    let any = prop_oneof![8 => 1..=20_u32, 1 => 1..=limits::QUANTITY_MAX];
    let units = prop_oneof![9 => any, 1 => Just(limits::QUANTITY_MAX)];
    units.prop_map(|units| Quantity::new(units).unwrap_or(Quantity::ONE))
}

/// A quantity from 1 to `max`.
pub fn small_quantity(max: u32) -> impl Strategy<Value = Quantity> {
    (1..=max.max(1)).prop_map(|units| Quantity::new(units).unwrap_or(Quantity::ONE))
}

/// Any count of units, small ones often.
pub fn units() -> impl Strategy<Value = Units> {
    let ends = prop_oneof![Just(0), Just(limits::UNITS_MAX)];
    prop_oneof![8 => 0..=50_u32, 1 => 0..=limits::UNITS_MAX, 1 => ends]
        .prop_map(|units| Units::new(units).unwrap_or(Units::ZERO))
}

/// Any time, of this decade often.
pub fn timestamp() -> impl Strategy<Value = Timestamp> {
    const DECADE_MICROS: std::ops::Range<i64> = 1_577_836_800_000_000..1_893_456_000_000_000;
    let ends = prop_oneof![Just(0), Just(Timestamp::MAX.micros())];
    prop_oneof![8 => DECADE_MICROS, 1 => 0..=Timestamp::MAX.micros(), 1 => ends]
        .prop_map(|micros| Timestamp::from_micros(micros).unwrap_or(Timestamp::EPOCH))
}

/// A postal address of which any part may be missing.
pub fn address() -> BoxedStrategy<Address> {
    let part = || option::of(name());
    let code = plain("ABCDEFGHIJ0123456789", 4..=8);
    let code =
        option::of(code.prop_filter_map("not a postal code", |code| PostalCode::parse(&code).ok()));
    let country = proptest::sample::select(vec!["DE", "FR", "US", "JP", "XK"]);
    let country =
        option::of(country.prop_filter_map("not a country", |code| CountryCode::parse(code).ok()));
    let parts = (
        part(),
        part(),
        part(),
        part(),
        part(),
        part(),
        code,
        country,
        option::weighted(0.2, location()),
    );
    parts
        .prop_map(
            |(name, company, line1, line2, city, region, postal_code, country, location)| Address {
                name,
                company,
                line1,
                line2,
                city,
                region,
                postal_code,
                country,
                location,
            },
        )
        .boxed()
}

fn location() -> impl Strategy<Value = GeoPoint> {
    (-90_000_i32..=90_000, -180_000_i32..=180_000).prop_filter_map("off the globe", |(lat, lon)| {
        let degrees = |thousandths: i32| format!("{}", f64::from(thousandths) / 1_000.0);
        GeoPoint::parse(&degrees(lat), &degrees(lon)).ok()
    })
}

/// A text of any kind that fits, for attribute values and the like.
pub(super) fn text<const MAX: usize>() -> impl Strategy<Value = Text<MAX>> {
    let whole = phrase(MAX).prop_filter_map("not a text", |text| Text::parse(text).ok());
    let lines = any::<(u8, u8)>().prop_filter_map("not a text", |(a, b)| {
        Text::parse(format!("line {a}\n\tline {b}")).ok()
    });
    prop_oneof![9 => whole, 1 => lines]
}
