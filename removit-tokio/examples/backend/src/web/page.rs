//! The page: HTML, a style sheet and a script, as they are in `assets`.

use axum::response::{IntoResponse, Response};
use http::header;

/// Everything comes from here, and pictures from memory: an injected script has no
/// source, and the page is in nobody's frame.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
                      img-src 'self' blob:; form-action 'none'; base-uri 'none'; frame-ancestors 'none'";

/// `GET /`
pub async fn html() -> Response {
    asset("text/html; charset=utf-8", include_str!("../../assets/page.html"))
}

/// `GET /page.css`
pub async fn css() -> Response {
    asset("text/css; charset=utf-8", include_str!("../../assets/page.css"))
}

/// `GET /page.js`
pub async fn js() -> Response {
    asset("text/javascript; charset=utf-8", include_str!("../../assets/page.js"))
}

fn asset(media: &'static str, text: &'static str) -> Response {
    let headers = [
        (header::CONTENT_TYPE, media),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-cache"),
    ];
    (headers, text).into_response()
}
