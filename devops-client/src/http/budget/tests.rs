//! Waits as values: no test here looks at a clock.

use super::*;

const WINDOW: Duration = Duration::from_secs(300);

fn at(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn told(limit: f64, remaining: f64) -> Signals {
    Signals { limit: Some(limit), remaining: Some(remaining), ..Signals::default() }
}

#[test]
fn without_any_word_from_the_service_nothing_waits() {
    let mut budget = Budget::new(WINDOW);
    for n in 0..5000 {
        assert_eq!(budget.admit(at(n / 100)), None);
        budget.settle(at(n / 100), at(n / 100), &Signals::default());
    }
}

#[test]
fn a_retry_after_on_a_success_paces_the_next_call() {
    let mut budget = Budget::new(WINDOW);
    assert_eq!(budget.admit(at(0)), None);
    budget.settle(at(1), at(1), &Signals { retry_after: Some(at(7)), ..Signals::default() });
    assert_eq!(budget.admit(at(1)), Some(at(7)));
    assert_eq!(budget.admit(at(8)), None);
}

#[test]
fn the_announced_limit_is_used_up_and_never_exceeded() {
    let mut budget = Budget::new(WINDOW);
    for n in 0..200_u32 {
        assert_eq!(budget.admit(at(10)), None, "call {n}");
        budget.settle(at(10), at(10), &told(200.0, f64::from(199 - n)));
    }
    assert_eq!(budget.admit(at(20)), Some(at(290)), "the first call leaves the window at 310");
    assert_eq!(budget.admit(at(310)), None);
}

#[test]
fn what_others_use_is_left_to_them() {
    let mut budget = Budget::new(WINDOW);
    assert_eq!(budget.admit(at(0)), None);
    budget.settle(at(0), at(0), &told(200.0, 2.0));
    assert_eq!(budget.admit(at(1)), None);
    assert_eq!(budget.admit(at(1)), None);
    assert!(budget.admit(at(1)).is_some(), "one own call, 197 of others, two under way");
}

#[test]
fn a_block_by_the_use_of_others_is_waited_for_as_long_as_it_says_and_then_tried_by_one_call() {
    let mut budget = Budget::new(WINDOW);
    budget.admit(at(0));
    budget.settle(at(0), at(0), &Signals { blocked: true, retry_after: Some(at(20)), ..told(200.0, 0.0) });
    assert_eq!(budget.admit(at(0)), Some(at(20)));
    assert_eq!(budget.admit(at(20)), None);
    assert!(budget.admit(at(20)).is_some(), "one at a time");
    budget.settle(at(20), at(20), &Signals { answered: true, ..Signals::default() });
    assert_eq!(budget.admit(at(20)), None, "there is room again");
    assert_eq!(budget.admit(at(20)), None);
}

#[test]
fn calls_that_leave_the_services_window_first_do_not_make_the_rest_look_cheap() {
    let mut budget = Budget::new(WINDOW);
    for _ in 0..150 {
        budget.admit(at(0));
        budget.settle(at(0), at(0), &Signals::default());
    }
    budget.admit(at(299));
    budget.settle(at(299), at(299), &told(200.0, 190.0));
    assert!((budget.cost - 1.0).abs() < 1e-9, "{}", budget.cost);
    assert!(budget.others.abs() < 1e-9, "{}", budget.others);
}

fn block(seconds: u64) -> Signals {
    Signals { blocked: true, retry_after: Some(at(seconds)), ..Signals::default() }
}

fn answered() -> Signals {
    Signals { answered: true, ..Signals::default() }
}

#[test]
fn a_block_without_a_named_limit_costs_as_long_as_it_says_and_no_longer() {
    for calls in [1, 12, 500] {
        let mut budget = Budget::new(WINDOW);
        for _ in 0..calls {
            assert_eq!(budget.admit(at(0)), None);
            budget.settle(at(0), at(0), &answered());
        }
        budget.admit(at(0));
        budget.settle(at(0), at(0), &block(1));
        assert_eq!(budget.admit(at(0)), Some(at(1)));
        for call in 0..500 {
            assert_eq!(budget.admit(at(1)), None, "call {call} after the block");
            budget.settle(at(1), at(1), &answered());
        }
    }
}

#[test]
fn a_block_again_and_again_after_some_answers_never_spaces_calls_out() {
    let mut budget = Budget::new(WINDOW);
    for second in 0..60 {
        for _ in 0..8 {
            assert_eq!(budget.admit(at(second)), None, "second {second}");
            budget.settle(at(second), at(second), &answered());
        }
        assert_eq!(budget.admit(at(second)), None);
        budget.settle(at(second), at(second), &block(1));
    }
}

/// One of the places that calls have.
#[derive(Clone, Copy)]
enum Place {
    Free { at: Duration },
    UnderWay { ends: Duration, admitted: Duration, blocked: bool },
}

/// The time that `calls` take in `places`, and how many blocks there were, where the service blocks each `nth` request
/// for a second, or without saying for how long. It blocks at once and answers slowly, so that a burst's block is known
/// before its answers.
fn carried_out(calls: u32, places: usize, nth: u32, says: bool) -> (Duration, u32) {
    let mut budget = Budget::new(WINDOW);
    let mut all = vec![Place::Free { at: Duration::ZERO }; places];
    let (mut requests, mut blocks, mut answers) = (0, 0, 0);
    loop {
        let next = |place: &Place| match *place {
            Place::Free { at } => at,
            Place::UnderWay { ends, .. } => ends,
        };
        let index = (0..places).min_by_key(|index| next(&all[*index])).unwrap();
        let now = next(&all[index]);
        all[index] = match all[index] {
            Place::Free { .. } => match budget.admit(now) {
                Some(wait) => Place::Free { at: now + wait },
                None => {
                    requests += 1;
                    let blocked = requests % nth == 0;
                    let millis = if blocked { 2 } else { 20 + u64::from(requests) * 7 % 31 };
                    Place::UnderWay { ends: now + Duration::from_millis(millis), admitted: now, blocked }
                }
            },
            Place::UnderWay { admitted, blocked, .. } => {
                let silent = Signals { blocked: true, ..Signals::default() };
                budget.settle(
                    now,
                    admitted,
                    &if !blocked {
                        answered()
                    } else if says {
                        block(1)
                    } else {
                        silent
                    },
                );
                blocks += u32::from(blocked);
                answers += u32::from(!blocked);
                if answers == calls {
                    return (now, blocks);
                }
                // The next call, or the same one again: both wait for the budget.
                let pause = if blocked && !says { Duration::from_millis(250) } else { Duration::ZERO };
                Place::Free { at: now + pause + Duration::from_micros(100 + index as u64) }
            }
        };
    }
}

#[test]
fn a_block_among_calls_that_run_at_once_costs_its_wait_and_no_more() {
    for (places, nth) in [(1, 9), (4, 9), (8, 9), (16, 9), (16, 20), (16, 7), (3, 4)] {
        let (took, blocks) = carried_out(250, places, nth, true);
        let (alone, _) = carried_out(250, places, u32::MAX, true);
        let waits = Duration::from_secs(blocks.into());
        // Beside the waits there is only the work, and each burst after a wait begins anew.
        let most = waits + alone * 3;
        assert!(took <= most, "{places} places, each {nth}th blocked: {took:?}, {blocks} blocks, {alone:?} without");
        let (took, blocks) = carried_out(250, places, nth, false);
        let most = alone * 3 + Duration::from_millis(250) * blocks / places as u32;
        assert!(took <= most, "{places} places, each {nth}th blocked in silence: {took:?}, {blocks} blocks");
    }
}

#[test]
fn blocks_right_after_the_wait_space_calls_out_as_far_as_the_service_lets_them_through() {
    let mut budget = Budget::new(WINDOW);
    // Two calls of one burst are blocked: that is one block.
    for _ in 0..2 {
        assert_eq!(budget.admit(at(9)), None);
    }
    budget.settle(at(10), at(9), &block(5));
    budget.settle(at(10), at(9), &block(5));
    assert_eq!(budget.admit(at(15)), None);
    budget.settle(at(15), at(15), &answered());
    assert_eq!(budget.admit(at(15)), None, "not spaced out yet");
    budget.settle(at(16), at(15), &block(5));
    assert_eq!(budget.admit(at(21)), None);
    assert_eq!(budget.admit(at(21)), Some(at(3)), "one answer in the six seconds between two blocks");
    assert_eq!(budget.admit(at(316)), None);
    assert_eq!(budget.admit(at(316)), None, "and is over after a window");
}

#[test]
fn bursts_of_which_one_call_is_let_through_space_calls_out_when_the_whole_burst_is_known() {
    let mut budget = Budget::new(WINDOW);
    (0..4).for_each(|_| assert_eq!(budget.admit(at(0)), None));
    (0..4).for_each(|_| budget.settle(at(1), at(0), &block(5)));
    (0..4).for_each(|_| assert_eq!(budget.admit(at(6)), None));
    budget.settle(at(7), at(6), &block(5));
    budget.settle(at(8), at(6), &block(5));
    budget.settle(at(9), at(6), &answered());
    assert!(budget.spacing.is_none(), "one call of the burst is still under way");
    budget.settle(at(9), at(6), &block(5));
    assert_eq!(budget.admit(at(14)), None);
    assert_eq!(budget.admit(at(14)), Some(at(3)), "one answer in the six seconds between two blocks");
}

#[test]
fn a_long_wait_is_told_of_once() {
    let mut budget = Budget::new(WINDOW);
    assert!(!budget.tell(at(0), at(1)), "a second is not worth a word");
    assert!(budget.tell(at(0), at(20)));
    assert!(!budget.tell(at(5), at(15)), "the same wait, of another call");
    assert!(budget.tell(at(20), at(2)), "the next one");
}

#[test]
fn a_block_after_a_few_calls_is_waited_for_and_teaches_nothing() {
    let mut budget = Budget::new(WINDOW);
    budget.admit(at(0));
    budget.settle(at(0), at(0), &Signals { blocked: true, retry_after: Some(at(5)), ..Signals::default() });
    assert_eq!(budget.admit(at(5)), None);
    assert_eq!(budget.admit(at(5)), None);
}
