//! Work in parts, on several threads.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread;

/// What `task` makes of each number below `count`, in order: whoever is ready takes the next one, so that a thread whose processor is
/// busy holds nobody up. Of `threads` there are at most as many as tasks; `None` means as many as there are processors.
pub(crate) fn in_order<T: Send>(count: usize, threads: Option<usize>, task: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let threads = threads.unwrap_or_else(|| thread::available_parallelism().map_or(1, usize::from)).min(count);
    let next = AtomicUsize::new(0);
    let run = || {
        let taken = std::iter::from_fn(|| Some(next.fetch_add(1, Relaxed)).filter(|index| *index < count));
        taken.map(|index| (index, task(index))).collect::<Vec<_>>()
    };
    let mut parts = thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(run)).collect();
        let mut parts = run();
        for other in others {
            // A task only panics on a bug, which must not be taken for a result.
            parts.extend(other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
        parts
    });
    parts.sort_unstable_by_key(|(index, _)| *index);
    parts.into_iter().map(|(_, part)| part).collect()
}

#[cfg(test)]
mod tests {
    use super::in_order;

    #[test]
    fn results_come_in_the_order_of_their_numbers_from_any_number_of_threads() {
        for threads in [None, Some(1), Some(2), Some(9)] {
            for count in [0, 1, 2, 100] {
                let expected: Vec<_> = (0..count).map(|number| number * number).collect();
                assert_eq!(in_order(count, threads, |number| number * number), expected, "{threads:?}");
            }
        }
    }
}
