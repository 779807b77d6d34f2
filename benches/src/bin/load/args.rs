//! The command line.

use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser, ValueEnum};

const EXIT_CODES: &str = "\
Exit code:
  0          everything was measured; calls that failed are counted in the table
  1          it could not be measured, or what was sold is not sound; one sentence says why
  2          the command line is wrong
  129, 130,  a signal ended the run (SIGHUP, Ctrl-C, SIGTERM); what it made on a server is
  143        dropped, but for a second signal";

/// Places orders as fast as it can, and says how fast that is.
///
/// The library is driven as a host drives it, through `Oms`, from many tasks at once. On PostgreSQL
/// it stands beside ceilings that are measured in turns with it, in the same run, on the same
/// server, over the same driver: `one`, the best single statement per order that writes the same
/// rows, and `batch`, the best statement that writes many orders. `lean` and `batch50` write next
/// to nothing: what they are faster by is what documents, history and names cost. The machine
/// should do nothing else meanwhile; quote the ratios, not the rates.
#[derive(Clone, Debug, Parser)]
#[command(name = "load", after_help = EXIT_CODES)]
pub(crate) struct Args {
    /// What to measure; several are measured one after the other.
    #[arg(long, value_enum, value_delimiter = ',', default_value = "uniform")]
    pub(crate) scenario: Vec<Scenario>,
    /// Where orders are kept. The ceiling of the memory store is another program:
    /// `cargo bench -p benches --bench memory`.
    #[arg(long, value_enum, default_value = "memory")]
    pub(crate) store: StoreKind,
    /// A PostgreSQL server to use; a database of its own is made there and dropped in the end, so
    /// the role must be allowed to make databases, and the server must allow 230 connections for
    /// the ceilings of 64 callers. A run that is killed leaves databases named oms_load_… there.
    /// Without it a private server is started on a socket in a temporary folder, with fsync and
    /// synchronous_commit on, and removed in the end.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    pub(crate) database_url: Option<String>,
    /// How many callers call at once; each number is measured.
    #[arg(long, value_delimiter = ',', default_value = "1,4,16,64", value_parser = callers)]
    pub(crate) callers: Vec<usize>,
    /// Seconds of each single measurement.
    #[arg(long, default_value_t = 5.0, value_parser = seconds)]
    pub(crate) seconds: f64,
    /// How often each measurement is repeated, in turns with the others; medians are shown.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) repeats: u32,
    /// SKUs of the catalogue.
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u64).range(30..))]
    pub(crate) skus: u64,
    /// Hubs; each of them has a stock row of every SKU.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=10))]
    pub(crate) hubs: u64,
    /// Tenants of the scenario `tenants`, each with a small shop of its own.
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) tenants: u64,
    /// Orders that the scenario `growth` stores before its second measurement, 99 % of them
    /// delivered.
    #[arg(long, default_value_t = 100_000)]
    pub(crate) preload: u64,
    /// Jobs that the scenario `queue` pushes and finishes in the end, to see whether it stays as
    /// fast as it began; 0 leaves that out.
    #[arg(long, default_value_t = 100_000)]
    pub(crate) jobs: u64,
    /// Most connections of the library's pool.
    #[arg(long, default_value_t = 16, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) connections: u32,
    /// Makes the private server wait 1 ms before each flush (commit_delay=1000,
    /// commit_siblings=0), as if it stood on a cloud disk.
    #[arg(long)]
    pub(crate) commit_delay: bool,
    /// Measures the library alone.
    #[arg(long)]
    pub(crate) no_ceilings: bool,
    /// Draws throughput and latency against callers into this file. With several scenarios the
    /// name of each is put before the ending.
    #[arg(long, value_name = "FILE.svg")]
    pub(crate) plot: Option<PathBuf>,
    /// Makes this a process of the scenario `processes`, with what it has to do.
    #[arg(long, hide = true, requires = "database_url")]
    pub(crate) worker: Option<String>,
    /// Writes every figure into this file.
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
}

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Scenario {
    /// Orders of 3 lines, spread evenly over SKUs and hubs.
    Uniform,
    /// One SKU is in every order; then a stock of it is sold to the last unit, which is checked.
    Hot,
    /// Place, approve, pick, pack, ship and deliver; a row counts whole lives, its latency is that
    /// of single steps.
    Lifecycle,
    /// Placements while one reader reads orders and lists, beside placements alone.
    Reads,
    /// `uniform` on a small store, and again after `--preload` orders.
    Growth,
    /// `uniform` over many tenants at once.
    Tenants,
    /// `hot` from one, two and four processes on one server, which share the callers; there are
    /// never more processes than callers.
    Processes,
    /// The same orders, with an address, in three shops: hubs taken by priority, hubs scored by
    /// their distance, and hubs that are bounded by a capacity of each day besides.
    Routing,
    /// Jobs on PostgreSQL: claimed and completed by batches, pushed by 16 callers and in bulk, each
    /// beside plain SQL; then `--jobs` of them through one table.
    Queue,
}

impl Args {
    /// Reads the command line. What cannot be measured ends the program before anything is set up.
    pub(crate) fn read() -> Self {
        let args = Self::parse().tidied();
        if let Err(why) = args.check() {
            Self::command()
                .error(ErrorKind::ArgumentConflict, why)
                .exit();
        }
        args
    }

