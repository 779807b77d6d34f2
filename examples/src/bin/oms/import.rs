//! Taking orders in: what the channel says of each is respected.

use std::collections::{BTreeMap, BTreeSet};

use oms_core::channel::Incoming;
use oms_core::event::ActorKind;
use oms_core::order::{CommandKind, OrderCommand, OrderStatus};
use oms_core::plan::{OnProblem, Rejection};
use oms_core::service::{Call, Done, Error, Tenant};
use oms_core::value::limits::BATCH_ITEMS_MAX;
use oms_core::value::{OrderId, OrderNumber};

use crate::failure::{Failure, Trying};
use crate::inbox::{Inbox, InboxOrder, Kind, OrderFile};
use crate::intake::{self, Arriving, Fate, Importer, Stored, Told};
use crate::progress::Progress;
use crate::rejects::refused_rows;
use crate::report::{Known, LeftOut, Refused, Remark, Step, StepKind};
use crate::{who, words};

/// What became of the orders, beside those that were simply stored.
#[derive(Debug, Default)]
pub(crate) struct Import {
    pub(crate) refused: Vec<Refused>,
    pub(crate) left_out: Vec<LeftOut>,
    pub(crate) known: Vec<Known>,
    pub(crate) remarks: Vec<Remark>,
    pub(crate) steps: Vec<Step>,
    /// The orders of the files that the store has, by number: new ones and known ones.
    pub(crate) orders: BTreeMap<OrderNumber, OrderId>,
    /// Those of them that this run stored.
    pub(crate) new: BTreeSet<OrderId>,
    /// Orders that were approved when they were stored.
    approved: Vec<OrderNumber>,
}

/// Places every order of every file, in their order.
pub(crate) async fn take_in(
    tenant: &Tenant,
    inbox: &mut Inbox,
    unpaid_ttl_secs: Option<i64>,
    progress: &Progress,
) -> Result<Import, Failure> {
    let mut import = Import::default();
    let mut importer = Importer::new(tenant.clone(), false);
    for mut file in std::mem::take(&mut inbox.files) {
        let mut orders = std::mem::take(&mut file.orders).into_iter();
        loop {
            let batch: Vec<InboxOrder> = orders.by_ref().take(BATCH_ITEMS_MAX).collect();
            if batch.is_empty() {
                break;
            }
            let taken = batch.len();
            let mut round = Round {
                import: &mut import,
                file: &mut file,
                inbox,
                unpaid_ttl_secs,
            };
            round.run(&mut importer, batch).await?;
            progress.advance(taken);
        }
        inbox.files.push(file);
    }
    import.tell_approved();
    Ok(import)
}

impl Import {
    fn tell_approved(&mut self) {
        let mut numbers = std::mem::take(&mut self.approved);
        numbers.sort_unstable();
        if numbers.is_empty() {
            return;
        }
        let text = format!(
            "{} approved at once, as nothing stood against that.",
            words::orders(&numbers)
        );
        let step = Step {
            step: StepKind::Approved,
            orders: numbers,
            text,
        };
        self.steps.insert(0, step);
    }
}

/// One batch of orders of one file.
struct Round<'a> {
    import: &'a mut Import,
    file: &'a mut OrderFile,
    inbox: &'a mut Inbox,
    unpaid_ttl_secs: Option<i64>,
}

