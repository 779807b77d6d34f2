//! The job from beginning to end.

use std::path::PathBuf;
use std::sync::Arc;

use futures_executor::block_on;
use oms_core::order::HoldReason;
use oms_core::port::Store;
use oms_core::service::{Oms, Tenant};
use oms_core::value::TenantId;
use oms_store_memory::MemoryStore;

use crate::args::{Args, TENANT};
use crate::clock::{JobClock, Pace};
use crate::failure::{Failure, Trying};
use crate::import::{self, Import};
use crate::inbox::{Inbox, OrderFile};
use crate::input::{self, File};
use crate::progress::Progress;
use crate::rejects::{self, TableKind, Written};
use crate::report::{RejectedFile, Report, Stock, Summary};
use crate::shop::Shop;
use crate::work::Work;
use crate::{database, look, samples, seed};

/// Some rows or orders were rejected.
const REJECTED: u8 = 2;
/// The job did not run, or not as it should.
pub(crate) const FAILED: u8 = 1;

/// A job that ran to its end.
#[derive(Debug)]
pub(crate) struct Ended {
    /// What it did.
    pub(crate) report: Report,
    /// What was wrong in the end. The report is told all the same: orders are stored by then, and
    /// nothing else names those that are not.
    pub(crate) failure: Option<Failure>,
}

/// Runs the job.
pub(crate) fn run(args: &Args) -> Result<Ended, Failure> {
    let mut shop = Shop::read(args)?;
    let files = if args.orders.is_empty() {
        samples::ORDERS.iter().copied().map(File::sample).collect()
    } else {
        input::order_files(&args.orders)?
    };
    let inputs: Vec<PathBuf> = files.iter().filter_map(|file| file.path.clone()).collect();
    let mut inbox = Inbox::read(files, args.channel.as_ref())?;
    inbox.tables.append(&mut shop.tables);
    inbox.rejected.append(&mut shop.rejected);
    let progress = Progress::new(inbox.order_count(), !args.quiet);
    let url = database::url(args)?;
    let mut report = match &url {
        None => {
            let clock = Arc::new(JobClock::default());
            let store = Arc::new(MemoryStore::with_clock(clock.clone()));
            let pace = Pace::SetAhead(clock);
            block_on(serve(
                store,
                pace,
                &args.tenant,
                &shop,
                &mut inbox,
                &progress,
            ))?
        }
        Some(url) => {
            let mut runtime = tokio::runtime::Builder::new_current_thread();
            let runtime = runtime.enable_all().build().map_err(Failure::Runtime)?;
            let mut report = runtime.block_on(async {
                let store = Arc::new(database::open(url, args).await?);
                serve(
                    store,
                    Pace::Wait,
                    &args.tenant,
                    &shop,
                    &mut inbox,
                    &progress,
                )
                .await
            })?;
            report.summary.store = Some("PostgreSQL");
            report
        }
    };
    let own = [&args.hubs, &args.skus, &args.stock];
    let inputs: Vec<PathBuf> = inputs
        .into_iter()
        .chain(own.into_iter().flatten().cloned())
        .collect();
    inbox.sort_rejected();
    let mut written = Vec::new();
    let unwritten = rejects::write(&inbox.tables, &args.out, &inputs, &mut written).err();
    report.rejected_files = written
        .iter()
        .map(|file| rejected_file(args, file))
        .collect();
    report.summary.sources = sources(args, &inbox, &shop);
    let kept_in = url.and_then(|url| database::place(&url, args));
    report.summary.sources.extend(kept_in);
    report.summary.hint = hint(args, &report);
    let failure = unsound(&report).or(unwritten);
    if failure.is_some() {
        report.summary.exit_code = FAILED;
    }
    Ok(Ended { report, failure })
}

/// A store that is not as it should be is worse than a file that is missing.
fn unsound(report: &Report) -> Option<Failure> {
    let violations = report.audit.violations.len();
    (violations > 0).then_some(Failure::Unsound { violations })
}

/// Everything that happens in the store.
async fn serve(
    store: Arc<dyn Store>,
    pace: Pace,
    tenant: &TenantId,
    shop: &Shop,
    inbox: &mut Inbox,
    progress: &Progress,
) -> Result<Report, Failure> {
    let oms = Oms::builder(store).build();
    let tenant = oms.tenant(tenant.clone());
    let channels = inbox.channels();
    let kept = seed::open(&tenant, &shop.seed, &channels).await;
    let kept = kept.trying("storing hubs, SKUs and stock")?;
    let settings = tenant.settings().await.trying("reading the settings")?;
    let low_at = settings.low_stock_threshold;
    let before = look::stock(&tenant, low_at).await?;

    let import = import::take_in(&tenant, inbox, pace.unpaid_ttl_secs(), progress).await?;
    progress.finish();

    let mut work = Work::new(tenant.clone(), pace, import.new.iter().copied().collect());
    work.tell_kept(kept);
    let oversold = import.refused.iter().any(|refused| refused.code == "short");
    if let (false, Some((channel, _))) = (oversold, channels.first()) {
        work.try_to_oversell(channel).await?;
    }
    work.run().await?;

    let after = look::stock(&tenant, low_at).await?;
    let stock = Stock {
        low_at,
        before,
        after,
    };
    report(&tenant, inbox, import, work, stock).await
}

