//! Word of new jobs.

use std::collections::BTreeSet;

use oms_store_postgres::{Notifier, PgStore, TenantQueue};
use tokio::sync::{broadcast, watch};

use super::{Failing, OnError, rest};

/// How much word may wait for a worker that is busy; of more it only knows that there was some.
const WORDS: usize = 64;

/// What was heard.
#[derive(Clone, Debug)]
pub enum Word {
    /// These queues got jobs.
    Of(BTreeSet<TenantQueue>),
    /// Any may have.
    Anything,
}

/// Wakes workers before their time.
#[derive(Clone, Debug)]
pub struct Bell(broadcast::Sender<Word>);

/// What a worker hears.
#[derive(Debug)]
pub(super) struct Heard(broadcast::Receiver<Word>);

impl Default for Bell {
    fn default() -> Self {
        Self(broadcast::channel(WORDS).0)
    }
}

impl Bell {
    /// Says that queues got jobs.
    pub fn ring(&self, word: Word) {
        // Nobody need be there.
        let _ = self.0.send(word);
    }

    pub(super) fn heard(&self) -> Heard {
        Heard(self.0.subscribe())
    }
}

impl Heard {
    /// Waits for word; for ever, once nobody can ring.
    pub(super) async fn next(&mut self) -> Word {
        match self.0.recv().await {
            Ok(word) => word,
            Err(broadcast::error::RecvError::Lagged(_)) => Word::Anything,
            Err(broadcast::error::RecvError::Closed) => std::future::pending().await,
        }
    }
}

/// Sends word of the jobs that this process keeps.
pub(super) async fn send(
    mut notifier: Notifier,
    mut stopped: watch::Receiver<bool>,
    tell: OnError,
) {
    let mut failing = Failing::default();
    loop {
        let sent = tokio::select! {
            sent = notifier.send() => sent,
            _ = stopped.changed() => return,
        };
        match sent {
            Ok(_) => failing.over(),
            Err(error) => {
                tell("notifier", &error);
                if !rest(failing.again(), &mut stopped).await {
                    return;
                }
            }
        }
    }
}

/// Hears of jobs that any process keeps, and rings.
pub(super) async fn hear(
    store: PgStore,
    bell: Bell,
    mut stopped: watch::Receiver<bool>,
    tell: OnError,
) {
    let mut failing = Failing::default();
    loop {
        let listening = tokio::select! {
            listening = store.listener() => listening,
            _ = stopped.changed() => return,
        };
        let mut listener = match listening {
            Ok(listener) => listener,
            // Nobody can listen here, now or later: the workers poll.
            Err(error) if !error.is_retryable() => {
                tell("listener", &error);
                return;
            }
            Err(error) => {
                tell("listener", &error);
                if !rest(failing.again(), &mut stopped).await {
                    return;
                }
                continue;
            }
        };
        // What was kept before it listened is for a look.
        bell.ring(Word::Anything);
        loop {
            let heard = tokio::select! {
                heard = listener.next() => heard,
                _ = stopped.changed() => return,
            };
            match heard {
                Ok(Some(queue)) => {
                    failing.over();
                    bell.ring(Word::Of([queue].into()));
                }
                Ok(None) => bell.ring(Word::Anything),
                Err(error) => {
                    tell("listener", &error);
                    if !rest(failing.again(), &mut stopped).await {
                        return;
                    }
                    break;
                }
            }
        }
    }
}
