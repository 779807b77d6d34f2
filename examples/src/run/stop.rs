//! When a program is to end.

use std::convert::Infallible;
use std::future::pending;
use std::io::{self, Write};
use std::process;

/// What a program answers that ended at the second signal, as shells say of Ctrl-C.
const IMPATIENT: i32 = 130;

/// Waits until somebody presses Ctrl-C, or until a service manager says that the program is to end
/// (SIGTERM). From then on a second signal ends the program at once, whatever still runs: its jobs
/// are taken over when their leases are over.
///
/// Where signals cannot be heard it says so, and waits for ever.
pub async fn told_to_stop() {
    // There is no such value: this ends by a signal only.
    let _: Option<Infallible> = told_to_stop_or(pending()).await;
}

/// Waits until the program is [told to stop](told_to_stop), or until `work` ends, and answers what
/// came of that then. From then on a signal ends the program at once in either case: once they are
/// heard, signals do nothing by themselves any more.
pub async fn told_to_stop_or<T>(work: impl Future<Output = T> + Send) -> Option<T>
where
    T: Send,
{
    let mut signals = match Signals::new() {
        Ok(signals) => signals,
        Err(problem) => {
            // Nobody is left to tell when this fails too.
            let _ = writeln!(io::stderr(), "signals cannot be heard: {problem}");
            return Some(work.await);
        }
    };
    let done = tokio::select! {
        done = work => Some(done),
        () = signals.next() => None,
    };
    tokio::spawn(async move {
        signals.next().await;
        process::exit(IMPATIENT);
    });
    done
}

/// The signals that say so.
#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

/// The signals that say so: Ctrl-C alone.
#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    #[expect(
        clippy::unnecessary_wraps,
        reason = "elsewhere it may fail; here waiting does"
    )]
    const fn new() -> io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            pending::<()>().await;
        }
    }
}
