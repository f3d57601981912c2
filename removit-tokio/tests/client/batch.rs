//! What a batch on tokio does beside the scenarios that both adapters share.

use removit_tokio::proto::simulator::{Config, Simulator};
use removit_tokio::proto::{ApiKey, Endpoint, JobId};
use removit_tokio::simulator::SimulatorServer;
use removit_tokio::{BatchInput, Client};

/// The iterator waits for what another task of the same thread gives it.
#[tokio::test]
async fn an_iterator_that_blocks_holds_up_no_other_task() {
    let server = SimulatorServer::start(Simulator::new(Config::instant())).unwrap();
    let endpoint = Endpoint::new(&server.base_url(), ApiKey::new("any").unwrap()).unwrap();
    let client = Client::new(endpoint).unwrap();
    let (give, inputs) = std::sync::mpsc::channel::<BatchInput>();
    let giving = tokio::spawn(async move {
        for number in 0..3 {
            tokio::task::yield_now().await;
            let id: JobId = format!("unknown-{number}").parse().unwrap();
            give.send(BatchInput::from(id)).unwrap();
        }
    });
    let mut batch = client.batch(inputs);
    let mut ends = 0;
    while let Some(over) = batch.next().await {
        assert!(over.end.is_err(), "there is no such job");
        ends += 1;
    }
    giving.await.unwrap();
    assert_eq!(ends, 3);
}

#[tokio::test]
#[should_panic(expected = "no more cups")]
async fn a_panic_of_the_inputs_iterator_is_the_batchs() {
    let server = SimulatorServer::start(Simulator::new(Config::instant())).unwrap();
    let endpoint = Endpoint::new(&server.base_url(), ApiKey::new("any").unwrap()).unwrap();
    let inputs = std::iter::from_fn(|| -> Option<BatchInput> { panic!("no more cups") });
    let mut batch = Client::new(endpoint).unwrap().batch(inputs);
    let _ = batch.next().await;
}
