//! The latest answers, to tell a second one that differs from one that repeats.

use crate::exchange::{Exchange, Standing};
use crate::message::Rrset;
use crate::packet::Flow;
use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hash, Hasher};

/// Answers kept: a second one follows the first closely.
const KEPT: usize = 256;

/// The latest first answers to queries.
#[derive(Debug, Default)]
pub(super) struct Answers(VecDeque<Known>);

#[derive(Debug)]
struct Known {
    flow: Flow,
    id: u16,
    answer: Answer,
}

/// What a response answers to what, as digests. TTLs and signatures do not count, nor the order.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Answer {
    question: u64,
    content: u64,
}

impl Answer {
    /// Of a response.
    pub fn of(exchange: &Exchange) -> Self {
        let message = &exchange.message;
        let question = message.question.as_ref();
        let mut sets: Vec<u64> = message.answer.iter().map(of_set).collect();
        sets.sort_unstable();
        Self {
            question: digest(&question.map(|asked| (&asked.name, asked.rtype))),
            content: digest(&(message.header.rcode, sets)),
        }
    }
}

impl Answers {
    /// Keeps a first answer.
    pub(super) fn keep(&mut self, flow: Flow, id: u16, answer: Answer) {
        if self.0.len() >= KEPT {
            self.0.pop_front();
        }
        self.0.push_back(Known { flow, id, answer });
    }

    /// Whether a second answer says something else than the first, which is still known.
    pub(super) fn is_contradicted_by(&self, second: &Exchange) -> bool {
        let (flow, id) = (second.message.flow, second.message.header.id);
        let answer = Answer::of(second);
        let first = self.0.iter().rev().find(|first| {
            first.flow == flow && first.id == id && first.answer.question == answer.question
        });
        second.standing == Standing::Second
            && first.is_some_and(|first| first.answer.content != answer.content)
    }
}

fn of_set(set: &Rrset) -> u64 {
    let records: Vec<&[u8]> = set.records().collect();
    digest(&(&set.owner, set.rtype, records))
}

fn digest(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}
