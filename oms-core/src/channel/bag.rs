//! Amounts that come as an object of their own: an amount beside its currency.

use crate::channel::error::ChannelError;
use crate::channel::fields::{Fields, currency};
use crate::channel::json::Object;
use crate::value::{Currency, Money, UnitPrice};

/// How [`Fields`] reads an amount under a key.
type Read<T> = fn(&Fields, &Object<'_>, &str) -> Result<Option<T>, ChannelError>;

/// The keys of an amount and its currency in one channel's objects.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bag {
    amount: &'static str,
    currency: &'static str,
    /// What the amount was before it was converted for the seller.
    before: Option<(&'static str, &'static str)>,
    /// The key of the amount in the shop's own currency, where the object holds two.
    inner: Option<&'static str>,
}

/// `{"value":"249.0","currency":"EUR"}` of eBay.
pub(super) const EBAY: Bag = Bag {
    amount: "value",
    currency: "currency",
    before: Some(("convertedFromValue", "convertedFromCurrency")),
    inner: None,
};

/// `{"Amount":"11.01","CurrencyCode":"USD"}` of Amazon's Orders v0.
pub(super) const AMAZON_V0: Bag = Bag {
    amount: "Amount",
    currency: "CurrencyCode",
    before: None,
    inner: None,
};

/// `{"amount":"11.01","currencyCode":"USD"}` of Amazon's Orders 2026-01-01.
pub(super) const AMAZON_2026: Bag = Bag {
    amount: "amount",
    currency: "currencyCode",
    before: None,
    inner: None,
};

/// `{"shopMoney":{"amount":"13.5","currencyCode":"CAD"},"presentmentMoney":…}` of Shopify GraphQL.
pub(super) const SHOPIFY: Bag = Bag {
    amount: "amount",
    currency: "currencyCode",
    before: None,
    inner: Some("shopMoney"),
};

