//! Reads that go together.

use std::sync::Arc;

use super::work::{Answer, Answered, Boxed, Weight, Work};
use crate::plan::{Keys, Parts, Snapshot};
use crate::port::{Store, StoreError};
use crate::value::TenantId;

/// One call of the store; callers whose reads went together have the same.
#[derive(Clone, Debug, Default)]
pub(crate) struct ReadCall(Arc<()>);

impl PartialEq for ReadCall {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for ReadCall {}

/// What a caller wanted to know, and the call that said so.
#[derive(Debug)]
pub(crate) struct Read {
    pub(crate) snapshot: Snapshot,
    pub(crate) call: ReadCall,
}

impl Read {
    /// The answer of a call that was nobody else's.
    pub(super) fn alone(snapshot: Snapshot) -> Self {
        let call = ReadCall::default();
        Self { snapshot, call }
    }
}

/// Reads what several callers want to know by one call, and gives each what it asked for.
pub(super) struct Reads(pub(super) Arc<dyn Store>);

impl Work for Reads {
    type Request = Arc<Keys>;
    type Answer = Read;

    fn run(&self, tenant: TenantId, requests: Vec<Self::Request>) -> Boxed<Answered<Self::Answer>> {
        let store = self.0.clone();
        Box::pin(async move {
            let ask = |keys: Arc<Keys>| {
                let (store, tenant) = (store.clone(), tenant.clone());
                async move { store.prefetch(&tenant, &keys).await }
            };
            together(ask, &requests).await
        })
    }
}

/// Asks once for all callers. Where that fails for good, what one of them asks for may be to blame,
/// so each is asked for alone.
async fn together<R>(
    ask: impl Fn(Arc<Keys>) -> R + Send + Sync,
    requests: &[Arc<Keys>],
) -> Result<Vec<Answer<Read>>, StoreError>
where
    R: Future<Output = Result<Snapshot, StoreError>> + Send,
{
    if let [alone] = requests {
        return Ok(vec![Ok(Read::alone(ask(alone.clone()).await?))]);
    }
    let mut all = Keys::default();
    for keys in requests {
        all.merge((**keys).clone());
    }
    match ask(Arc::new(all)).await {
        Ok(snapshot) => {
            let (parts, call) = (Parts::of(&snapshot), ReadCall::default());
            let part = |keys: &Arc<Keys>| Read {
                snapshot: parts.part(keys),
                call: call.clone(),
            };
            Ok(requests.iter().map(|keys| Ok(part(keys))).collect())
        }
        Err(error) if error.is_retryable() => Err(error),
        Err(_) => Ok(one_by_one(ask, requests).await),
    }
}

/// Asks for each caller alone: as many calls as went together. A store that cannot be asked now is
/// not asked again for those who are left.
async fn one_by_one<R>(
    ask: impl Fn(Arc<Keys>) -> R + Send + Sync,
    requests: &[Arc<Keys>],
) -> Vec<Answer<Read>>
where
    R: Future<Output = Result<Snapshot, StoreError>> + Send,
{
    let mut answers = Vec::with_capacity(requests.len());
    let mut away: Option<Arc<StoreError>> = None;
    for keys in requests {
        let answer = match &away {
            Some(error) => Err(error.clone()),
            None => ask(keys.clone()).await.map(Read::alone).map_err(Arc::new),
        };
        if let Err(error) = &answer
            && error.is_retryable()
        {
            away = Some(error.clone());
        }
        answers.push(answer);
    }
    answers
}

/// How much is asked; what the answer weighs is not known before.
pub(super) fn weight(keys: &Keys) -> Weight {
    let lines = keys.documents.len()
        + keys.orders.len()
        + keys.stock.len()
        + keys.sku_stock.len()
        + keys.unique.len()
        + keys.owners.len()
        + keys.commands.len();
    Weight {
        items: 1,
        lines,
        bytes: 0,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::future::ready;
    use std::sync::{Arc, Mutex};

    use futures_executor::block_on;

    use super::{Answer, Read, together};
    use crate::plan::{DocumentKey, Keys, Snapshot};
    use crate::port::StoreError;
    use crate::value::{Sku, Timestamp};

    fn product(sku: &str) -> DocumentKey {
        DocumentKey::Product(Sku::parse(sku).unwrap())
    }

    /// What callers that ask for these SKUs are answered, and how many keys each call named. The
    /// store cannot read `BAD`, and is away for who asks for `GONE` alone.
    fn asked(skus: &[&str]) -> (Result<Vec<Answer<Read>>, StoreError>, Vec<usize>) {
        let calls = Mutex::new(Vec::new());
        let ask = |keys: Arc<Keys>| {
            calls.lock().unwrap().push(keys.documents.len());
            let alone = keys.documents.len() == 1;
            ready(if keys.documents.contains(&product("BAD")) {
                Err(StoreError::Corrupt {
                    what: "BAD".to_owned(),
                    detail: "a test".to_owned(),
                })
            } else if alone && keys.documents.contains(&product("GONE")) {
                Err(StoreError::Unavailable {
                    detail: "a test".to_owned(),
                    source: None,
                })
            } else {
                Ok(Snapshot::empty(Timestamp::EPOCH))
            })
        };
        let keys = skus.iter().map(|sku| Arc::new(Keys::of(product(sku))));
        let requests: Vec<Arc<Keys>> = keys.collect();
        let answers = block_on(together(ask, &requests));
        (answers, calls.into_inner().unwrap())
    }

    #[test]
    fn what_cannot_be_read_for_one_caller_is_read_for_the_others() {
        let (answers, calls) = asked(&["TEA", "BAD", "MUG"]);
        let answers = answers.unwrap();
        assert_eq!(calls, [3, 1, 1, 1]);
        assert!(answers[0].is_ok() && answers[2].is_ok());
        let error = answers[1].as_ref().unwrap_err();
        assert!(matches!(&**error, StoreError::Corrupt { .. }), "{error}");
    }

    #[test]
    fn one_call_is_enough_where_nothing_is_wrong_and_where_there_is_one_caller() {
        let (answers, calls) = asked(&["TEA", "GONE", "MUG"]);
        assert!(answers.unwrap().iter().all(Result::is_ok));
        assert_eq!(calls, [3]);
        let (answers, calls) = asked(&["BAD"]);
        assert!(answers.is_err());
        assert_eq!(calls, [1]);
    }

    #[test]
    fn callers_whose_reads_went_together_can_tell() {
        let same = |skus: &[&str]| {
            let answers = asked(skus).0.unwrap();
            let call = |at: usize| &answers[at].as_ref().unwrap().call;
            call(0) == call(1)
        };
        assert!(same(&["TEA", "MUG"]));
        assert!(!same(&["TEA", "MUG", "BAD"]), "each was asked for alone");
    }

    #[test]
    fn a_store_that_goes_away_is_not_asked_for_all_who_are_left() {
        let (answers, calls) = asked(&["BAD", "TEA", "GONE", "MUG", "CUP"]);
        let answers = answers.unwrap();
        assert_eq!(calls, [5, 1, 1, 1]);
        assert!(answers[1].is_ok());
        for answer in &answers[2..] {
            assert!(answer.as_ref().unwrap_err().is_retryable());
        }
    }
}
