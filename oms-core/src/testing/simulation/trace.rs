//! What happened, in order: a hash of all of it, and the last of it in words.

use std::collections::VecDeque;
use std::fmt::Write;
use std::sync::Arc;

use crate::plan::Command;
use crate::service::Call;

/// Lines that are kept for the report of a failure.
const KEPT: usize = 100;

/// Of the JSON of a command.
const SHOWN_CHARS: usize = 800;

const FNV_OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
const FNV_PRIME: u64 = 0x0100_0000_01b3;

/// Commands with what accompanies them, shared between an operation and the trace.
pub(super) type Commands = Arc<Vec<(Command, Call)>>;

/// What happened so far.
#[derive(Debug)]
pub(super) struct Trace {
    hash: u64,
    tail: VecDeque<Line>,
}

#[derive(Debug)]
struct Line {
    text: String,
    /// Written out only when somebody reads it.
    commands: Option<Commands>,
}

impl Trace {
    pub(super) const fn new() -> Self {
        Self {
            hash: FNV_OFFSET,
            tail: VecDeque::new(),
        }
    }

    /// Notes something.
    pub(super) fn note(&mut self, step: u64, what: std::fmt::Arguments<'_>) {
        self.push(step, what, None);
    }

    /// Notes the beginning of an operation.
    pub(super) fn begin(&mut self, step: u64, what: std::fmt::Arguments<'_>, commands: Commands) {
        self.push(step, what, Some(commands));
    }

    fn push(&mut self, step: u64, what: std::fmt::Arguments<'_>, commands: Option<Commands>) {
        // The text of the oldest line becomes that of the newest, to spare an allocation.
        let mut text = if self.tail.len() < KEPT {
            String::new()
        } else {
            self.tail
                .pop_front()
                .map(|line| line.text)
                .unwrap_or_default()
        };
        text.clear();
        // Writing to a string cannot fail.
        let _written = write!(text, "{step} {what}");
        for byte in text.bytes() {
            self.hash = (self.hash ^ u64::from(byte)).wrapping_mul(FNV_PRIME);
        }
        self.tail.push_back(Line { text, commands });
    }

    pub(super) const fn hash(&self) -> u64 {
        self.hash
    }

    /// The last lines in words.
    pub(super) fn tail(&self) -> Vec<String> {
        let lines = self.tail.iter().map(|line| {
            let Some(commands) = &line.commands else {
                return line.text.clone();
            };
            let mut text = line.text.clone();
            for (command, call) in commands.iter() {
                let key = call.key().map_or("", |key| key.as_str());
                let asked = serde_json::to_string(command).unwrap_or_default();
                let asked: String = asked.chars().take(SHOWN_CHARS).collect();
                let expected = call.expected;
                let _written = write!(text, "\n      {key} {expected:?} {asked}");
            }
            text
        });
        lines.collect()
    }
}
