//! The latest answers, to tell a second one that differs from one that repeats.

use crate::exchange::{Exchange, Standing};
use crate::message::Rrset;
use std::collections::VecDeque;
use std::sync::Arc;

/// Answers kept: a second one follows the first closely.
const KEPT: usize = 256;

/// The latest first answers to queries.
#[derive(Debug, Default)]
pub(super) struct Answers(VecDeque<Arc<Exchange>>);

impl Answers {
    /// Keeps a first answer.
    pub(super) fn keep(&mut self, exchange: &Arc<Exchange>) {
        if exchange.standing == Standing::Matched {
            if self.0.len() >= KEPT {
                self.0.pop_front();
            }
            self.0.push_back(Arc::clone(exchange));
        }
    }

    /// Whether a second answer says something else than the first, which is still known.
    pub(super) fn is_contradicted_by(&self, second: &Exchange) -> bool {
        let first = self.0.iter().rev().find(|first| {
            let (one, other) = (&first.message, &second.message);
            one.flow == other.flow
                && one.header.id == other.header.id
                && one
                    .question
                    .as_ref()
                    .map(|asked| (&asked.name, asked.rtype))
                    == other
                        .question
                        .as_ref()
                        .map(|asked| (&asked.name, asked.rtype))
        });
        first.is_some_and(|first| {
            let (one, other) = (&first.message, &second.message);
            one.header.rcode != other.header.rcode
                || one.answer.len() != other.answer.len()
                || !one
                    .answer
                    .iter()
                    .all(|set| other.answer.iter().any(|same| is_same(set, same)))
        })
    }
}

/// Whether two sets have the same owner, type and records. TTLs do not count.
fn is_same(one: &Rrset, other: &Rrset) -> bool {
    one.rtype == other.rtype && one.owner == other.owner && one.records().eq(other.records())
}
