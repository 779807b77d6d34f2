//! Checks, makes and prints the schema `oms`, for people who deploy.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;
use oms_core::port::StoreError;
use oms_core::value::TenantId;
use oms_store_postgres::{MIGRATIONS, PgOptions, PgStore, grants_sql, schema_sql};

/// The variable that names the database where the command line does not.
const VARIABLE: &str = "DATABASE_URL";

const MORE: &str = "\
Without an option it says whether the schema fits this release, and changes nothing.

Exit code:
  0  the schema fits, or what was asked is done; counters that differ are named and no failure
  1  it does not fit, or it cannot be done; one sentence says why";

/// Checks the schema `oms` of a database; makes it, prints it or mends a restored one if told so,
/// and brings counters of stock back to what stands behind them.
#[derive(Debug, Parser)]
#[command(name = "oms-migrate", version, after_help = MORE)]
struct Args {
    /// The database [default: DATABASE_URL]
    #[arg(long, value_name = "URL")]
    database_url: Option<String>,
    /// Apply the migrations that are missing, in one transaction; with --rebuild-stock write what
    /// it finds instead
    #[arg(long)]
    apply: bool,
    /// After a dump of another server was restored: number its events anew, before anybody works
    #[arg(long, conflicts_with_all = ["apply", "print", "grants"])]
    after_restore: bool,
    /// Print the whole schema as SQL for an empty database; connects to nothing
    #[arg(long, conflicts_with_all = ["apply", "grants"])]
    print: bool,
    /// Print the grants of the role that runs the library; connects to nothing
    #[arg(long, value_name = "ROLE", conflicts_with = "apply")]
    grants: Option<String>,
    /// Name the counters of a tenant that differ from claims, movements and orders; with --apply
    /// bring them back to these, as the owner of the schema, while others work
    #[arg(long, value_name = "TENANT", conflicts_with_all = ["after_restore", "print", "grants"])]
    rebuild_stock: Option<TenantId>,
}

fn main() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => {
            let _ = error.print();
            let asked = [ErrorKind::DisplayHelp, ErrorKind::DisplayVersion];
            return ExitCode::from(u8::from(!asked.contains(&error.kind())));
        }
    };
    let told = run(&args).and_then(|text| {
        let mut out = io::stdout().lock();
        let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
        written.map_err(|why| why.to_string())
    });
    match told {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            // Nobody is left to tell when this fails too.
            let _ = writeln!(io::stderr(), "oms-migrate: {problem}.");
            ExitCode::FAILURE
        }
    }
}

/// What to print, or one sentence on what went wrong.
fn run(args: &Args) -> Result<String, String> {
    if args.print {
        return Ok(schema_sql());
    }
    if let Some(role) = &args.grants {
        return Ok(grants_sql(role));
    }
    let variable = || std::env::var(VARIABLE).ok().filter(|url| !url.is_empty());
    let url = args.database_url.clone().or_else(variable);
    let url =
        url.ok_or_else(|| format!("no database is named: give --database-url or {VARIABLE}"))?;
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_all().build();
    let runtime = runtime.map_err(|why| format!("the program cannot start: {why}"))?;
    if let Some(tenant) = &args.rebuild_stock {
        let rebuilt = runtime.block_on(rebuild(&url, tenant, args.apply));
        return rebuilt.map_err(|why| why.to_string());
    }
    let (numbered, unbuilt) = runtime
        .block_on(bring_up(&url, args))
        .map_err(|why| why.to_string())?;
    let number = MIGRATIONS.last().map_or(0, |migration| migration.number);
    let done = if args.apply { "is now" } else { "is" };
    let restored = match (args.after_restore, numbered) {
        (false, _) => "",
        (true, true) => "The events are numbered anew, and every subscriber is where it was.\n",
        (true, false) => "The events fit this server, nothing was changed.\n",
    };
    let slow = match unbuilt.as_slice() {
        [] => String::new(),
        names => format!(
            "Hosts can work, and lists are slow until these indexes are built: {}. If no --apply \
             is building them, begin one.\n",
            names.join(", ")
        ),
    };
    Ok(format!(
        "{restored}The schema oms {done} at migration {number}, as this release needs it.\n{slow}"
    ))
}

/// Answers whether events were numbered anew, and the names of indexes that are not built.
async fn bring_up(url: &str, args: &Args) -> Result<(bool, Vec<&'static str>), StoreError> {
    let options = PgOptions::default().max_connections(1);
    let store = PgStore::connect(url, options).await?;
    if args.apply {
        store.migrate().await?;
    }
    let numbered = args.after_restore && store.after_restore().await?;
    store.check().await?;
    let unbuilt = store.unbuilt().await?;
    let unbuilt = unbuilt.into_iter().map(|index| index.name).collect();
    Ok((numbered, unbuilt))
}

/// Answers a line for each counter that differs, and what became of them.
async fn rebuild(url: &str, tenant: &TenantId, apply: bool) -> Result<String, StoreError> {
    let options = PgOptions::default().max_connections(1);
    let store = PgStore::connect(url, options).await?;
    store.check().await?;
    let found = match apply {
        true => store.rebuild_stock(tenant).await?,
        false => store.stock_differences(tenant).await?,
    };
    let mut told = String::new();
    for difference in &found {
        let left = match apply && !difference.written {
            true => " (no row can have that: nothing was written)",
            false => "",
        };
        told.push_str(&format!("{difference}{left}\n"));
    }
    let written = found.iter().filter(|one| one.written).count();
    told.push_str(&match (found.len(), apply) {
        (0, _) => "Every counter is what stands behind it.\n".to_owned(),
        (all, false) => format!("{all} counters differ, nothing was written: --apply does.\n"),
        (all, true) => format!("{written} of {all} counters that differed were written.\n"),
    });
    Ok(told)
}
