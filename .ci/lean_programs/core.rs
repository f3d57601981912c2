//! The same with all of a job in it: the core's `Job` over plain HTTP/1.1 by hand.

use std::io::{Error, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::thread::sleep;
use std::time::SystemTime;

use removit_proto::http::{HeaderName, HeaderValue, Response};
use removit_proto::{
    Action, ApiKey, Attempt, Endpoint, Incoming, Instant, Job, JobPolicy, Machine, Outcome,
    Outgoing, Piece, Reach, Seed, TransportFailure, UploadRequest,
};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let mut next = || arguments.next().unwrap_or_default();
    let endpoint = Endpoint::new(&next(), ApiKey::new(&next())?)?;
    let request = UploadRequest::from_url(next().parse()?);
    let mut job = Job::new(endpoint, request, JobPolicy::default(), Seed::new(1), now());
    loop {
        match job.next_action(now()) {
            Action::Send(attempt) => {
                let id = attempt.id;
                let outcome = exchange(attempt);
                job.handle(now(), id, outcome);
            }
            Action::SleepUntil(wakeup) => sleep(wakeup.at - now()),
            Action::Done(end) => {
                println!("{} results", end?.results.len());
                return Ok(());
            }
        }
    }
}

fn now() -> Instant {
    Instant::from_origin(SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default())
}

fn exchange(attempt: Attempt) -> Outcome {
    let (head, body) = attempt.request.into_parts();
    let mut outgoing = Outgoing::new(body);
    let sent = outgoing.sent();
    let mut send = || {
        let mut stream = TcpStream::connect(head.uri.authority().map_or("", |a| a.as_str()))?;
        let mut out = format!("{} {} HTTP/1.1\r\n", head.method, head.uri.path());
        for (name, value) in &head.headers {
            out += &format!("{name}: {}\r\n", value.to_str().unwrap_or_default());
        }
        stream.write_all((out + "connection: close\r\n\r\n").as_bytes())?;
        while let Piece::Bytes(bytes) = outgoing.next_piece() {
            outgoing.advance(bytes.len())?;
            stream.write_all(&bytes)?;
        }
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        let end = answer.windows(4).position(|four| four == b"\r\n\r\n");
        let end = end.ok_or(ErrorKind::UnexpectedEof)?;
        let text = String::from_utf8_lossy(&answer[..end]).into_owned();
        let status = text.get(9..12).and_then(|digits| digits.parse().ok()).unwrap_or(0_u16);
        let mut head = Response::builder().status(status);
        for (name, value) in text.lines().skip(1).filter_map(|line| line.split_once(": ")) {
            let name: HeaderName = name.parse().map_err(Error::other)?;
            head = head.header(name, HeaderValue::from_str(value).map_err(Error::other)?);
        }
        let (head, ()) = head.body(()).map_err(Error::other)?.into_parts();
        let mut incoming = Incoming::new(head, attempt.sink);
        let _ = incoming.take(&answer[end + 4..]);
        Ok::<_, Error>(incoming.end())
    };
    send().unwrap_or_else(|error| {
        let failure = TransportFailure::broken(Reach::MaybeSent, error.to_string());
        Outcome::Failed(sent.judge(failure))
    })
}
