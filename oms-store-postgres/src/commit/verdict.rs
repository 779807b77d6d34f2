//! What the server answered, as outcomes.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use oms_core::plan::{CounterRefusal, DocumentKey, Outcome, Refusal};
use oms_core::port::StoreError;
use oms_core::reservation::ReservationRefusal;
use oms_core::stock::StockRefusal;
use oms_core::value::{Timestamp, Units};
use sqlx::Row;
use sqlx::postgres::PgRow;
use uuid::Uuid;

use super::encode::Batch;
use crate::error::{corrupt, unreadable};
use crate::key::{KeyColumns, document_key, version};
use crate::time::timestamp;

/// Reads the verdicts of a batch, one outcome per item.
pub(crate) fn outcomes(batch: &Batch<'_>, rows: &[PgRow]) -> Result<Vec<Outcome>, StoreError> {
    let mut outcomes: Vec<Option<Outcome>> = vec![None; batch.sets.len()];
    for row in rows {
        let verdict = Verdict { batch, row };
        let item = verdict.number("item")?;
        let outcome = verdict.outcome(item)?;
        let slot = item.checked_sub(1).and_then(|at| outcomes.get_mut(at));
        let Some(slot) = slot else {
            return Err(corrupt(
                "an answer",
                &format_args!("there is no item {item}"),
            ));
        };
        match (slot.as_mut(), outcome) {
            (
                Some(Outcome::Refused(Refusal::Stock { rows })),
                Outcome::Refused(Refusal::Stock { rows: more }),
            ) => rows.extend(more),
            (_, outcome) => *slot = Some(outcome),
        }
    }
    let answered: Option<Vec<Outcome>> = outcomes.into_iter().collect();
    answered.ok_or_else(|| corrupt("an answer", &"an item has no verdict"))
}

struct Verdict<'a, 'b> {
    batch: &'a Batch<'b>,
    row: &'a PgRow,
}

impl Verdict<'_, '_> {
    fn outcome(&self, item: usize) -> Result<Outcome, StoreError> {
        let code: i16 = self.row.try_get("code").map_err(unreadable)?;
        let refusal = match code {
            0 => return Ok(Outcome::Committed { at: self.at()? }),
            1 => {
                let receipt: &str = self.row.try_get("body").map_err(unreadable)?;
                let (receipt, at) = (Arc::from(receipt), self.at()?);
                return Ok(Outcome::Repeated { receipt, at });
            }
            2 => Refusal::ClockSkew {
                planned_at: self.set(item)?.planned_at,
                now: self.at()?,
            },
            3 => Refusal::KeyReused {
                key: self.set(item)?.origin.key.clone(),
            },
            4 => Refusal::Taken {
                key: (*self.asked(&self.batch.asked_names)?).clone(),
                holder: self.holder()?,
            },
            5 => Refusal::Conflict {
                document: (*self.asked(&self.batch.asked_writes)?).clone(),
                current: self.current()?,
            },
            6 => Refusal::Unmet {
                requirement: (*self.asked(&self.batch.asked_requires)?).clone(),
            },
            7 => Refusal::Reservation {
                key: (*self.asked(&self.batch.asked_changes)?).clone(),
                problem: self.reservation()?,
            },
            8 => Refusal::Stock {
                rows: vec![(self.asked(&self.batch.asked_stock)?.clone(), self.stock()?)],
            },
            9 => Refusal::Defect {
                problem: self.misplaced()?,
            },
            10 => Refusal::Defect {
                problem: format!("movement {} is recorded already", self.id(true)?),
            },
            11 => Refusal::Defect {
                problem: format!("job {} is kept already", self.id(false)?),
            },
            12 => Refusal::Counter {
                key: (*self.asked(&self.batch.asked_counters)?).clone(),
                problem: self.counter()?,
            },
            other => {
                let detail = format_args!("verdict {other} is unknown");
                return Err(corrupt("an answer", &detail));
            }
        };
        Ok(Outcome::Refused(refusal))
    }

    fn set(&self, item: usize) -> Result<&oms_core::plan::ChangeSet, StoreError> {
        let set = item.checked_sub(1).and_then(|at| self.batch.sets.get(at));
        set.copied()
            .ok_or_else(|| corrupt("an answer", &format_args!("there is no item {item}")))
    }

