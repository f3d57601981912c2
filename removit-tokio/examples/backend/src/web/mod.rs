//! What callers and people see: routes, the page, and how connections are served.

mod asked;
pub mod auth;
pub mod body;
pub mod events;
mod form;
pub mod health;
pub mod intake;
pub mod page;
pub mod photos;
pub mod problem;
pub mod results;
pub mod serve;
mod span;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};

use crate::app::App;
use problem::Problem;

/// All routes.
pub fn router(app: App) -> Router {
    let of_callers = Router::new()
        .route("/photos", post(intake::give).get(photos::list))
        .route("/photos/{id}", get(photos::one))
        .route("/photos/{id}/events", get(events::of_photo))
        .route("/photos/{id}/original", get(results::original))
        .route("/photos/{id}/results/{variation}", get(results::one))
        .route("/photos/{id}/resend", post(photos::resend))
        .route("/photos/{id}/retry", post(photos::retry))
        .route("/events", get(events::of_caller))
        .route("/account", get(photos::account))
        .route("/account/resume", post(photos::resume))
        // Intake has a limit of its own, the photo's: without this one of 2 MB would be below it.
        .layer(DefaultBodyLimit::disable())
        .layer(from_fn_with_state(app.clone(), auth::callers_only));
    Router::new()
        .merge(of_callers)
        .route("/", get(page::html))
        .route("/page.css", get(page::css))
        .route("/page.js", get(page::js))
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(health::metrics))
        .fallback(async || Problem::not_found())
        .method_not_allowed_fallback(async || Problem::method())
        .layer(from_fn_with_state(app.clone(), auth::own_pages_only))
        .layer(from_fn_with_state(app.clone(), body::to_its_end))
        .layer(axum::middleware::from_fn(serve::in_a_task))
        .layer(axum::middleware::from_fn(span::of_request))
        .with_state(app)
}
