//! Ctrl-C, a terminal that goes away, and the system's wish to end: each stops the
//! waiting, never the job.
//!
//! One that arrives at any moment of the program's life is kept until it is asked for.

use std::future::Future;

/// The wishes to end.
pub(crate) struct Signals {
    #[cfg(unix)]
    kinds: Vec<tokio::signal::unix::Signal>,
}

impl Signals {
    /// From now on none of them ends the program by itself.
    #[cfg(unix)]
    pub(crate) fn listen() -> Self {
        use tokio::signal::unix::{SignalKind, signal};
        let mut kinds = vec![SignalKind::interrupt(), SignalKind::terminate()];
        if is_hangup_ours() {
            kinds.push(SignalKind::hangup());
        }
        // One that cannot be had keeps its own effect.
        Self { kinds: kinds.into_iter().filter_map(|kind| signal(kind).ok()).collect() }
    }

    #[cfg(not(unix))]
    pub(crate) fn listen() -> Self {
        Self {}
    }

    /// Returns when the program is asked to stop.
    #[cfg(unix)]
    pub(crate) async fn next(&mut self) {
        std::future::poll_fn(|context| {
            let is_there = |kind: &mut tokio::signal::unix::Signal| {
                kind.poll_recv(context).map(|signal| signal.is_some()).is_ready()
            };
            // All of them are asked, so that each wakes the program.
            match self.kinds.iter_mut().map(is_there).fold(false, |any, ready| any | ready) {
                true => std::task::Poll::Ready(()),
                false => std::task::Poll::Pending,
            }
        })
        .await;
    }

    #[cfg(not(unix))]
    pub(crate) async fn next(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            // No signal can be had: only the work itself ends the program.
            std::future::pending::<()>().await;
        }
    }

    /// What `work` gives, or `None` where the user or the system stops it first.
    pub(crate) async fn unless_asked<T>(&mut self, work: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            output = work => Some(output),
            () = self.next() => None,
        }
    }
}

/// Whether a hangup is handled: not where whoever began the program had it ignored,
/// as `nohup` does. Where that cannot be known it is left as it is.
#[cfg(unix)]
fn is_hangup_ours() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask & 1 == 0)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn wait<T>(work: impl Future<Output = T>) -> T {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.unwrap().block_on(work)
    }

    #[test]
    fn work_that_nobody_stops_comes_to_its_end() {
        let end = wait(async {
            let work = async {
                tokio::task::yield_now().await;
                7
            };
            Signals::listen().unless_asked(work).await
        });
        assert_eq!(end, Some(7));
    }

    #[test]
    fn a_signal_that_came_before_the_work_stops_it() {
        let end = wait(async {
            let mut signals = Signals::listen();
            let id = std::process::id().to_string();
            let sent = std::process::Command::new("kill").args(["-TERM", &id]).status();
            assert!(sent.unwrap().success());
            signals.unless_asked(std::future::pending::<()>()).await
        });
        assert_eq!(end, None);
    }
}
