//! What callers see of their photos. Every statement names the caller: nobody sees
//! another's photos.

use serde::Serialize;
use sqlx::Row as _;

use super::Db;
use super::journal::wall;
use super::photo::{PhotoRow, State};
use crate::error::Result;

/// A photo as callers see it. No URL of a result and no signed URL of a photo is in it.
#[derive(Clone, Debug, Serialize)]
pub struct View {
    pub id: String,
    pub name: String,
    pub state: State,
    /// The number of its last event.
    pub seq: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub job_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub progress: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    pub created_at: String,
    pub changed_at: String,
    pub results: Vec<ResultView>,
    /// What a person can do about it.
    pub actions: &'static [&'static str],
}

/// A result that is here.
#[derive(Clone, Debug, Serialize)]
pub struct ResultView {
    pub variation: String,
    pub href: String,
    #[serde(rename = "type")]
    pub media: String,
    pub len: i64,
    #[serde(skip)]
    pub file: String,
}

/// A step of a photo.
#[derive(Clone, Debug, Serialize)]
pub struct Step {
    pub seq: i64,
    pub at: String,
    pub kind: String,
    pub state: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

impl Db {
    /// One photo's row, where it is this caller's.
    pub async fn row_of(&self, tenant: &str, id: &str) -> Result<Option<PhotoRow>> {
        let sql = "SELECT * FROM photos WHERE id = $1 AND tenant = $2";
        let row = sqlx::query(sql).bind(id).bind(tenant).fetch_optional(self.reader()).await?;
        row.as_ref().map(PhotoRow::read).transpose()
    }

    /// One photo, where it is this caller's.
    pub async fn view(&self, tenant: &str, id: &str) -> Result<Option<View>> {
        let Some(row) = self.row_of(tenant, id).await? else { return Ok(None) };
        let results = self.results_of(&row.id).await?;
        Ok(Some(View::new(row, results)))
    }

    /// A page of a caller's photos, newest first, and where the next one begins.
    pub async fn page(
        &self,
        tenant: &str,
        state: Option<State>,
        before: Option<&str>,
        limit: i64,
    ) -> Result<(Vec<View>, Option<String>)> {
        // Ids begin with their time.
        let rows = sqlx::query(
            "SELECT * FROM photos WHERE tenant = $1 AND ($2 = '' OR id < $2) AND ($3 = '' OR state = $3)
             ORDER BY id DESC LIMIT $4",
        );
        let rows = rows
            .bind(tenant)
            .bind(before.unwrap_or_default())
            .bind(state.map_or("", State::as_str))
            .bind(limit)
            .fetch_all(self.reader())
            .await?;
        let mut views = Vec::with_capacity(rows.len());
        for row in &rows {
            let row = PhotoRow::read(row)?;
            let results = match row.state {
                State::Done => self.results_of(&row.id).await?,
                _ => Vec::new(),
            };
            views.push(View::new(row, results));
        }
        let full = i64::try_from(views.len()).is_ok_and(|len| len == limit);
        let next = views.last().filter(|_| full).map(|view| view.id.clone());
        Ok((views, next))
    }

    /// The results of a photo that are here.
    pub async fn results_of(&self, id: &str) -> Result<Vec<ResultView>> {
        let rows = sqlx::query(
            "SELECT variation, file, media, len FROM results WHERE photo_id = $1 ORDER BY variation",
        );
        let mut results = Vec::new();
        for row in rows.bind(id).fetch_all(self.reader()).await? {
            let variation: String = row.try_get("variation")?;
            // A name that came from the vendor, as a segment of a path.
            let mut segment = reqwest::Url::parse("a:/").ok();
            if let Some(Ok(mut path)) = segment.as_mut().map(reqwest::Url::path_segments_mut) {
                path.push(&variation);
            }
            let segment = segment.map(|url| url.path().trim_start_matches('/').to_owned());
            results.push(ResultView {
                href: format!("/photos/{id}/results/{}", segment.unwrap_or_default()),
                variation,
                media: row.try_get("media")?,
                len: row.try_get("len")?,
                file: row.try_get("file")?,
            });
        }
        Ok(results)
    }

    /// The steps of a photo after this one, in order.
    pub async fn steps(&self, id: &str, after: i64) -> Result<Vec<Step>> {
        let rows = sqlx::query(
            "SELECT seq, at, kind, state, detail FROM records WHERE photo_id = $1 AND seq > $2
             ORDER BY seq",
        );
        let rows = rows.bind(id).bind(after).fetch_all(self.reader()).await?;
        let step = |row: &sqlx::any::AnyRow| -> Result<Step> {
            Ok(Step {
                seq: row.try_get("seq")?,
                at: wall(row.try_get("at")?).to_string(),
                kind: row.try_get("kind")?,
                state: row.try_get("state")?,
                detail: row.try_get("detail")?,
            })
        };
        rows.iter().map(step).collect()
    }

    /// How many photos are where, and the age of the oldest that waits, in milliseconds.
    pub async fn counts(&self) -> Result<(Vec<(State, i64)>, i64)> {
        let rows = sqlx::query("SELECT state, COUNT(*) AS n FROM photos GROUP BY state");
        let mut counts = Vec::new();
        for row in rows.fetch_all(self.reader()).await? {
            if let Some(state) = State::parse(row.try_get("state")?) {
                counts.push((state, row.try_get("n")?));
            }
        }
        let now = self.now().await?;
        let oldest: Option<i64> = sqlx::query_scalar(
            "SELECT MIN(not_before) FROM photos WHERE state IN ('waiting', 'fetching')",
        )
        .fetch_one(self.reader())
        .await?;
        Ok((counts, oldest.map_or(0, |at| (now - at).max(0))))
    }
}

impl View {
    fn new(row: PhotoRow, results: Vec<ResultView>) -> Self {
        let actions: &'static [&'static str] = match row.state {
            State::Ambiguous | State::Failed => &["resend"],
            State::Rejected | State::Overdue | State::Incomplete => &["retry"],
            _ => &[],
        };
        Self {
            id: row.id,
            name: row.name,
            state: row.state,
            seq: row.seq,
            job_id: row.job_id,
            progress: row.progress,
            reason: row.reason,
            created_at: wall(row.created_at).to_string(),
            changed_at: wall(row.changed_at).to_string(),
            results,
            actions,
        }
    }
}
