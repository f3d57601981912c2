//! The server as a raw socket sees it.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant};

use removit_proto::simulator::{
    Canned, Config, Digest, Fault, Kind, Origin, Rule, Simulator, Source, When,
};

use super::SimulatorServer;

const FILE: &[u8] = b"\xff\xd8\xff\xe0 just enough of a JPEG";
/// A JPEG is asked for, so that the file is its own result.
const BEFORE: &str = "--xyz\r\nContent-Disposition: form-data; name=\"output_format\"\r\n\r\njpg\r\n--xyz\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.jpg\"\r\nContent-Type: image/jpeg\r\n\r\n";
const AFTER: &str = "\r\n--xyz--\r\n";
const KEY: &str = "X-API-Key: test-key\r\n";

fn server() -> SimulatorServer {
    SimulatorServer::start(Simulator::new(Config::instant())).unwrap()
}

fn scripted(on: Kind, fault: Fault) -> SimulatorServer {
    let server = server();
    let rule = Rule::new(on, When::Always, fault);
    server.with_simulator(|simulator| simulator.add_rule(rule));
    server
}

/// A connection that cannot hang a test.
fn connect(url: &str) -> TcpStream {
    let stream = TcpStream::connect(url.strip_prefix("http://").unwrap()).unwrap();
    let patience = Some(Duration::from_secs(20));
    stream.set_read_timeout(patience).unwrap();
    stream.set_write_timeout(patience).unwrap();
    stream
}

fn upload_head(file_len: usize) -> String {
    let len = BEFORE.len() + file_len + AFTER.len();
    format!(
        "POST /api/v1/upload HTTP/1.1\r\nHost: test\r\nConnection: close\r\n{KEY}\
         Content-Type: multipart/form-data; boundary=xyz\r\nContent-Length: {len}\r\n\r\n{BEFORE}"
    )
}

fn get(path: &str, headers: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n{headers}\r\n")
}

/// Everything that comes back, up to the end or the break of the connection.
fn read_all(stream: &mut TcpStream) -> (Vec<u8>, io::Result<usize>) {
    let mut bytes = Vec::new();
    let end = stream.read_to_end(&mut bytes);
    (bytes, end)
}

fn exchange(url: &str, request: &[u8]) -> String {
    let mut stream = connect(url);
    stream.write_all(request).unwrap();
    let (bytes, end) = read_all(&mut stream);
    end.unwrap();
    String::from_utf8_lossy(&bytes).into_owned()
}

fn upload(server: &SimulatorServer) -> String {
    let mut request = upload_head(FILE.len()).into_bytes();
    request.extend_from_slice(FILE);
    request.extend_from_slice(AFTER.as_bytes());
    exchange(&server.base_url(), &request)
}

fn body(answer: &str) -> &str {
    answer.split_once("\r\n\r\n").unwrap().1
}

