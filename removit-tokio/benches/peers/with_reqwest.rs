//! reqwest, as its documentation shows it. A photo from a file has no row: that needs its
//! feature `multipart`, and with it crates that nothing here has.

use reqwest::Client;

use crate::answers::KEY;
use crate::by_hand;

pub(crate) async fn json(client: &Client, base_url: &str) {
    let answer = client
        .post(by_hand::upload_url(base_url))
        .header("x-api-key", KEY)
        .header("content-type", "application/json")
        .body(by_hand::upload())
        .send()
        .await
        .expect("an answer");
    let job_id = by_hand::job_id(&answer.bytes().await.expect("a body"));
    loop {
        let url = by_hand::status_url(base_url, &job_id);
        let answer = client.get(url).header("x-api-key", KEY).send().await.expect("an answer");
        if by_hand::is_done(&answer.bytes().await.expect("a body")) {
            return;
        }
    }
}
