//! A photo by URL to its file with ureq by hand: no failure is judged, nothing is resumed.

use std::io::copy;

use serde_json::{Value, json};

const BASE: &str = "https://api.example.com/api/v1";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let key = std::env::var("KEY")?;
    let upload = ureq::post(format!("{BASE}/upload")).header("X-API-Key", &key);
    let photo = json!({"file_url": "https://example.com/cup.jpg"});
    let job: Value = upload.send_json(photo)?.body_mut().read_json()?;
    let id = job["job_id"].as_str().unwrap_or_default();
    loop {
        std::thread::sleep(std::time::Duration::from_secs(3));
        let look = ureq::get(format!("{BASE}/status?job_id={id}")).header("X-API-Key", &key);
        let status: Value = look.call()?.body_mut().read_json()?;
        if let Some(url) = status["final_url"].as_str() {
            let mut result = ureq::get(url).call()?;
            let mut file = std::fs::File::create("cup.png")?;
            copy(&mut result.body_mut().as_reader(), &mut file)?;
            return Ok(());
        }
    }
}
