//! Takes up at once what a connection wakes itself for, instead of sending it through the
//! scheduler.
//!
//! hyper reads a request's body in the same task that handles the request, and wakes that task when
//! the body is taken. A task that is woken while it runs is put into the queue of its thread, and
//! another thread is woken to help with that queue; it finds nothing, because the task is run
//! again first. For a short request that costs as much as the request itself.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

/// Between a connection and its task's waker.
#[derive(Debug)]
pub(super) struct OwnWakes {
    state: Arc<State>,
    waker: Waker,
}

#[derive(Debug)]
struct State {
    polling: AtomicBool,
    woken: AtomicBool,
    task: Mutex<Waker>,
}

impl OwnWakes {
    pub(super) fn new() -> Self {
        let state = Arc::new(State {
            polling: AtomicBool::new(false),
            woken: AtomicBool::new(false),
            task: Mutex::new(Waker::noop().clone()),
        });
        Self { waker: Waker::from(Arc::clone(&state)), state }
    }

    /// Polls, and polls once more if there was a wake meanwhile. If there was one again, the task
    /// is woken in the usual way, so that others have their turn.
    pub(super) fn poll<T>(
        &self,
        cx: &Context<'_>,
        mut poll: impl FnMut(&mut Context<'_>) -> Poll<T>,
    ) -> Poll<T> {
        self.state.task.lock().unwrap_or_else(PoisonError::into_inner).clone_from(cx.waker());
        let mut own = Context::from_waker(&self.waker);
        for _ in 0..2 {
            self.state.woken.store(false, Ordering::SeqCst);
            self.state.polling.store(true, Ordering::SeqCst);
            let outcome = poll(&mut own);
            self.state.polling.store(false, Ordering::SeqCst);
            // Whoever wakes sets the one flag and then looks at the other: either it is seen here,
            // or it wakes the task.
            if outcome.is_ready() || !self.state.woken.load(Ordering::SeqCst) {
                return outcome;
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

impl Wake for State {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.woken.store(true, Ordering::SeqCst);
        if !self.polling.load(Ordering::SeqCst) {
            // Cloned, so that the lock is free while the task is woken.
            let task = self.task.lock().unwrap_or_else(PoisonError::into_inner).clone();
            task.wake();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use super::*;

    #[derive(Default)]
    struct Count(AtomicUsize);

    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    #[test]
    fn wakes_while_it_runs_are_taken_up_once_and_all_others_reach_the_task() {
        let task = Arc::<Count>::default();
        let waker = Waker::from(Arc::clone(&task));
        let cx = Context::from_waker(&waker);
        let own = OwnWakes::new();
        let mut kept = None;
        // How often it wakes itself, how often it is polled for that, how often the task is woken.
        for (wakes, polls, woken) in [(0, 1, 0), (1, 2, 0), (2, 2, 1), (9, 2, 1)] {
            task.0.store(0, Ordering::SeqCst);
            let (mut left, mut polled) = (wakes, 0);
            let outcome: Poll<()> = own.poll(&cx, |cx| {
                polled += 1;
                if left > 0 {
                    left -= 1;
                    cx.waker().wake_by_ref();
                }
                kept = Some(cx.waker().clone());
                Poll::Pending
            });
            assert!(outcome.is_pending());
            assert_eq!((polled, task.0.load(Ordering::SeqCst)), (polls, woken), "{wakes} wakes");
        }
        task.0.store(0, Ordering::SeqCst);
        kept.expect("it was polled").wake();
        assert_eq!(task.0.load(Ordering::SeqCst), 1, "a wake from outside was lost");
    }
}
