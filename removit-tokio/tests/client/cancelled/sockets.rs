//! Through `Client` and the default transport, over real sockets.

use std::time::Duration;

use removit_tokio::Client;
use removit_tokio::proto::simulator::{Config, Simulator};
use removit_tokio::proto::{PollPolicy, Schedule};
use removit_tokio::simulator::SimulatorServer;
use tokio::runtime::{Builder, Runtime};

use super::at_most::at_most;
use super::way::{Way, check, endpoint};

#[test]
fn a_drop_leaves_no_task_no_half_file_and_no_lost_or_second_job() {
    let mut resumed = 0;
    for polls in 1.. {
        let server = SimulatorServer::start(Simulator::new(Config::instant())).unwrap();
        let (way, runtime) = (Way::new(), runtime());
        let completed = runtime.block_on(async {
            let client = hasty(&server).observer(way.stored.clone());
            at_most(polls, way.go(&client)).await.is_some()
        });
        // What the client left behind ends with it; what a thread has begun, with
        // the runtime.
        runtime.block_on(no_task_is_left());
        drop(runtime);
        way.whole_files();

        let known = way.known();
        check(&server.account(), known.as_ref());
        if let Some(known) = known.clone() {
            self::runtime().block_on(way.resume(&hasty(&server), known));
            resumed += 1;
        }
        check(&server.stop(), known.as_ref());
        if completed {
            assert!(polls > 10 && resumed > 5, "{resumed} resumed of {polls} points");
            break;
        }
    }
}

async fn no_task_is_left() {
    let handle = tokio::runtime::Handle::current();
    for _ in 0..1_000 {
        if handle.metrics().num_alive_tasks() == 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("{} tasks are left", handle.metrics().num_alive_tasks());
}

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

fn hasty(server: &SimulatorServer) -> Client {
    let mut poll = PollPolicy::default();
    poll.schedule = Schedule::fixed(Duration::from_millis(1)).with_floor(Duration::ZERO);
    Client::new(endpoint(&server.base_url())).unwrap().poll_policy(poll)
}
