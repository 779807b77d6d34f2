//! How far the import is: a bar on a terminal, a few plain lines elsewhere.

use std::io::{self, IsTerminal, Write};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// After how many hundredths of the files a plain line comes.
const STEP_PERCENT: usize = 10;

/// Told on the standard error stream.
#[derive(Debug)]
pub(crate) struct Progress {
    files: usize,
    done: usize,
    /// The last step that was told in a plain line.
    told: usize,
    shown: Shown,
}

#[derive(Debug)]
enum Shown {
    Bar(ProgressBar),
    Lines,
    Nothing,
}

impl Progress {
    /// Nothing is done yet.
    pub(crate) fn new(files: usize, quiet: bool) -> Self {
        let shown = match (quiet, io::stderr().is_terminal()) {
            (true, _) => Shown::Nothing,
            (false, true) => Shown::Bar(bar(files)),
            (false, false) => Shown::Lines,
        };
        Self {
            files,
            done: 0,
            told: 0,
            shown,
        }
    }

    /// `files` more files are done, and `orders` orders in all.
    pub(crate) fn advance(&mut self, files: usize, orders: usize) {
        self.done = self.done.saturating_add(files);
        match &self.shown {
            Shown::Bar(bar) => {
                bar.set_message(format!("{orders} orders"));
                bar.inc(u64::try_from(files).unwrap_or_default());
            }
            Shown::Lines => {
                let percent = self.done.saturating_mul(100) / self.files.max(1);
                let step = percent / STEP_PERCENT;
                if step > self.told {
                    self.told = step;
                    let done = self.done;
                    let all = self.files;
                    // Nobody is left to tell when this fails.
                    let _ = writeln!(io::stderr(), "{done} of {all} files, {orders} orders");
                }
            }
            Shown::Nothing => {}
        }
    }

    /// Takes the bar away.
    pub(crate) fn finish(&self) {
        if let Shown::Bar(bar) = &self.shown {
            bar.finish_and_clear();
        }
    }
}

fn bar(files: usize) -> ProgressBar {
    let length = u64::try_from(files).ok();
    let bar = ProgressBar::with_draw_target(length, ProgressDrawTarget::stderr());
    match ProgressStyle::with_template("Taking orders in  [{bar:40}] {pos}/{len} files, {msg}") {
        Ok(style) => bar.with_style(style.progress_chars("=> ")),
        Err(_) => bar,
    }
}
