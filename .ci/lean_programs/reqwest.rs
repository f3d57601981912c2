//! A photo by URL to its file with reqwest by hand: no failure is judged, nothing is resumed.

use serde_json::{Value, json};

const BASE: &str = "https://api.example.com/api/v1";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let key = std::env::var("KEY")?;
    let client = reqwest::Client::new();
    let upload = client.post(format!("{BASE}/upload")).header("X-API-Key", &key);
    let photo = json!({"file_url": "https://example.com/cup.jpg"});
    let job: Value = upload.json(&photo).send().await?.json().await?;
    let id = job["job_id"].as_str().unwrap_or_default();
    loop {
        tokio::time::sleep(std::time::Duration::from_secs(3)).await;
        let look = client.get(format!("{BASE}/status?job_id={id}")).header("X-API-Key", &key);
        let status: Value = look.send().await?.json().await?;
        if let Some(url) = status["final_url"].as_str() {
            let result = client.get(url).send().await?.bytes().await?;
            tokio::fs::write("cup.png", result).await?;
            return Ok(());
        }
    }
}