/// Waits for what another thread is about to write down.
fn eventually(holds: impl Fn() -> bool) -> bool {
    let deadline = Instant::now() + Duration::from_secs(10);
    while Instant::now() < deadline {
        if holds() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    holds()
}

#[test]
fn a_file_goes_up_and_comes_back() {
    let server = server();
    let accepted = upload(&server);
    assert!(accepted.starts_with("HTTP/1.1 202 Accepted\r\n"), "{accepted}");
    let id = server.account().jobs[0].id.clone();
    assert!(body(&accepted).contains(&id));
    let status = get(&format!("/api/v1/status?job_id={id}"), KEY);
    let status = exchange(&server.base_url(), status.as_bytes());
    let url = format!("{}/results/{id}/clipping.jpg", server.results_url());
    assert!(body(&status).contains(&url), "{status}");
    let path = url.strip_prefix(&server.results_url()).unwrap();
    let mut stream = connect(&server.results_url());
    stream.write_all(get(path, "").as_bytes()).unwrap();
    let (result, _) = read_all(&mut stream);
    assert!(result.ends_with(FILE));
    let account = server.stop();
    assert_eq!(account.credits_spent, 1);
    assert_eq!(account.jobs[0].downloads, 1);
    assert!(account.key_seen_at(Origin::Api) && !account.key_seen_at(Origin::Results));
}

#[test]
fn a_connection_serves_more_than_one_request() {
    let server = server();
    let twice = "GET / HTTP/1.1\r\nHost: test\r\n\r\n".to_owned() + &get("/", "");
    let answers = exchange(&server.base_url(), twice.as_bytes());
    assert_eq!(answers.matches("HTTP/1.1 404").count(), 2, "{answers}");
}

#[test]
fn a_gigabyte_runs_through_bounded_memory() {
    const LEN: usize = 1 << 30;
    let config = Config::instant().with(|config| config.keep_limit = 1 << 20);
    let server = SimulatorServer::start(Simulator::new(config)).unwrap();
    let before = resident_kib();
    let mut stream = connect(&server.base_url());
    stream.write_all(upload_head(LEN).as_bytes()).unwrap();
    let zeros = vec![0; 1 << 20];
    let mut most = 0;
    for _ in 0..LEN / zeros.len() {
        stream.write_all(&zeros).unwrap();
        most = most.max(resident_kib());
    }
    stream.write_all(AFTER.as_bytes()).unwrap();
    let (answer, _) = read_all(&mut stream);
    assert!(answer.starts_with(b"HTTP/1.1 202"));
    let account = server.stop();
    let Source::File(file) = &account.jobs[0].order.source else {
        panic!("a file was sent");
    };
    assert_eq!((file.len, file.kept.as_ref()), (LEN as u64, None));
    // The other tests of this process take their part.
    assert!(most < before + 64 * 1024, "{before} KiB, then {most} KiB");
}

/// The memory of this process; zero where there is no `/proc` to ask.
fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.and_then(|line| line.split_whitespace().next());
    number.map_or(0, |number| number.parse().unwrap())
}

#[test]
fn a_lost_answer_still_creates_the_job() {
    let server = scripted(Kind::Upload, Fault::DropAfterWork);
    assert_eq!(upload(&server), "");
    assert_eq!(server.account().jobs.len(), 1);
}

#[test]
fn a_connection_may_close_before_the_body_is_read() {
    let server = scripted(Kind::Upload, Fault::DropBeforeBody);
    let mut stream = connect(&server.base_url());
    stream.write_all(upload_head(1 << 20).as_bytes()).unwrap();
    let (answer, _) = read_all(&mut stream);
    assert!(answer.is_empty());
    let account = server.account();
    assert_eq!((account.jobs.len(), account.incomplete_uploads), (0, 1));
}

#[test]
fn an_early_answer_can_be_read_in_the_middle_of_an_upload() {
    let server = scripted(Kind::Upload, Fault::AnswerEarly(Canned::NoCredits));
    let mut stream = connect(&server.base_url());
    stream.write_all(upload_head(64 << 20).as_bytes()).unwrap();
    let mut first = [0; 12];
    stream.read_exact(&mut first).unwrap();
    assert_eq!(&first, b"HTTP/1.1 402");
    // The rest of the upload is still taken for a while.
    stream.write_all(&vec![0; 8 << 20]).unwrap();
    assert_eq!(server.account().jobs.len(), 0);
}

#[test]
fn a_cut_answer_promises_more_than_it_sends() {
    for after in [0, 9] {
        let server = scripted(Kind::Upload, Fault::CutBody { after });
        let answer = upload(&server);
        let promised: usize = answer
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "))
            .and_then(|text| text.parse().ok())
            .unwrap();
        assert_eq!(body(&answer).len(), after);
        assert!(promised > 50, "{answer}");
    }
}

#[test]
fn a_silent_answer_stops_and_its_connection_stays() {
    let server = scripted(Kind::Upload, Fault::Stall { after: 9 });
    let mut stream = connect(&server.base_url());
    let mut request = upload_head(FILE.len()).into_bytes();
    request.extend_from_slice(FILE);
    request.extend_from_slice(AFTER.as_bytes());
    stream.write_all(&request).unwrap();
    let mut answer = Vec::new();
    while !String::from_utf8_lossy(&answer).ends_with("\r\n\r\n{\"job_id\"") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        answer.push(byte[0]);
    }
    stream.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
    let silence = stream.read(&mut [0]).unwrap_err();
    assert!(matches!(silence.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut));
}

