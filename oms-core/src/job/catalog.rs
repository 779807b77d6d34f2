//! Which queues there are and who works in them.

use std::collections::{BTreeMap, BTreeSet};

use crate::job::{JobDraft, JobRejection, RetryPolicy};
use crate::value::{JobKind, QueueName};

/// The queues a host has, and the kinds of jobs that are worked on in each.
///
/// Whoever pushes jobs asks it first, so that a job nobody would ever work on is refused at once.
/// A host that pushes only and one that works share one catalog in their code.
///
/// ```
/// use oms_core::job::{JobCatalog, JobDraft, QueueRules};
/// use oms_core::value::{JobId, JobKind, QueueName};
/// use uuid::Uuid;
///
/// let mail = QueueName::parse("mail")?;
/// let confirm = JobKind::parse("confirm")?;
/// let catalog = JobCatalog::default().with_queue(mail.clone(), QueueRules::of([confirm.clone()]));
/// let id = JobId::from_uuid(Uuid::from_u128(1));
/// let post = QueueName::parse("post")?;
/// let problem = catalog.check(&JobDraft::new(id, post, confirm, "null"));
/// assert_eq!(problem.map_err(|why| why.code()), Err("unknown_queue"));
/// # Ok::<(), oms_core::value::IdError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JobCatalog {
    queues: BTreeMap<QueueName, QueueRules>,
}

/// What holds for one queue.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct QueueRules {
    /// The kinds of jobs that are worked on in it.
    pub kinds: BTreeSet<JobKind>,
    /// When attempts that failed are repeated.
    pub retry: RetryPolicy,
}

impl QueueRules {
    /// A queue with these kinds and the usual pauses.
    #[must_use]
    pub fn of(kinds: impl IntoIterator<Item = JobKind>) -> Self {
        Self {
            kinds: kinds.into_iter().collect(),
            retry: RetryPolicy::default(),
        }
    }
}

impl JobCatalog {
    /// Adds a queue, or replaces what was said of it.
    #[must_use]
    pub fn with_queue(mut self, name: QueueName, rules: QueueRules) -> Self {
        self.queues.insert(name, rules);
        self
    }

    /// What holds for a queue.
    #[must_use]
    pub fn rules(&self, queue: &QueueName) -> Option<&QueueRules> {
        self.queues.get(queue)
    }

    /// Every queue, by name.
    pub fn queues(&self) -> impl Iterator<Item = &QueueName> {
        self.queues.keys()
    }

    /// Whether a job may be pushed.
    ///
    /// # Errors
    /// [`JobRejection::UnknownQueue`], [`JobRejection::UnknownKind`], then those of
    /// [`JobDraft::check`].
    pub fn check(&self, draft: &JobDraft) -> Result<(), JobRejection> {
        self.check_known(draft)?;
        draft.check()
    }

    /// Whether anybody would work on a job; a queue checks the rest of it.
    pub(crate) fn check_known(&self, draft: &JobDraft) -> Result<(), JobRejection> {
        let queue = || draft.queue.clone();
        let rules = self.rules(&draft.queue);
        let rules = rules.ok_or_else(|| JobRejection::UnknownQueue { queue: queue() })?;
        if !rules.kinds.contains(&draft.kind) {
            let kind = draft.kind.clone();
            return Err(JobRejection::UnknownKind {
                queue: queue(),
                kind,
            });
        }
        Ok(())
    }
}
