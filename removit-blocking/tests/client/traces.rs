//! The adapter sends what the core predicts, byte for byte and at the same
//! moments, in simulated time.

use removit_blocking as adapter;
use removit_blocking::proto;

macro_rules! way {
    ($($function:tt)*) => { pub(crate) $($function)* };
}

#[path = "../../../removit-proto/tests/adapters/traces/mod.rs"]
mod shared;
#[path = "../../../removit-proto/tests/adapters/trace_world.rs"]
mod world;

use std::io::{Cursor, Error, Read};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{Request, Response};
use proto::simulator::{Reply, Wire};
use proto::{Reach, TransportFailure};
use removit_blocking::{Clock, RequestBody, ResponseBody, Silence, Transport};
use world::World;

struct Wired<'a> {
    world: &'a World,
    clock: Clock,
}

impl Transport for Wired<'_> {
    fn send(
        &self,
        request: Request<RequestBody>,
        deadline: Instant,
    ) -> Result<Response<ResponseBody>, TransportFailure> {
        let (head, mut body) = request.into_parts();
        let silence = head.extensions.get().copied();
        let mut sent = Vec::new();
        body.read_to_end(&mut sent).unwrap();
        let reply = self.world.request(self.clock.now() - shared::START, head, sent);
        let left = self.clock.time_left(deadline);
        if let (Wire::Stall { after }, Some(Silence(silence))) = (reply.wire, silence) {
            self.clock.sleep(reply.delay);
            let silent = Silent { clock: self.clock.clone(), time: silence.min(left) };
            let until = |body: Bytes| Cursor::new(body.slice(..after.min(body.len())));
            return Ok(reply.response.map(|body| ResponseBody::new(until(body).chain(silent))));
        }
        let left = match silence {
            Some(Silence(silence)) if reply.delay >= silence => left.min(silence),
            _ => left,
        };
        let takes = reply.takes();
        self.clock.sleep(takes.min(left));
        if takes >= left {
            let detail = "no answer by the deadline";
            return Err(TransportFailure::timed_out(Reach::MaybeSent, detail));
        }
        let Reply { response, wire, .. } = reply;
        match wire {
            Wire::DropBeforeAnswer => {
                let detail = "closed without an answer";
                Err(TransportFailure::broken(Reach::MaybeSent, detail))
            }
            Wire::CutBody { after } if after < response.body().len() => {
                Ok(response
                    .map(|body| ResponseBody::new(Cursor::new(body.slice(..after)).chain(Cut))))
            }
            _ => Ok(response.map(ResponseBody::from)),
        }
    }
}

/// The end of a body that is not whole.
struct Cut;

impl Read for Cut {
    fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
        Err(Error::other("the answer was cut off"))
    }
}

/// A body that stops, and a client that has waited long enough.
struct Silent {
    clock: Clock,
    time: Duration,
}

impl Read for Silent {
    fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
        self.clock.sleep(self.time);
        Err(std::io::ErrorKind::TimedOut.into())
    }
}

#[test]
fn every_trace_is_what_the_core_predicts() {
    for case in shared::cases::all() {
        let clock = Clock::simulated(shared::START);
        let world = World::new(&case, &clock);
        let transport = Wired { world: &world, clock: clock.clone() };
        let client = world::client(&case, transport, clock.clone(), Arc::clone(&world));
        let end = world::process(&client, &case);
        let mut trace = world.trace.lock().unwrap().clone();
        trace.end(clock.now() - shared::START, &end);
        world::assert_same(&trace, &shared::predict(&case), &case);
    }
}
