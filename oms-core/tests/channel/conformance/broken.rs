//! A channel per defect: each fails the case that names its promise, and no other.

use oms_core::channel::{
    Answer, CannotExpress, Channel, ChannelError, Fetch, Inbound, Incoming, NoChange, OrderFacts,
    Outgoing, PageProblem, PersonCause, Request, Response, RetryWhy, Says, Shopify, StatusPolicy,
    StatusReport, SyncKind, SyncPage, SyncSettings, Throttle, Update, UpdateKind, View, Vocabulary,
    computed_total,
};
use oms_core::order::OrderStatus;
use oms_core::testing::channels::{CHANNEL_CASES, run};
use oms_core::value::{ChannelId, ExternalId};

use super::shops::ToldBy;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Defect {
    IdsThroughFloats,
    TotalsRecomputed,
    NeighboursLost,
    PayloadForgotten,
    BytesTrusted,
    UnknownMeansApproved,
    MovesBack,
    PromisesTooMuch,
    EchoAsksAPerson,
    AmountsAsFloats,
    RefusalsRetried,
    FailuresRepeated,
    FirstPageForEver,
    PausesIgnored,
    #[cfg(feature = "signatures")]
    BelievesAnybody,
}

const DEFECTS: &[(Defect, &str)] = &[
    (Defect::IdsThroughFloats, "ids_stay_as_sent"),
    (Defect::TotalsRecomputed, "the_stated_total_is_the_truth"),
    (
        Defect::NeighboursLost,
        "one_bad_order_never_loses_the_others",
    ),
    (
        Defect::PayloadForgotten,
        "an_order_reads_the_same_from_what_was_kept",
    ),
    (Defect::BytesTrusted, "hostile_bytes_are_answered"),
    (Defect::UnknownMeansApproved, "every_word_is_answered"),
    (Defect::MovesBack, "an_order_never_moves_back"),
    (Defect::PromisesTooMuch, "what_it_says_it_can_express"),
    (Defect::EchoAsksAPerson, "its_own_echo_changes_nothing"),
    (
        Defect::AmountsAsFloats,
        "ids_and_amounts_are_exact_literals",
    ),
    (Defect::RefusalsRetried, "every_answer_is_understood"),
    (Defect::FailuresRepeated, "every_answer_is_understood"),
    (Defect::FirstPageForEver, "pages_follow_one_another"),
    (Defect::PausesIgnored, "an_overloaded_channel_is_left_alone"),
    #[cfg(feature = "signatures")]
    (Defect::BelievesAnybody, "nobody_is_believed_without_a_key"),
];

/// Shopify, but for one defect.
#[derive(Clone, Copy, Debug)]
struct Faulty(Defect);

type Orders = Result<Vec<Result<Incoming, ChannelError>>, ChannelError>;

fn through_float(id: &ExternalId) -> ExternalId {
    let rounded = id.as_str().parse::<f64>().unwrap_or(0.0);
    ExternalId::parse(&format!("{rounded:.0}")).unwrap()
}

