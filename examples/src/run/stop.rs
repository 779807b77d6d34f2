//! When a program is to end.

#[cfg(not(unix))]
use std::future::pending;
use std::io::{self, Write};
use std::process;

use tokio::sync::watch;

/// What a program answers that ended at the second signal, as shells say of Ctrl-C.
const IMPATIENT: i32 = 130;

/// Whether the program was told to end: by Ctrl-C, or by a service manager (SIGTERM).
///
/// Begin to [`listen`](Self::listen) before all else: the first process of a container never hears
/// of a signal that it did not ask for, and one that comes while a program begins would be lost.
#[derive(Clone, Debug)]
pub struct ToStop {
    told: watch::Sender<bool>,
}

impl ToStop {
    /// Hears signals from now on, which do nothing by themselves any more. The first is for the
    /// program to [heed](Self::told); a second one ends it at once, whatever still runs: its jobs
    /// are taken over when their leases are over. So does the first while nobody waits for it, as
    /// where a program that begins waits for a database: nothing runs then that would have to end.
    ///
    /// Where signals cannot be heard it says so, and nobody is ever told.
    ///
    /// # Panics
    /// Outside a Tokio runtime.
    #[must_use]
    pub fn listen() -> Self {
        let told = watch::Sender::new(false);
        match Signals::new() {
            Ok(signals) => {
                tokio::spawn(hear(signals, told.clone()));
            }
            Err(problem) => {
                // Nobody is left to tell when this fails too.
                let _ = writeln!(io::stderr(), "signals cannot be heard: {problem}");
            }
        }
        Self { told }
    }

    /// Waits until the program is told to end, if it was not before.
    pub async fn told(&self) {
        let mut told = self.told.subscribe();
        // The sender is here: this ends by a signal only.
        let _ = told.wait_for(|told| *told).await;
    }

    /// Waits until the program is [told to end](Self::told), or until `work` ends, and answers what
    /// came of that then. From then on a signal ends the program at once in either case.
    pub async fn told_or<T: Send>(&self, work: impl Future<Output = T> + Send) -> Option<T> {
        tokio::select! {
            biased;
            () = self.told() => None,
            done = work => {
                self.told.send_replace(true);
                Some(done)
            }
        }
    }
}

/// Passes the first signal on to who waits for it, and ends the program at the next, or at the
/// first where nobody does.
async fn hear(mut signals: Signals, told: watch::Sender<bool>) {
    loop {
        signals.next().await;
        let waited_for = told.receiver_count() > 0;
        if told.send_replace(true) || !waited_for {
            process::exit(IMPATIENT);
        }
    }
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