#[test]
fn a_drip_is_slow_and_complete() {
    let every = Duration::from_millis(10);
    let server = scripted(Kind::Upload, Fault::Drip { chunk: 10, every });
    let started = Instant::now();
    let answer = upload(&server);
    let pauses = (body(&answer).len() as u32).div_ceil(10) - 1;
    assert!(body(&answer).ends_with("\"status\":\"queued\"}"), "{answer}");
    assert!(pauses > 4 && started.elapsed() >= every * pauses);
}

#[test]
fn a_late_answer_is_late() {
    let delay = Duration::from_millis(150);
    let server = scripted(Kind::Upload, Fault::Delay(delay));
    let started = Instant::now();
    assert!(upload(&server).starts_with("HTTP/1.1 202"));
    assert!(started.elapsed() >= delay);
}

#[test]
fn late_answers_that_are_released_go_out_at_once_and_later_ones_are_late_again() {
    let server = scripted(Kind::Other, Fault::Delay(Duration::from_secs(3600)));
    let ask = || {
        let mut stream = connect(&server.base_url());
        stream.write_all(get("/", "").as_bytes()).unwrap();
        stream
    };
    let (mut one, mut other) = (ask(), ask());
    assert!(eventually(|| server.account().requests(Kind::Other) == 2));
    server.release();
    for stream in [&mut one, &mut other] {
        assert!(read_all(stream).0.starts_with(b"HTTP/1.1 404"));
    }
    let mut later = ask();
    assert!(eventually(|| server.account().requests(Kind::Other) == 3));
    later.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
    let silence = later.read(&mut [0]).unwrap_err();
    assert!(matches!(silence.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut));
}

#[test]
fn a_client_that_vanishes_creates_nothing() {
    let server = server();
    let mut stream = connect(&server.base_url());
    stream.write_all(upload_head(1000).as_bytes()).unwrap();
    stream.shutdown(Shutdown::Both).unwrap();
    drop(stream);
    assert!(eventually(|| server.account().incomplete_uploads == 1));
    assert_eq!(server.account().jobs.len(), 0);
}

#[test]
fn the_server_stops_with_a_request_half_sent() {
    let server = server();
    let mut stream = connect(&server.base_url());
    stream.write_all(upload_head(1000).as_bytes()).unwrap();
    assert!(eventually(|| server.account().requests(Kind::Upload) == 1));
    let started = Instant::now();
    drop(server);
    assert!(started.elapsed() < Duration::from_secs(5));
    let (answer, _) = read_all(&mut stream);
    assert!(answer.is_empty());
}

#[test]
fn the_server_stops_while_an_answer_is_late() {
    let server = scripted(Kind::Other, Fault::Delay(Duration::from_secs(3600)));
    let mut stream = connect(&server.base_url());
    stream.write_all(get("/", "").as_bytes()).unwrap();
    assert!(eventually(|| server.account().requests(Kind::Other) == 1));
    let started = Instant::now();
    let account = server.stop();
    assert!(started.elapsed() < Duration::from_secs(5));
    assert_eq!(account.jobs.len(), 0);
}

#[test]
fn an_address_in_use_is_an_error() {
    let server = server();
    let address = server.base_url().strip_prefix("http://").unwrap().parse().unwrap();
    let second = SimulatorServer::bind(Simulator::new(Config::instant()), address);
    assert_eq!(second.unwrap_err().kind(), io::ErrorKind::AddrInUse);
}

#[test]
fn the_server_can_live_and_die_inside_a_runtime() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let url = runtime.block_on(async {
        let server = server();
        server.base_url()
    });
    let gone = TcpStream::connect(url.strip_prefix("http://").unwrap());
    assert_eq!(gone.unwrap_err().kind(), io::ErrorKind::ConnectionRefused);
}

#[test]
fn what_arrived_is_told_by_its_digest() {
    let server = server();
    upload(&server);
    let account = server.account();
    let Source::File(file) = &account.jobs[0].order.source else {
        panic!("a file was sent");
    };
    assert_eq!(file.digest.value(), Digest::of(FILE));
}
