//! Every process: gives signs of life, finds the uploads of processes that gave none,
//! and removes files that no row names.

use std::time::{Duration, Instant};

use crate::app::App;
use crate::db::Kind;

/// How often a sign of life is given; others wait four times as long.
const EVERY: Duration = Duration::from_secs(4);

/// A process judges others once its own signs came through for so long. After a time in
/// which the database was away nobody's did, and all but the first one would look dead.
const STEADY: Duration = Duration::from_secs(12);

/// Until the process ends, its last answers included.
pub async fn run(app: App) {
    let mut turn = 0_u32;
    let mut steady = Steady::default();
    loop {
        // Of SQLite there is one process: all others are dead.
        let judges = app.db.kind() == Kind::Sqlite || steady.is_for(STEADY);
        match app.db.heartbeat(&app.owner, judges).await {
            Ok(lost) => {
                steady.came();
                if lost > 0 {
                    tracing::warn!(lost, "uploads of processes that ended are ambiguous now");
                }
            }
            Err(error) => {
                steady = Steady::default();
                tracing::warn!("no sign of life could be given: {error}");
            }
        }
        if turn.is_multiple_of(150)
            && let Err(error) = app.store.sweep(&app.db).await
        {
            tracing::warn!("files that are no longer needed are still there: {error}");
        }
        turn = turn.wrapping_add(1);
        // While uploads wait for their answers others must not call them lost.
        let over = async {
            app.leaving.cancelled().await;
            while app.tasks.len() > 1 && !app.left.is_cancelled() {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        };
        tokio::select! {
            () = over => return,
            () = tokio::time::sleep(EVERY) => {}
        }
    }
}

/// Since when this process's signs of life come through, one soon after the other.
#[derive(Default)]
struct Steady(Option<(Instant, Instant)>);

impl Steady {
    fn came(&mut self) {
        let now = Instant::now();
        let since = self.0.filter(|(_, last)| last.elapsed() < STEADY).map(|(since, _)| since);
        self.0 = Some((since.unwrap_or(now), now));
    }

    /// Whether that is so for this long, the last one being young.
    fn is_for(&self, time: Duration) -> bool {
        self.0.is_some_and(|(since, last)| since.elapsed() >= time && last.elapsed() < STEADY)
    }
}
