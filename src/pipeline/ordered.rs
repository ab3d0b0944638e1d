//! Ordered in, computed side by side, ordered out. Knows no DNS.

use crossbeam_channel::{Receiver, Sender, bounded};
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::thread;

/// Items under way for each worker: enough that none starves while the tail is busy.
const ITEMS_A_WORKER: usize = 4;

/// Runs `compute` on each item that `produce` gives, on `workers` threads, and `apply` on each
/// result in the order of the items, on the calling thread.
///
/// Each item travels with a reply channel of its own, whose other end is queued as a ticket: the
/// queue of tickets is the order, and its capacity bounds what is under way. Ends when `produce`
/// gives nothing more, or when `apply` breaks; the items under way are dropped then.
///
/// # Panics
///
/// If `produce` or `compute` panics, once every thread has ended.
pub(super) fn run<T: Send, U: Send, B>(
    workers: NonZeroUsize,
    mut produce: impl FnMut() -> Option<T> + Send,
    compute: impl Fn(T) -> U + Sync,
    mut apply: impl FnMut(U) -> ControlFlow<B>,
) -> ControlFlow<B> {
    let in_flight = workers.get().saturating_mul(ITEMS_A_WORKER);
    let (work, jobs) = bounded::<(T, Sender<U>)>(in_flight);
    let (order, tickets) = bounded::<Receiver<U>>(in_flight);
    thread::scope(|scope| {
        for _ in 0..workers.get() {
            let (jobs, compute) = (jobs.clone(), &compute);
            scope.spawn(move || {
                for (item, reply) in jobs {
                    // Fails only when the tail is gone: nobody waits for this result.
                    let _ = reply.send(compute(item));
                }
            });
        }
        drop(jobs);
        scope.spawn(move || {
            while let Some(item) = produce() {
                let (reply, ticket) = bounded(1);
                if order.send(ticket).is_err() || work.send((item, reply)).is_err() {
                    return;
                }
            }
        });
        for ticket in tickets {
            // No result means that a worker panicked; `scope` passes the panic on.
            let Ok(result) = ticket.recv() else { break };
            apply(result)?;
        }
        ControlFlow::Continue(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::time::Duration;

    fn counter(end: u64) -> impl FnMut() -> Option<u64> {
        let mut items = 0..end;
        move || items.next()
    }

    #[test]
    fn results_come_in_the_order_of_the_items() {
        for workers in [1, 2, 8, 32] {
            let mut seen = Vec::new();
            let end = run(
                NonZeroUsize::new(workers).unwrap(),
                counter(500),
                |item| {
                    // Some take long, so that later ones are done before them.
                    if item % 7 == 0 {
                        thread::sleep(Duration::from_micros(300));
                    }
                    item * 2
                },
                |result| {
                    seen.push(result);
                    ControlFlow::<()>::Continue(())
                },
            );
            assert!(end.is_continue());
            assert_eq!(seen, (0..500).map(|item| item * 2).collect::<Vec<_>>());
        }
    }

    #[test]
    fn an_end_from_the_tail_stops_an_endless_head() {
        let produced = AtomicU64::new(0);
        let workers = NonZeroUsize::new(2).unwrap();
        let end = run(
            workers,
            || Some(produced.fetch_add(1, Ordering::Relaxed)),
            |item| item,
            |item| match item {
                10 => ControlFlow::Break("enough"),
                _ => ControlFlow::Continue(()),
            },
        );
        assert_eq!(end, ControlFlow::Break("enough"));
        assert!(produced.into_inner() < 100, "the head was held back");
    }

    #[test]
    #[should_panic(expected = "a scoped thread panicked")]
    fn a_panic_of_a_worker_is_passed_on() {
        let workers = NonZeroUsize::new(2).unwrap();
        let _ = run(
            workers,
            counter(50),
            |item| assert!(item != 25),
            |()| ControlFlow::<()>::Continue(()),
        );
    }
}
