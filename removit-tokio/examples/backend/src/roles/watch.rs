//! Every process: gives signs of life, finds the uploads of processes that gave none,
//! and removes files that no row names.

use std::time::Duration;

use crate::app::App;

/// How often a sign of life is given; others wait four times as long.
const EVERY: Duration = Duration::from_secs(4);

/// Until the process ends, its last answers included.
pub async fn run(app: App) {
    let mut turn = 0_u32;
    loop {
        match app.db.heartbeat(&app.owner).await {
            Ok(0) => {}
            Ok(lost) => tracing::warn!(lost, "uploads of processes that ended are ambiguous now"),
            Err(error) => tracing::warn!("no sign of life could be given: {error}"),
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