impl Bag {
    fn open<'a>(self, object: &Object<'a>, key: &str) -> Result<Option<Object<'a>>, ChannelError> {
        let bag = object.object(key)?;
        match (self.inner, bag) {
            (Some(inner), Some(bag)) => bag.object(inner),
            (_, bag) => Ok(bag),
        }
    }

    /// The currency of an amount, if it is there and says.
    pub(super) fn currency(
        self,
        object: &Object<'_>,
        key: &str,
    ) -> Result<Option<Currency>, ChannelError> {
        let Some(bag) = self.open(object, key)? else {
            return Ok(None);
        };
        let Some(code) = bag.literal(self.currency)? else {
            return Ok(None);
        };
        currency(&code, bag.path_of(self.currency)).map(Some)
    }

    /// The object and the key that hold the amount in the order's currency.
    fn place<'a>(
        self,
        fields: &Fields,
        object: &Object<'a>,
        key: &str,
    ) -> Result<Option<(Object<'a>, &'static str)>, ChannelError> {
        let Some(bag) = self.open(object, key)? else {
            return Ok(None);
        };
        let code = bag.literal(self.currency)?;
        if code
            .as_deref()
            .is_none_or(|code| code == fields.currency.code())
        {
            return Ok(Some((bag, self.amount)));
        }
        if let Some((amount, currency)) = self.before
            && bag.literal(currency)?.as_deref() == Some(fields.currency.code())
        {
            return Ok(Some((bag, amount)));
        }
        // Nothing is nothing in every currency.
        let amount = fields.money(&bag, self.amount);
        if amount.is_ok_and(|amount| amount.is_none_or(Money::is_zero)) {
            return Ok(None);
        }
        let path = bag.path_of(self.currency);
        let expected = format!("an amount in {}, the order's currency", fields.currency);
        let found = code.unwrap_or_default();
        Err(ChannelError::invalid(
            "money_currency_mismatch",
            path,
            &found,
            expected,
        ))
    }

    fn read<T>(
        self,
        fields: &Fields,
        object: &Object<'_>,
        key: &str,
        read: Read<T>,
    ) -> Result<Option<T>, ChannelError> {
        match self.place(fields, object, key)? {
            Some((bag, amount)) => read(fields, &bag, amount),
            None => Ok(None),
        }
    }

    /// The amount under a key; `None` where the channel sends nothing.
    pub(super) fn money(
        self,
        fields: &Fields,
        object: &Object<'_>,
        key: &str,
    ) -> Result<Option<Money>, ChannelError> {
        self.read(fields, object, key, Fields::money)
    }

    /// As [`money`](Self::money), nothing counting as zero.
    pub(super) fn or_zero(
        self,
        fields: &Fields,
        object: &Object<'_>,
        key: &str,
    ) -> Result<Money, ChannelError> {
        Ok(self
            .money(fields, object, key)?
            .unwrap_or_else(|| fields.zero()))
    }

    /// As [`money`](Self::money), and it may not be below zero.
    pub(super) fn not_negative(
        self,
        fields: &Fields,
        object: &Object<'_>,
        key: &str,
    ) -> Result<Option<Money>, ChannelError> {
        self.read(fields, object, key, Fields::not_negative)
    }

    /// The amount as the price of one unit.
    pub(super) fn unit_price(
        self,
        fields: &Fields,
        object: &Object<'_>,
        key: &str,
    ) -> Result<Option<UnitPrice>, ChannelError> {
        self.read(fields, object, key, Fields::unit_price)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{AMAZON_V0, EBAY, SHOPIFY};
    use crate::channel::fields::Fields;
    use crate::channel::json::document;
    use crate::value::Currency;

    #[test]
    fn the_amount_in_the_orders_currency_is_taken_and_no_other() {
        let text = br#"{"a":{"value":"85.02","currency":"GBP","convertedFromValue":"96.43",
            "convertedFromCurrency":"EUR"},"b":{"value":"1.0","currency":"GBP"},
            "c":{"value":"0.0","currency":"GBP"},"d":{"value":"2.5"},"e":{},
            "f":{"value":"x","currency":"EUR"},"g":7}"#;
        let object = document(text).unwrap().object().unwrap();
        let fields = Fields::in_currency(Currency::parse("EUR").unwrap());
        let minor = |key: &str| {
            EBAY.money(&fields, &object, key)
                .map(|m| m.map(|m| m.minor()))
        };
        assert_eq!(minor("a").unwrap(), Some(9_643));
        let other = minor("b").unwrap_err();
        assert_eq!(other.cause(), Some("money_currency_mismatch"));
        assert_eq!(
            (other.path.as_str(), other.value.as_str()),
            ("b.currency", "GBP")
        );
        assert_eq!(minor("c").unwrap(), None);
        assert_eq!(minor("d").unwrap(), Some(250));
        assert_eq!(minor("e").unwrap(), None);
        assert_eq!(minor("f").unwrap_err().path, "f.value");
        assert_eq!(minor("g").unwrap_err().code(), "channel_field_wrong_type");
        assert_eq!(EBAY.currency(&object, "b").unwrap().unwrap().code(), "GBP");
        assert_eq!(AMAZON_V0.currency(&object, "b").unwrap(), None);
    }

    #[test]
    fn a_bag_of_two_moneys_is_read_in_the_shops() {
        let text = br#"{"p":{"shopMoney":{"amount":"13.5","currencyCode":"CAD"},
            "presentmentMoney":{"amount":"9.0","currencyCode":"USD"}}}"#;
        let object = document(text).unwrap().object().unwrap();
        let fields = Fields::in_currency(Currency::parse("CAD").unwrap());
        let price = SHOPIFY.unit_price(&fields, &object, "p").unwrap().unwrap();
        assert_eq!(price.amount().to_string(), "13.50");
        assert_eq!(
            SHOPIFY.currency(&object, "p").unwrap().unwrap().code(),
            "CAD"
        );
    }
}