async fn report(
    tenant: &Tenant,
    inbox: &mut Inbox,
    import: Import,
    work: Work,
    stock: Stock,
) -> Result<Report, Failure> {
    let (orders, held) = look::orders(tenant, &import.orders).await?;
    let history = match work.telling {
        Some(id) => Some(look::history(tenant, id).await?),
        None => look::busiest(tenant, &import.orders).await?,
    };
    let mut steps = import.steps;
    steps.extend(work.steps);
    let unread = inbox.files.iter().filter_map(OrderFile::unread);
    let rejected = std::mem::take(&mut inbox.rejected);
    let clean = rejected.is_empty() && import.refused.is_empty();
    let summary = Summary {
        sources: Vec::new(),
        store: None,
        orders_stored: import.new.len(),
        orders_known: orders.len().saturating_sub(import.new.len()),
        orders_on_hold: held.len(),
        orders_refused: import.refused.len(),
        orders_left_out: import.left_out.len(),
        rows_rejected: rejected.len(),
        hint: None,
        exit_code: if clean { 0 } else { REJECTED },
    };
    Ok(Report {
        summary,
        files: inbox.files.iter().map(|file| file.row.clone()).collect(),
        orders,
        steps,
        held,
        refused: import.refused,
        rejected,
        left_out: import.left_out,
        known: import.known,
        remarks: unread.chain(import.remarks).collect(),
        stock,
        history,
        audit: look::audit(tenant).await?,
        rejected_files: Vec::new(),
    })
}

fn sources(args: &Args, inbox: &Inbox, shop: &Shop) -> Vec<String> {
    let samples = if args.orders.is_empty() {
        "sample "
    } else {
        ""
    };
    let orders = match inbox.files.as_slice() {
        [one] => format!("Orders: {samples}file {}", one.name),
        many => format!("Orders: {} {samples}files", many.len()),
    };
    let shop = format!("Hubs, SKUs and stock: {}", shop.sources.join(", "));
    vec![orders, shop]
}

/// Own orders on the sample stock name SKUs it does not have: a first run often begins so.
fn hint(args: &Args, report: &Report) -> Option<String> {
    let refused = || {
        report
            .refused
            .iter()
            .any(|order| order.code == "unknown_skus")
    };
    let held = || {
        let mut held = report.held.iter();
        held.any(|order| order.reasons.contains(&HoldReason::UnknownSku))
    };
    let on_samples = !args.orders.is_empty() && args.stock.is_none() && args.skus.is_none();
    (on_samples && (refused() || held())).then(|| {
        "SKUs and stock are still the samples; give your own with --stock, and --skus and \
         --hubs if you like."
            .to_owned()
    })
}

fn rejected_file(args: &Args, file: &Written) -> RejectedFile {
    let path = file.path.display().to_string();
    let again = match file.kind {
        TableKind::Orders => Some(again(args, &path)),
        TableKind::Hubs | TableKind::Skus | TableKind::Stock => None,
    };
    RejectedFile {
        path,
        from: file.from.clone(),
        rows: file.rows,
        again,
    }
}

/// The command that feeds a file again, with the other options of this run.
fn again(args: &Args, path: &str) -> String {
    let mut command = format!("cargo run --release -- --orders {}", quoted(path));
    let file = |path: &PathBuf| path.display().to_string();
    let named = args.tenant.as_str() != TENANT;
    let options = [
        ("--hubs", args.hubs.as_ref().map(file)),
        ("--skus", args.skus.as_ref().map(file)),
        ("--stock", args.stock.as_ref().map(file)),
        ("--channel", args.channel.as_ref().map(ToString::to_string)),
        ("--tenant", named.then(|| args.tenant.to_string())),
        // It may hold a password.
        (
            "--database-url",
            args.database_url.as_ref().map(|_| "URL".to_owned()),
        ),
    ];
    for (option, value) in options {
        if let Some(value) = value {
            command.push_str(&format!(" {option} {}", quoted(&value)));
        }
    }
    command
}

/// A word of a command line, in quotes where a shell would see more than one.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "/._-:\\".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}
