//! How a sync walks.

use serde::{Deserialize, Serialize};

use crate::value::ExternalId;

/// What is pulled. Each kind is walked by a [`SyncWalk`](crate::channel::SyncWalk) of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SyncKind {
    /// Orders and their changes.
    Orders,
    /// Returns, where a channel keeps them apart.
    Returns,
    /// Stock levels.
    Stock,
}

impl SyncKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Orders, Self::Returns, Self::Stock];

    /// How long to rest once everything is pulled: orders are urgent, the rest is not.
    #[must_use]
    pub const fn freeze_secs(self) -> u32 {
        match self {
            Self::Orders => 300,
            Self::Returns => 3_600,
            Self::Stock => 1_800,
        }
    }
}

/// How a sync walks. Valid by construction; stored as JSON.
///
/// ```
/// use oms_core::channel::{SyncKind, SyncSettings};
/// let mut settings = SyncSettings::new(SyncKind::Orders);
/// settings.freeze_secs = 60;
/// assert!(settings.check().is_ok());
/// settings.page_items = 0;
/// assert_eq!(settings.check().map_err(|e| e.code()), Err("sync_setting_out_of_range"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SyncSettings {
    /// What is pulled.
    pub kind: SyncKind,
    /// Where: the marketplace, for channels that have several.
    pub scope: Option<ExternalId>,
    /// Items a page, up to 200; a channel that allows fewer is asked for as many as it allows.
    pub page_items: u32,
    /// How far a window reaches back before the end of the last one, in seconds: longer than the
    /// channel's index ever lags.
    pub overlap_secs: u32,
    /// How far the end of a window stays behind the present, in seconds.
    pub lag_secs: u32,
    /// The longest window, in seconds.
    pub window_secs: u32,
    /// The rest once everything is pulled, in seconds.
    pub freeze_secs: u32,
    /// The pause after the first failure, in seconds; it doubles with each further one.
    pub backoff_secs: u32,
    /// The longest pause after failures, in seconds.
    pub backoff_max_secs: u32,
}

/// A setting out of its range.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{setting} is {found}, must be between {min} and {max}")]
pub struct SyncSettingsError {
    /// Which.
    pub setting: &'static str,
    /// What it is.
    pub found: u32,
    /// The least allowed.
    pub min: u32,
    /// The most allowed.
    pub max: u32,
}

impl SyncSettingsError {
    /// The stable code of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        "sync_setting_out_of_range"
    }
}

impl SyncSettings {
    /// Items a page unless told otherwise.
    pub const PAGE_ITEMS: u32 = 50;

    /// Pages of 50, windows of a day with ten minutes of overlap, a minute behind the present.
    #[must_use]
    pub const fn new(kind: SyncKind) -> Self {
        Self {
            kind,
            scope: None,
            page_items: Self::PAGE_ITEMS,
            overlap_secs: 600,
            lag_secs: 60,
            window_secs: 86_400,
            freeze_secs: kind.freeze_secs(),
            backoff_secs: 5,
            backoff_max_secs: 900,
        }
    }

    /// Whether the settings lead anywhere.
    ///
    /// # Errors
    /// [`SyncSettingsError`] names the first setting that does not.
    pub const fn check(&self) -> Result<(), SyncSettingsError> {
        const DAY: u32 = 86_400;
        let ranges = [
            ("page_items", self.page_items, 1, 200),
            ("overlap_secs", self.overlap_secs, 0, 7 * DAY),
            ("lag_secs", self.lag_secs, 0, DAY),
            ("window_secs", self.window_secs, 1, 365 * DAY),
            ("freeze_secs", self.freeze_secs, 0, 7 * DAY),
            ("backoff_secs", self.backoff_secs, 1, DAY),
            (
                "backoff_max_secs",
                self.backoff_max_secs,
                self.backoff_secs,
                DAY,
            ),
        ];
        let mut at = 0;
        while at < ranges.len() {
            let (setting, found, min, max) = ranges[at];
            if found < min || found > max {
                return Err(SyncSettingsError {
                    setting,
                    found,
                    min,
                    max,
                });
            }
            at += 1;
        }
        Ok(())
    }
}