impl Channel for Faulty {
    fn kind(&self) -> &'static str {
        "faulty"
    }

    fn read_orders(&self, bytes: &[u8], channel: &ChannelId) -> Orders {
        if self.0 == Defect::BytesTrusted {
            std::str::from_utf8(bytes).expect("a channel sends text");
        }
        let mut found = Shopify.read_orders(bytes, channel)?;
        for order in found.iter_mut().flatten() {
            let draft = &mut order.draft;
            if self.0 == Defect::IdsThroughFloats {
                for line in &mut draft.lines {
                    line.channel_item = line.channel_item.as_ref().map(through_float);
                }
            }
            if self.0 == Defect::TotalsRecomputed {
                draft.stated_total = computed_total(draft).ok();
            }
            if self.0 == Defect::PayloadForgotten {
                draft.payload = None;
            }
        }
        if self.0 == Defect::NeighboursLost {
            return found.into_iter().map(|order| order.map(Ok)).collect();
        }
        Ok(found)
    }

    fn vocabulary(&self) -> &'static [Vocabulary] {
        Shopify.vocabulary()
    }

    fn read_statuses(
        &self,
        bytes: &[u8],
    ) -> Result<Vec<Result<StatusReport, ChannelError>>, ChannelError> {
        Shopify.read_statuses(bytes)
    }

    fn inbound(&self, report: &StatusReport, view: &View, policy: &StatusPolicy) -> Inbound {
        let answer = Shopify.inbound(report, view, policy);
        let to = |status| Inbound::MoveTo {
            status,
            remark: None,
        };
        match (self.0, &answer) {
            (
                Defect::UnknownMeansApproved,
                Inbound::NeedsPerson {
                    cause: PersonCause::UnknownWord { .. },
                },
            ) => to(OrderStatus::Approved),
            (
                Defect::MovesBack,
                Inbound::NoChange {
                    why: NoChange::Behind,
                },
            ) => to(OrderStatus::Approved),
            (
                Defect::EchoAsksAPerson,
                Inbound::NoChange {
                    why: NoChange::Same,
                },
            ) => PersonCause::AliveAgain.into(),
            _ => answer,
        }
    }

    fn says(&self, status: OrderStatus) -> Says {
        match (self.0, status) {
            // It says that it can, and sends nothing.
            (Defect::PromisesTooMuch, OrderStatus::OnHold) => Says::By(UpdateKind::Hold),
            _ => Shopify.says(status),
        }
    }

    fn outgoing(&self, facts: &OrderFacts, update: &Update) -> Result<Outgoing, CannotExpress> {
        let mut sent = Shopify.outgoing(facts, update)?;
        if self.0 == Defect::PromisesTooMuch && update.kind() == UpdateKind::Hold {
            sent.requests.clear();
        }
        if self.0 == Defect::AmountsAsFloats {
            for request in &mut sent.requests {
                let body = request.body.take();
                request.body = body.map(|body| body.replace("\"10.10\"", "10.10"));
            }
        }
        Ok(sent)
    }

    fn answer(&self, request: &Request, response: &Response) -> Answer {
        if self.0 == Defect::RefusalsRetried && response.status == 401 {
            return Answer::RetryAfter(Throttle {
                why: RetryWhy::Unavailable,
                wait_secs: None,
            });
        }
        match Shopify.answer(request, response) {
            Answer::RetryAfter(throttle) if self.0 == Defect::FailuresRepeated => {
                let why = match throttle.why {
                    RetryWhy::Unclear => RetryWhy::Unavailable,
                    why => why,
                };
                Answer::RetryAfter(Throttle { why, ..throttle })
            }
            answer => answer,
        }
    }

    fn sync_settings(&self, kind: SyncKind) -> Option<SyncSettings> {
        Shopify.sync_settings(kind)
    }

    fn fetch(&self, fetch: &Fetch) -> Option<Request> {
        let mut fetch = fetch.clone();
        if self.0 == Defect::FirstPageForEver {
            fetch.page = None;
        }
        Shopify.fetch(&fetch)
    }

    fn page(&self, fetch: &Fetch, response: &Response) -> Result<SyncPage, PageProblem> {
        match Shopify.page(fetch, response) {
            Err(PageProblem::Retry(throttle)) if self.0 == Defect::PausesIgnored => {
                Err(PageProblem::Retry(Throttle {
                    wait_secs: None,
                    ..throttle
                }))
            }
            other => other,
        }
    }

    #[cfg(feature = "signatures")]
    fn verify(
        &self,
        delivery: &oms_core::channel::signature::Delivery<'_>,
        keys: &oms_core::channel::signature::WebhookKeys,
    ) -> Result<(), oms_core::channel::signature::SignatureError> {
        if self.0 == Defect::BelievesAnybody {
            return Ok(());
        }
        Shopify.verify(delivery, keys)
    }
}

#[test]
fn every_defect_fails_the_case_that_names_it_and_no_other() {
    // A defect that panics is caught; its message would only confuse.
    std::panic::set_hook(Box::new(|_| {}));
    let mut told = Vec::new();
    for (defect, named) in DEFECTS {
        let shop = ToldBy(Faulty(*defect));
        let broken: Vec<_> = CHANNEL_CASES
            .iter()
            .filter(|case| run(&shop, case).is_err())
            .map(|case| case.name)
            .collect();
        if broken != [*named] {
            told.push(format!("{defect:?} fails {broken:?}, not only {named}"));
        }
    }
    let _hook = std::panic::take_hook();
    assert!(told.is_empty(), "{told:#?}");
}

#[cfg(feature = "signatures")]
#[test]
fn every_case_is_failed_by_some_defect() {
    for case in CHANNEL_CASES {
        let caught = DEFECTS.iter().any(|(_, named)| *named == case.name);
        assert!(caught, "no defect shows that {} can fail", case.name);
    }
}
