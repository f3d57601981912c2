//! The adapter sends what the core predicts, byte for byte and at the same
//! moments, in tokio's paused time.

use removit_tokio as adapter;
use removit_tokio::proto;

macro_rules! way {
    ($($function:tt)*) => { pub(crate) async $($function)* };
}

#[path = "../../../removit-proto/tests/adapters/traces/mod.rs"]
mod shared;
#[path = "../../../removit-proto/tests/adapters/trace_world.rs"]
mod world;

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Request, Response};
use http_body::{Body, Frame};
use http_body_util::BodyExt;
use proto::simulator::{Reply, Wire};
use proto::{Reach, TransportFailure};
use removit_tokio::{Clock, RequestBody, ResponseBody, Transport};
use tokio::time::Instant;
use world::World;

struct Wired<'a> {
    world: &'a World,
    start: Instant,
}

impl Transport for Wired<'_> {
    async fn send(
        &self,
        request: Request<RequestBody>,
    ) -> Result<Response<ResponseBody>, TransportFailure> {
        let (head, body) = request.into_parts();
        let sent = body.collect().await.unwrap().to_bytes();
        let reply = self.world.request(self.start.elapsed(), head, sent.to_vec());
        if let Wire::Stall { after } = reply.wire {
            tokio::time::sleep(reply.delay).await;
            return Ok(reply.response.map(|body| cut(&body, after, true)));
        }
        tokio::time::sleep(reply.takes()).await;
        let Reply { response, wire, .. } = reply;
        match wire {
            Wire::DropBeforeAnswer => {
                let detail = "closed without an answer";
                Err(TransportFailure::broken(Reach::MaybeSent, detail))
            }
            Wire::CutBody { after } if after < response.body().len() => {
                Ok(response.map(|body| cut(&body, after, false)))
            }
            _ => Ok(response.map(ResponseBody::from)),
        }
    }
}

fn cut(body: &Bytes, after: usize, is_silent: bool) -> ResponseBody {
    let came = Some(body.slice(..after.min(body.len())));
    ResponseBody::new(Cut { came, is_silent })
}

/// A body that is not whole: what came, and then an error, or nothing more.
struct Cut {
    came: Option<Bytes>,
    is_silent: bool,
}

impl Body for Cut {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        match self.came.take() {
            Some(came) => Poll::Ready(Some(Ok(Frame::data(came)))),
            None if self.is_silent => Poll::Pending,
            None => Poll::Ready(Some(Err(std::io::Error::other("the answer was cut off")))),
        }
    }
}

#[test]
fn every_trace_is_what_the_core_predicts() {
    for case in shared::cases::all() {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        let runtime = builder.enable_time().start_paused(true).build().unwrap();
        let trace = runtime.block_on(async {
            let (start, clock) = (Instant::now(), Clock::start());
            let world = World::new(&case, &clock);
            let transport = Wired { world: &world, start };
            let client = world::client(&case, transport, clock, Arc::clone(&world));
            let end = world::process(&client, &case).await;
            let mut trace = world.trace.lock().unwrap().clone();
            trace.end(start.elapsed(), &end);
            trace
        });
        world::assert_same(&trace, &shared::predict(&case), &case);
    }
}
