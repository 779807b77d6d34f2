//! Running tasks that race with each other.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll};

use async_trait::async_trait;

use crate::testing::conformance::Failure;

/// A part of a case that races with others.
pub type Task = Pin<Box<dyn Future<Output = Result<(), Failure>> + Send>>;

/// A way to run tasks at the same time.
#[async_trait]
pub trait Together: Send + Sync + fmt::Debug {
    /// Runs all tasks to their end.
    ///
    /// # Errors
    /// The first [`Failure`], in the order of the tasks.
    async fn run(&self, tasks: Vec<Task>) -> Result<(), Failure>;
}

/// Tasks take turns on one thread, each until it has to wait. For stores that wait for a server.
#[derive(Clone, Copy, Debug, Default)]
pub struct TurnByTurn;

#[async_trait]
impl Together for TurnByTurn {
    async fn run(&self, tasks: Vec<Task>) -> Result<(), Failure> {
        let mut running: Vec<Running> = tasks.into_iter().map(Running::Task).collect();
        poll_fn(|context| {
            let mut waiting = false;
            for task in &mut running {
                waiting |= task.poll(context);
            }
            if waiting {
                Poll::Pending
            } else {
                Poll::Ready(())
            }
        })
        .await;
        running.into_iter().try_for_each(Running::answer)
    }
}

enum Running {
    Task(Task),
    Done(Result<(), Failure>),
}

impl Running {
    /// Polls what is not done, and says whether it still is not.
    fn poll(&mut self, context: &mut Context<'_>) -> bool {
        let Self::Task(task) = self else { return false };
        match task.as_mut().poll(context) {
            Poll::Pending => true,
            Poll::Ready(answer) => {
                *self = Self::Done(answer);
                false
            }
        }
    }

    fn answer(self) -> Result<(), Failure> {
        match self {
            Self::Done(answer) => answer,
            Self::Task(_) => Err(Failure::new("a task was not run to its end")),
        }
    }
}

/// Every task has a thread of its own. For stores whose futures run under any executor.
#[derive(Clone, Copy, Debug, Default)]
pub struct Threads;

#[async_trait]
impl Together for Threads {
    async fn run(&self, tasks: Vec<Task>) -> Result<(), Failure> {
        std::thread::scope(|scope| {
            let threads: Vec<_> = tasks
                .into_iter()
                .map(|task| scope.spawn(|| futures_executor::block_on(task)))
                .collect();
            let panicked = |_| Err(Failure::new("a task panicked"));
            let answers: Vec<Result<(), Failure>> = threads
                .into_iter()
                .map(|thread| thread.join().unwrap_or_else(panicked))
                .collect();
            answers.into_iter().collect()
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    /// Waits until all of `count` tasks were polled, so it never ends unless they run together.
    fn meeting(count: usize) -> Vec<Task> {
        let arrived = Arc::new(AtomicUsize::new(0));
        let task = |_| -> Task {
            let arrived = arrived.clone();
            let mut first = true;
            Box::pin(poll_fn(move |context| {
                if std::mem::take(&mut first) {
                    arrived.fetch_add(1, Ordering::SeqCst);
                }
                if arrived.load(Ordering::SeqCst) == count {
                    return Poll::Ready(Ok(()));
                }
                context.waker().wake_by_ref();
                Poll::Pending
            }))
        };
        (0..count).map(task).collect()
    }

    fn failing(message: &'static str) -> Task {
        Box::pin(async move { Err(Failure::new(message)) })
    }

    #[test]
    fn tasks_run_at_the_same_time() {
        for together in [&TurnByTurn as &dyn Together, &Threads] {
            let done = futures_executor::block_on(together.run(meeting(5)));
            assert!(done.is_ok(), "{together:?}");
        }
    }

    #[test]
    fn the_first_failure_is_the_answer_and_the_others_still_run() {
        for together in [&TurnByTurn as &dyn Together, &Threads] {
            let mut tasks = meeting(2);
            tasks.insert(1, failing("one"));
            tasks.push(failing("two"));
            let failure = futures_executor::block_on(together.run(tasks)).unwrap_err();
            assert!(failure.to_string().starts_with("one\n"), "{failure}");
        }
    }
}
