//! The progress bar of the import.

use std::io::IsTerminal;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A progress bar on the standard error stream; invisible where nobody looks.
#[derive(Debug)]
pub(crate) struct Progress {
    bar: ProgressBar,
}

impl Progress {
    /// A bar for `orders` orders, drawn on a terminal only.
    pub(crate) fn new(orders: usize, wanted: bool) -> Self {
        let target = if wanted && std::io::stderr().is_terminal() {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        };
        let length = u64::try_from(orders).ok();
        let bar = ProgressBar::with_draw_target(length, target);
        let style = ProgressStyle::with_template("Taking orders in  [{bar:40}] {pos}/{len}");
        Self {
            bar: match style {
                Ok(style) => bar.with_style(style.progress_chars("=> ")),
                Err(_) => bar,
            },
        }
    }

    /// `orders` more orders are done.
    pub(crate) fn advance(&self, orders: usize) {
        self.bar.inc(u64::try_from(orders).unwrap_or_default());
    }

    /// Takes the bar away.
    pub(crate) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