    /// An empty `DATABASE_URL` names no server.
    fn tidied(mut self) -> Self {
        self.database_url = self.database_url.filter(|url| !url.is_empty());
        self
    }

    /// What no option says by itself.
    fn check(&self) -> Result<(), String> {
        for (place, scenario) in self.scenario.iter().enumerate() {
            if self.scenario.iter().skip(place + 1).any(|s| s == scenario) {
                return Err(format!("the scenario {} is named twice", scenario.name()));
            }
            if self.store == StoreKind::Memory && scenario.needs_postgres() {
                return Err(format!(
                    "the scenario {} needs --store postgres",
                    scenario.name()
                ));
            }
        }
        if self.commit_delay && (self.store == StoreKind::Memory || self.database_url.is_some()) {
            let why = "--commit-delay is a setting of the private server: it needs --store \
                postgres, and neither --database-url nor DATABASE_URL";
            return Err(why.to_owned());
        }
        Ok(())
    }
}

impl Scenario {
    /// Whether there is nothing to measure in memory.
    const fn needs_postgres(self) -> bool {
        match self {
            Self::Processes | Self::Queue => true,
            Self::Uniform
            | Self::Hot
            | Self::Lifecycle
            | Self::Reads
            | Self::Growth
            | Self::Tenants
            | Self::Routing => false,
        }
    }

    /// As on the command line.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Uniform => "uniform",
            Self::Hot => "hot",
            Self::Lifecycle => "lifecycle",
            Self::Reads => "reads",
            Self::Growth => "growth",
            Self::Tenants => "tenants",
            Self::Processes => "processes",
            Self::Routing => "routing",
            Self::Queue => "queue",
        }
    }
}

/// Where orders are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum StoreKind {
    /// In the process.
    Memory,
    /// In PostgreSQL.
    Postgres,
}

fn callers(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(callers @ 1..=10_000) => Ok(callers),
        Ok(_) | Err(_) => Err("a number from 1 to 10000".to_owned()),
    }
}

fn seconds(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(seconds) if (0.05..=86_400.0).contains(&seconds) => Ok(seconds),
        Ok(_) | Err(_) => Err("seconds from 0.05 to 86400".to_owned()),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn parse(arguments: &[&str]) -> Result<Args, clap::Error> {
        Args::try_parse_from([&["load"], arguments].concat())
    }

    #[test]
    fn nothing_means_the_defaults() {
        let args = parse(&[]).unwrap();
        assert_eq!(args.scenario, [Scenario::Uniform]);
        assert_eq!(args.callers, [1, 4, 16, 64]);
        assert_eq!((args.repeats, args.skus, args.hubs), (3, 10_000, 5));
        assert_eq!(args.store, StoreKind::Memory);
    }

    #[test]
    fn lists_are_repeated_or_separated_by_commas() {
        let args = parse(&["--scenario", "uniform,hot", "--scenario", "reads"]).unwrap();
        let expected = [Scenario::Uniform, Scenario::Hot, Scenario::Reads];
        assert_eq!(args.scenario, expected);
        let args = parse(&["--callers", "2,8", "--seconds", "0.5"]).unwrap();
        assert_eq!(args.callers, [2, 8]);
        assert!((args.seconds - 0.5).abs() < f64::EPSILON);
    }

    #[test]
    fn what_cannot_be_measured_is_refused() {
        for wrong in [
            ["--callers", "0"],
            ["--callers", "many"],
            ["--seconds", "0"],
            ["--seconds", "NaN"],
            ["--repeats", "0"],
            ["--skus", "29"],
            ["--hubs", "0"],
            ["--tenants", "0"],
            ["--connections", "0"],
            ["--scenario", "slow"],
            ["--store", "file"],
        ] {
            assert!(parse(&wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn what_does_not_go_together_is_refused_before_anything_runs() {
        for wrong in [
            "--scenario uniform,queue",
            "--scenario processes",
            "--scenario hot,uniform,hot",
            "--commit-delay",
            "--store postgres --commit-delay --database-url postgres://db/shop",
        ] {
            let arguments: Vec<&str> = wrong.split(' ').collect();
            let args = parse(&arguments).unwrap().tidied();
            assert!(args.check().is_err(), "{wrong}");
        }
        for right in [
            "--scenario uniform,hot",
            "--store postgres --scenario uniform,queue,processes",
            "--store postgres --commit-delay --database-url ",
        ] {
            let arguments: Vec<&str> = right.split(' ').collect();
            let args = parse(&arguments).unwrap().tidied();
            assert_eq!(args.check(), Ok(()), "{right}");
        }
    }

    #[test]
    fn scenarios_are_named_as_on_the_command_line() {
        for scenario in Scenario::value_variants() {
            let value = scenario.to_possible_value().unwrap();
            assert_eq!(value.get_name(), scenario.name());
        }
    }

    #[test]
    fn every_option_is_explained() {
        let command = Args::command();
        for argument in command.get_arguments() {
            assert!(argument.get_help().is_some(), "{}", argument.get_id());
        }
    }
}
