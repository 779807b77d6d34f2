//! Taking an order in: it is kept as it came, and a job that is kept with it places it later.

use serde::{Deserialize, Serialize};

use crate::event::{StreamId, StreamKind};
use crate::job::JobDraft;
use crate::plan::codec::{to_json, where_unfit};
use crate::plan::context::{Context, Planned, finish};
use crate::plan::once_rows::write_once;
use crate::plan::{
    DecodeError, DocumentKey, Index, PayloadDocument, PlaceOrder, Receipt, Rejection, encode,
};
use crate::value::limits::INTAKE_BYTES_MAX;
use crate::value::{
    ChannelId, CustomerId, IntakeId, JobId, JobKind, PayloadId, QueueName, Version,
};

/// The queue in which orders that were taken in wait.
pub const INTAKE_QUEUE: &str = "intake";

/// The kind of the jobs that place them.
pub const INTAKE_KIND: &str = "place_order";

/// How often placing an order is tried before it waits for a person: with the usual pauses for 21
/// to 43 minutes. The order itself is read or refused at the first attempt.
const ATTEMPTS: u16 = 10;

/// The media type of what is stored, with the number of its form: the schema of an order that
/// waits, which follows the rules of every other.
const MEDIA_TYPE: &str = "application/vnd.oms.intake.v1+json";

/// The number of the form in [`MEDIA_TYPE`].
const FORM: u16 = 1;

/// An order to take in now and to place later.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Intake {
    /// An order that was read already.
    Order(Box<PlaceOrder>),
    /// One order as a channel sent it, not looked at yet.
    Payload {
        /// The channel.
        channel: ChannelId,
        /// The text, byte for byte.
        text: String,
    },
}

impl std::fmt::Debug for Intake {
    /// Tells how long a payload is, not what it says: it may reach a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Order(place) => f.debug_tuple("Order").field(place).finish(),
            Self::Payload { channel, text } => f
                .debug_struct("Payload")
                .field("channel", channel)
                .field("text", &format_args!("{} bytes", text.len()))
                .finish(),
        }
    }
}

impl Intake {
    /// What a channel sent, not looked at yet.
    ///
    /// # Errors
    /// When the bytes are no UTF-8 text: no channel of this library sends anything else.
    pub fn payload(channel: ChannelId, bytes: &[u8]) -> Result<Self, std::str::Utf8Error> {
        let text = std::str::from_utf8(bytes)?.to_owned();
        Ok(Self::Payload { channel, text })
    }

    /// The stored form.
    pub(crate) fn document(&self) -> PayloadDocument {
        PayloadDocument::Present {
            media_type: MEDIA_TYPE.to_owned(),
            text: to_json(self),
        }
    }

    /// Reads the stored form.
    pub(crate) fn read(media_type: &str, text: &str) -> Result<Self, DecodeError> {
        let what = "an order that was taken in".to_owned();
        if let Some(found) = form(media_type).filter(|found| *found > FORM) {
            let known = FORM;
            return Err(DecodeError::NewerSchema { what, found, known });
        }
        let read = if media_type == MEDIA_TYPE {
            serde_json::from_str(text).map_err(|problem| where_unfit(&problem))
        } else {
            Err(format!("{media_type} is not {MEDIA_TYPE}"))
        };
        read.map_err(|detail| DecodeError::Corrupt { what, detail })
    }

    fn customer(&self) -> Option<CustomerId> {
        match self {
            Self::Order(place) => place.draft.customer,
            Self::Payload { .. } => None,
        }
    }
}

/// The number of a form of this library's.
fn form(media_type: &str) -> Option<u16> {
    let rest = media_type.strip_prefix("application/vnd.oms.intake.v")?;
    rest.strip_suffix("+json")?.parse().ok()
}

/// Where an order that was taken in is kept.
pub(crate) const fn row(id: IntakeId) -> DocumentKey {
    DocumentKey::Payload(PayloadId::from_uuid(id.as_uuid()))
}

/// The job that places an order that was taken in: it has the same id.
pub(crate) fn job(id: IntakeId) -> JobDraft {
    let (queue, kind) = (QueueName::own(INTAKE_QUEUE), JobKind::own(INTAKE_KIND));
    let job = JobId::from_uuid(id.as_uuid());
    JobDraft::new(job, queue, kind, "null").with_max_attempts(ATTEMPTS)
}