impl Round<'_> {
    async fn run(
        &mut self,
        importer: &mut Importer,
        batch: Vec<InboxOrder>,
    ) -> Result<(), Failure> {
        let mut arriving = Vec::with_capacity(batch.len());
        let mut lines = Vec::with_capacity(batch.len());
        for order in batch {
            arriving.push(self.arriving(order.incoming));
            lines.push(order.lines);
        }
        let fates = importer.take(&mut arriving).await;
        for ((arriving, lines), fate) in arriving.iter().zip(lines).zip(fates) {
            let order = &arriving.order;
            self.remark(order);
            match fate {
                Fate::LeftOut { why, told } => self.leave_out(order, why, &told),
                Fate::Stored(stored) => self.stored(order, &stored),
                Fate::Known(stored) => self.known(order, &stored),
                Fate::Refused(Error::Rejected(why)) => self.refuse(order, lines, &why),
                Fate::Refused(other) => return Err(other).trying("placing an order"),
                Fate::Unfinished(other) => {
                    return Err(other).trying("following the channel's word");
                }
            }
        }
        Ok(())
    }

    /// Shop orders are stored whatever stands against them, since the buyer has paid there; a row
    /// of a CSV file has an author who can be told.
    fn arriving(&self, order: Incoming) -> Arriving {
        let on_problem = match self.file.kind {
            Kind::Shopify | Kind::WooCommerce => OnProblem::Hold,
            Kind::Csv => OnProblem::Refuse,
        };
        Arriving {
            order,
            call: call(self.file),
            on_account: self.file.kind == Kind::Csv,
            on_problem,
            unpaid_ttl_secs: self.unpaid_ttl_secs,
        }
    }

    fn remark(&mut self, order: &Incoming) {
        let remark = |warning: &oms_core::channel::ChannelWarning| Remark {
            file: self.file.name.clone(),
            reference: words::reference_of(&order.draft),
            code: warning.code(),
            text: warning.to_string(),
        };
        let remarks: Vec<Remark> = order.warnings.iter().map(remark).collect();
        self.import.remarks.extend(remarks);
    }

    fn leave_out(&mut self, order: &Incoming, why: String, told: &[Told]) {
        self.file.row.left_out += 1;
        self.import.left_out.push(LeftOut {
            file: self.file.name.clone(),
            reference: words::reference_of(&order.draft),
            suggestion: order.state.suggestion.code(),
            text: why,
        });
        self.remark_late(order, told);
    }

    fn stored(&mut self, order: &Incoming, stored: &Stored) {
        let id = stored.receipt.id;
        let number = stored.receipt.number;
        self.import.orders.insert(number, id);
        self.file.row.stored += 1;
        self.import.new.insert(id);
        if stored.receipt.status == OrderStatus::Approved {
            self.import.approved.push(number);
        }
        self.followed(order, stored);
    }

    fn known(&mut self, order: &Incoming, stored: &Stored) {
        let number = stored.receipt.number;
        self.import.orders.insert(number, stored.receipt.id);
        self.file.row.known += 1;
        self.import.known.push(Known {
            file: self.file.name.clone(),
            reference: words::reference_of(&order.draft),
            number,
        });
        self.followed(order, stored);
    }

    /// What became of the channel's word once the order was stored.
    fn followed(&mut self, order: &Incoming, stored: &Stored) {
        for told in &stored.told {
            if let Ok(done) = &told.answer
                && !done.repeated
                && !done.receipt.events.is_empty()
            {
                self.tell(stored.receipt.number, &told.command, done);
            }
        }
        self.remark_late(order, &stored.told);
    }

    /// What an order does not allow any more is remarked on: it may have gone on since an earlier
    /// run.
    fn remark_late(&mut self, order: &Incoming, told: &[Told]) {
        let remark = |(command, why): (CommandKind, &Rejection)| Remark {
            file: self.file.name.clone(),
            reference: words::reference_of(&order.draft),
            code: why.code(),
            text: format!(
                "the channel's word ({command}) came too late: {}",
                words::rejection(why)
            ),
        };
        let remarks: Vec<Remark> = intake::too_late(told).map(remark).collect();
        self.import.remarks.extend(remarks);
    }

    fn refuse(&mut self, order: &Incoming, lines: Vec<u64>, rejection: &Rejection) {
        self.file.row.refused += 1;
        let draft = &order.draft;
        if let Some(headers) = &self.file.headers {
            let skus = draft.lines.iter().map(|line| line.sku.as_ref());
            let skus: Vec<Option<String>> = skus.map(|sku| sku.map(ToString::to_string)).collect();
            let payload = draft.payload.as_ref();
            let rows = refused_rows(rejection, &skus, &lines, payload, headers);
            self.inbox.reject_more(&self.file.name, rows);
        }
        self.import.refused.push(Refused {
            file: self.file.name.clone(),
            reference: words::reference_of(draft),
            code: rejection.code(),
            text: words::rejection(rejection),
            lines,
        });
    }

    fn tell(&mut self, number: OrderNumber, command: &OrderCommand, done: &Done) {
        let told = if let OrderCommand::Cancel { reason } = command {
            let text = format!("Order {number} was stored and cancelled at once: {reason}.");
            Some((StepKind::CancelledByChannel, text))
        } else if *command == OrderCommand::Confirm {
            let receipt = done.receipt.order.as_ref();
            let status = receipt.map_or(OrderStatus::Pending, |receipt| receipt.status);
            let is = words::status(status);
            let text = format!("Order {number} came again as paid and is {is} now.");
            Some((StepKind::PaidLater, text))
        } else {
            None
        };
        self.import.steps.extend(told.map(|(step, text)| Step {
            step,
            orders: vec![number],
            text,
        }));
    }
}

fn call(file: &OrderFile) -> Call {
    let reason = format!("read from {}", file.name);
    match file.kind {
        Kind::Shopify | Kind::WooCommerce => {
            who::by_because(ActorKind::Channel, file.channel.as_str(), &reason)
        }
        Kind::Csv => who::by_because(ActorKind::Person, file.channel.as_str(), &reason),
    }
}
