//! Signals that end a run before it is over: what it made on a server is dropped first.

#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::Failure;

/// Signals are heard from the moment this is made; they end the program no more.
#[cfg(unix)]
#[derive(Debug)]
pub(crate) struct Signals {
    /// `None` where the program is to go on when its terminal is gone, as under `nohup`.
    hangup: Option<Signal>,
    interrupt: Signal,
    terminate: Signal,
}

#[cfg(unix)]
impl Signals {
    pub(crate) fn new() -> Result<Self, Failure> {
        Ok(Self {
            hangup: match goes_on() {
                true => None,
                false => Some(signal(SignalKind::hangup())?),
            },
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    /// The next one, as the exit code that shells give it.
    pub(crate) async fn next(&mut self) -> u8 {
        tokio::select! {
            () = heard(self.hangup.as_mut()) => 129,
            _ = self.interrupt.recv() => 130,
            _ = self.terminate.recv() => 143,
        }
    }
}

#[cfg(unix)]
async fn heard(signal: Option<&mut Signal>) {
    match signal {
        Some(signal) => {
            let _: Option<()> = signal.recv().await;
        }
        None => std::future::pending().await,
    }
}

/// Whether whoever started the program lets it ignore that its terminal is gone. Listening would
/// undo that. Where there is no such file, nobody can tell.
#[cfg(unix)]
fn goes_on() -> bool {
    let status = std::fs::read_to_string("/proc/self/status");
    status.is_ok_and(|status| ignores_hangups(&status))
}

/// Whether the first signal, which is that one, is among those that the status of a process says
/// it ignores.
#[cfg(unix)]
fn ignores_hangups(status: &str) -> bool {
    let mut lines = status.lines();
    let ignored = lines.find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    ignored.is_some_and(|mask| mask & 1 == 1)
}

/// Ctrl-C alone.
#[cfg(not(unix))]
#[derive(Debug)]
pub(crate) struct Signals;

#[cfg(not(unix))]
impl Signals {
    pub(crate) fn new() -> Result<Self, Failure> {
        Ok(Self)
    }

    pub(crate) async fn next(&mut self) -> u8 {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
        130
    }
}

#[cfg(all(test, target_os = "linux"))]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn a_program_under_nohup_goes_on_when_its_terminal_is_gone() {
        let script = "trap '' HUP; exec cat /proc/self/status";
        let run = Command::new("sh").args(["-c", script]).output().unwrap();
        assert!(ignores_hangups(&String::from_utf8(run.stdout).unwrap()));
        // Rust ignores another signal from the start.
        for other in ["SigIgn:\t0000000000001000\n", "SigIgn:\tnone\n", ""] {
            assert!(!ignores_hangups(other), "{other}");
        }
    }
}