/// Plans the erasable row and the job: there are both or none.
pub(crate) fn plan(context: &Context<'_>, intake: &Intake) -> Result<Planned, Rejection> {
    context.settings()?;
    let document = intake.document();
    if let PayloadDocument::Present { text, .. } = &document
        && text.len() > INTAKE_BYTES_MAX
    {
        return Err(Rejection::OutOfRange {
            field: "intake".to_owned(),
            found: i64::try_from(text.len()).unwrap_or(i64::MAX),
            min: 1,
            max: i64::try_from(INTAKE_BYTES_MAX).unwrap_or(i64::MAX),
        });
    }
    let id = IntakeId::from_uuid((context.ids)());
    let mut change_set = context.change_set();
    let index = Index::Personal {
        customer: intake.customer(),
        order: None,
    };
    write_once(&mut change_set, row(id), encode(&document), index);
    let mut job = job(id);
    job.trace = context.origin.request_id.clone();
    change_set.jobs.push(job);
    let subject = StreamId::new(StreamKind::Host, format!("intake/{id}"));
    let mut receipt = Receipt::new(subject, Version::ZERO);
    receipt.intake = Some(id);
    Ok(finish(change_set, receipt))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::{FORM, Intake, MEDIA_TYPE, form};
    use crate::order::{OrderDraft, RawPayload, Source, SourceKind};
    use crate::plan::{DecodeError, OnProblem, PayloadDocument, PlaceOrder, ReserveMode};
    use crate::testing::strategies::draft;
    use crate::value::{ChannelId, Currency, Sku};

    fn read_back(intake: &Intake) -> Intake {
        let PayloadDocument::Present { media_type, text } = intake.document() else {
            panic!("it is present");
        };
        Intake::read(&media_type, &text).unwrap()
    }

    fn order() -> PlaceOrder {
        let channel = ChannelId::parse("desk").unwrap();
        let kind = SourceKind::Manual;
        let currency = Currency::parse("EUR").unwrap();
        let mut draft = OrderDraft::new(Source { kind, channel }, currency);
        draft.push_line("TEA", 2, "4.125").unwrap();
        draft.payload = Some(RawPayload {
            media_type: "text/csv",
            text: "TEA;2".to_owned(),
        });
        PlaceOrder {
            on_problem: OnProblem::Hold,
            reserve: ReserveMode::Tentative { ttl_secs: Some(60) },
            ..PlaceOrder::new(draft)
        }
    }

    #[test]
    fn what_was_stored_reads_back() {
        let intake = Intake::Order(Box::new(order()));
        assert_eq!(read_back(&intake), intake);
        let channel = ChannelId::parse("web").unwrap();
        let intake = Intake::payload(channel, "{\"name\":\"Ä\\u0020\"}".as_bytes()).unwrap();
        assert_eq!(read_back(&intake), intake);
    }

    proptest! {
        #[test]
        fn any_order_reads_back(draft in draft(vec![Sku::parse("TEA").unwrap()])) {
            let intake = Intake::Order(Box::new(PlaceOrder::new(draft)));
            prop_assert_eq!(read_back(&intake), intake);
        }
    }

    #[test]
    fn a_media_type_of_others_is_not_kept() {
        let mut order = order();
        order.draft.payload = Some(RawPayload {
            media_type: "text/x-of-the-host",
            text: "TEA;2".to_owned(),
        });
        let Intake::Order(read) = read_back(&Intake::Order(Box::new(order))) else {
            panic!("an order");
        };
        let payload = read.draft.payload.unwrap();
        assert_eq!(payload.media_type, "application/octet-stream");
        assert_eq!(payload.text, "TEA;2");
    }

    /// Orders that wait while a new release is installed are read by it.
    #[test]
    fn what_this_form_stored_once_is_read_for_ever() {
        let stored = r#"{"order":{"draft":{"source":{"kind":"manual","channel":"desk"},
            "external":[],"currency":"EUR","customer":null,
            "contacts":{"ship_to":null,"bill_to":null,"place":null},
            "lines":[{"id":1,"sku":"TEA","title":null,"channel_item":null,"quantity":2,
                "unit_price":"4.125 EUR","discount":"0.00 EUR","tax":"0.00 EUR","tax_rate":null}],
            "charges":[],"discount":"0.00 EUR","order_tax":null,"tax_mode":"exclusive",
            "stated_total":null,"payment":PAYMENT,"ordered_at":null,"promised_by":null,
            "tags":[],"notes":[],"attributes":{},
            "payload":{"media_type":"text/csv","text":"TEA;2"}},
            "on_problem":"hold","reserve":{"tentative":{"ttl_secs":60}}}}"#;
        let payment = serde_json::to_string(&order().draft.payment).unwrap();
        let stored = stored.replace("PAYMENT", &payment);
        let read = Intake::read(MEDIA_TYPE, &stored).unwrap();
        assert_eq!(read, Intake::Order(Box::new(order())));
    }

    #[test]
    fn another_form_is_not_guessed_at() {
        assert!(Intake::read("application/json", "{}").is_err());
        assert!(Intake::read(MEDIA_TYPE, "{}").is_err());
        // It becomes an error of the job, which is not erased.
        let spoiled = Intake::read(MEDIA_TYPE, r#"{"order":"secret"}"#).unwrap_err();
        assert!(!format!("{spoiled:?}").contains("secret"), "{spoiled:?}");
    }

    #[test]
    fn a_form_of_a_newer_release_is_told_apart_from_damage() {
        assert_eq!(form(MEDIA_TYPE), Some(FORM));
        let newer = MEDIA_TYPE.replace("v1", "v2");
        let error = Intake::read(&newer, "{}").unwrap_err();
        assert!(
            matches!(
                error,
                DecodeError::NewerSchema {
                    found: 2,
                    known: FORM,
                    ..
                }
            ),
            "{error:?}"
        );
        for other in ["v0", "v-1", "v", "vv2", "v99999"] {
            let error = Intake::read(&MEDIA_TYPE.replace("v1", other), "{}").unwrap_err();
            assert!(matches!(error, DecodeError::Corrupt { .. }), "{error:?}");
        }
    }

    #[test]
    fn a_payload_does_not_reach_a_log() {
        let channel = ChannelId::parse("web").unwrap();
        let intake = Intake::payload(channel, b"secret").unwrap();
        assert!(!format!("{intake:?}").contains("secret"));
    }
}
