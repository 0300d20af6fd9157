//! The few threads that hash.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};

use base::{Error, Result};
use tokio::sync::oneshot;

/// How many checks may wait before more are refused, per check that can run.
const WAITING_PER_SLOT: usize = 64;

/// What Argon2 works in; kept from one hash to the next.
pub(super) type Memory = Vec<argon2::Block>;

type Work = Box<dyn FnOnce(&mut Memory) + Send>;

/// Threads of their own, always the same, each with memory of its own: a hash takes 19 MiB, and the allocator gives
/// back little of what many threads take again and again. On tokio's blocking threads that came to hundreds of MiB.
#[derive(Clone)]
pub(super) struct Pool {
    waiting: SyncSender<Work>,
}

impl Pool {
    pub(super) fn new(slots: usize) -> Self {
        let (waiting, work) = sync_channel(slots * WAITING_PER_SLOT);
        let work = Arc::new(Mutex::new(work));
        for _ in 0..slots {
            let work = work.clone();
            std::thread::spawn(move || {
                let mut memory = Memory::new();
                while let Some(work) = next(&work) {
                    // Whoever waits for it hears that it was dropped; the thread is for the next one.
                    let _ = catch_unwind(AssertUnwindSafe(|| work(&mut memory)));
                }
            });
        }
        Self { waiting }
    }

    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Memory) -> T + Send + 'static,
    ) -> Result<T> {
        let (reply, answer) = oneshot::channel();
        let work = Box::new(move |memory: &mut Memory| {
            // Whoever gave up waiting needs no hash.
            if !reply.is_closed() {
                let _ = reply.send(work(memory));
            }
        });
        self.waiting.try_send(work).map_err(|error| match error {
            TrySendError::Full(_) => Error::unavailable("Too many people are signing in at once.")
                .with_hint("Try again in a few seconds.")
                .with_retry_after(5),
            TrySendError::Disconnected(_) => Error::unavailable("The server is stopping."),
        })?;
        answer.await.map_err(|error| Error::internal_from("hash a password", error))
    }
}

fn next(work: &Mutex<Receiver<Work>>) -> Option<Work> {
    work.lock().unwrap_or_else(PoisonError::into_inner).recv().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_too_much_is_refused_and_the_rest_is_done() {
        let pool = Pool::new(1);
        let (release, released) = sync_channel::<()>(0);
        let (entered, inside) = oneshot::channel();
        let first = tokio::spawn({
            let pool = pool.clone();
            async move {
                pool.run(move |_| {
                    let _ = entered.send(());
                    released.recv().is_ok()
                })
                .await
            }
        });
        inside.await.unwrap();
        let mut waiting: Vec<_> = (0..WAITING_PER_SLOT).map(|n| Box::pin(pool.run(move |_| n))).collect();
        for one in &mut waiting {
            assert!(futures::poll!(one).is_pending());
        }
        assert_eq!(pool.run(|_| 0).await.unwrap_err().retry_after_seconds(), Some(5));
        release.send(()).unwrap();
        assert!(first.await.unwrap().unwrap());
        for (n, one) in waiting.into_iter().enumerate() {
            assert_eq!(one.await.unwrap(), n);
        }
    }
}
