//! Messages of channels that are no order: pings, deletions, and "order so-and-so has changed".

use crate::channel::error::{ChannelError, ChannelErrorKind};
use crate::channel::json::{Object, document};
use crate::value::{ExternalId, Timestamp};

/// What a message without an order in it asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Notice {
    /// The channel tries the address out: answer well, do nothing. It bears no valid signature.
    Ping {
        /// The channel's id of the webhook, if it says.
        webhook: Option<ExternalId>,
    },
    /// An order was deleted on the channel.
    Deleted {
        /// The channel's id of it.
        order: ExternalId,
    },
    /// An order changed; fetch it.
    Changed {
        /// The channel's id of it.
        order: ExternalId,
        /// The message's own id: a message that comes again carries it again.
        message: Option<ExternalId>,
        /// When it changed there.
        at: Option<Timestamp>,
    },
}

/// Reads a message that is no order; `None` when it may be one, which
/// [`read_orders`](crate::channel::read_orders) says.
///
/// `topic` is the channel's word for the message, as its header gives it (`X-Shopify-Topic`,
/// `X-WC-Webhook-Topic`); leave it empty where there is none. Read are WooCommerce's form-encoded
/// ping, deletions of Shopify (`orders/delete`) and WooCommerce (`order.deleted`), and Amazon's
/// `ORDER_CHANGE` notification with or without the queue's envelope taken off.
///
/// ```
/// use oms_core::channel::{Notice, read_notice};
/// let ping = read_notice("", b"webhook_id=123")?;
/// assert!(matches!(ping, Some(Notice::Ping { webhook: Some(_) })));
/// let gone = read_notice("orders/delete", br#"{"id":820982911946154508}"#)?;
/// assert!(matches!(gone, Some(Notice::Deleted { order }) if order.as_str().ends_with("4508")));
/// assert_eq!(read_notice("orders/create", br#"{"id":1,"total_price":"2.00"}"#)?, None);
/// # Ok::<(), oms_core::channel::ChannelError>(())
/// ```
///
/// # Errors
/// [`ChannelErrorKind::NotUtf8`] and [`ChannelErrorKind::NotJson`] for a body that is neither a
/// form nor JSON; a field's error for a notice without a usable order id.
pub fn read_notice(topic: &str, body: &[u8]) -> Result<Option<Notice>, ChannelError> {
    if let Some(webhook) = form(body) {
        let webhook = ExternalId::parse(webhook).ok();
        return Ok(Some(Notice::Ping { webhook }));
    }
    let root = document(body)?;
    if !root.is_object() {
        return Ok(None);
    }
    let object = root.object()?;
    if matches!(topic, "orders/delete" | "order.deleted") {
        let order = order_id(&object, "id")?;
        return Ok(Some(Notice::Deleted { order }));
    }
    let kind = either(&object, &["NotificationType", "notificationType"])?;
    match kind.as_deref() {
        Some("ORDER_CHANGE") => order_change(&object).map(Some),
        Some(_) | None => Ok(None),
    }
}

/// The value of the one field of WooCommerce's ping, which is sent as a form.
fn form(body: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(body).ok()?.trim();
    let first = text.split('&').next().unwrap_or_default();
    first.strip_prefix("webhook_id=")
}

fn order_change(root: &Object<'_>) -> Result<Notice, ChannelError> {
    let payload = one_of(root, &["Payload", "payload"])?;
    let payload = payload.unwrap_or_else(|| root.clone());
    let names = ["OrderChangeNotification", "orderChangeNotification"];
    let change = one_of(&payload, &names)?.unwrap_or(payload);
    let id_key = ["AmazonOrderId", "amazonOrderId"];
    let key = id_key.into_iter().find(|key| change.value(key).is_some());
    let order = order_id(&change, key.unwrap_or("AmazonOrderId"))?;
    let metadata = one_of(root, &["NotificationMetadata", "notificationMetadata"])?;
    let message = match &metadata {
        Some(from) => either(from, &["NotificationId", "notificationId"])?,
        None => None,
    };
    let trigger = one_of(&change, &["OrderChangeTrigger", "orderChangeTrigger"])?;
    let at = match &trigger {
        Some(from) => either(from, &["TimeOfOrderChange", "timeOfOrderChange"])?,
        None => either(root, &["EventTime", "eventTime"])?,
    };
    Ok(Notice::Changed {
        order,
        message: message.and_then(|id| ExternalId::parse(&id).ok()),
        at: at.and_then(|text| Timestamp::parse_rfc3339(&text).ok()),
    })
}

fn one_of<'a>(object: &Object<'a>, keys: &[&str]) -> Result<Option<Object<'a>>, ChannelError> {
    let key = keys.iter().find(|key| object.value(key).is_some());
    key.map_or(Ok(None), |key| object.object(key))
}

fn either(object: &Object<'_>, keys: &[&str]) -> Result<Option<String>, ChannelError> {
    let key = keys.iter().find(|key| object.value(key).is_some());
    key.map_or(Ok(None), |key| object.owned(key))
}

fn order_id(object: &Object<'_>, key: &str) -> Result<ExternalId, ChannelError> {
    let (path, expected) = (object.path_of(key), "the channel's id of the order");
    let Some(text) = object.literal(key)? else {
        return Err(ChannelError::new(
            ChannelErrorKind::Missing,
            path,
            "",
            expected,
        ));
    };
    ExternalId::parse(&text)
        .map_err(|problem| ChannelError::invalid(problem.code(), path, &text, expected))
}