    fn number(&self, column: &str) -> Result<usize, StoreError> {
        let number: i32 = self.row.try_get(column).map_err(unreadable)?;
        usize::try_from(number).map_err(|why| corrupt("an answer", &why))
    }

    fn asked<'t, T>(&self, asked: &'t [T]) -> Result<&'t T, StoreError> {
        let place = self.number("ref")?;
        let found = place.checked_sub(1).and_then(|at| asked.get(at));
        found.ok_or_else(|| corrupt("an answer", &format_args!("nothing at place {place}")))
    }

    fn at(&self) -> Result<Timestamp, StoreError> {
        let at: DateTime<Utc> = self.row.try_get("at").map_err(unreadable)?;
        timestamp(at)
    }

    fn big(&self, column: &str) -> Result<i64, StoreError> {
        self.row.try_get(column).map_err(unreadable)
    }

    fn units(&self, column: &str) -> Result<Units, StoreError> {
        let units = self.big(column)?;
        Units::try_from(units).map_err(|why| corrupt("an answer", &why))
    }

    fn holder(&self) -> Result<DocumentKey, StoreError> {
        let u: Uuid = self.row.try_get("h_u").map_err(unreadable)?;
        document_key(KeyColumns {
            kind: self.row.try_get("h_kind").map_err(unreadable)?,
            t1: self.row.try_get("h_t1").map_err(unreadable)?,
            t2: self
                .row
                .try_get::<&str, _>("h_t2")
                .map_err(unreadable)?
                .into(),
            u,
            n: self.big("h_n")?,
        })
    }

    fn current(&self) -> Result<Option<oms_core::value::Version>, StoreError> {
        match self.big("num1")? {
            -1 => Ok(None),
            current => version(current).map(Some),
        }
    }

    fn problem(&self) -> Result<i16, StoreError> {
        self.row.try_get("problem").map_err(unreadable)
    }

    fn reservation(&self) -> Result<ReservationRefusal, StoreError> {
        match self.problem()? {
            1 => {
                let at: Option<DateTime<Utc>> = self.row.try_get("at").map_err(unreadable)?;
                let expires_at = at.map(timestamp).transpose()?;
                Ok(ReservationRefusal::Expired { expires_at })
            }
            2 => Ok(ReservationRefusal::NotDue {
                expires_at: self.at()?,
            }),
            3 => Ok(ReservationRefusal::TooFew {
                asked: self.units("num1")?,
                found: self.units("num2")?,
            }),
            4 => Ok(ReservationRefusal::OutOfRange),
            other => Err(corrupt("an answer", &format_args!("problem {other}"))),
        }
    }

    fn stock(&self) -> Result<StockRefusal, StoreError> {
        match self.problem()? {
            1 => Ok(StockRefusal::Short {
                asked: self.units("num1")?,
                available: self.big("num2")?,
            }),
            2 => Ok(StockRefusal::Moved {
                expected: self.units("num1")?,
                found: self.units("num2")?,
            }),
            3 => Ok(StockRefusal::OutOfRange),
            other => Err(corrupt("an answer", &format_args!("problem {other}"))),
        }
    }

    fn counter(&self) -> Result<CounterRefusal, StoreError> {
        match self.problem()? {
            1 => Ok(CounterRefusal::Full {
                taken: self.units("num1")?,
                limit: self.units("num2")?,
            }),
            2 => Ok(CounterRefusal::OutOfRange),
            other => Err(corrupt("an answer", &format_args!("problem {other}"))),
        }
    }

    fn misplaced(&self) -> Result<String, StoreError> {
        let next = self.big("num1")?;
        let named = self.batch.named_event(self.number("ref")?);
        Ok(named.map_or_else(
            || format!("an event is out of place, the next one is {next}"),
            |(stream, place)| {
                format!("an event of {stream} has place {place}, the next one is {next}")
            },
        ))
    }

    fn id(&self, movement: bool) -> Result<Uuid, StoreError> {
        let ids = if movement {
            &self.batch.movements.id
        } else {
            &self.batch.jobs.id
        };
        self.asked(ids).copied()
    }
}
