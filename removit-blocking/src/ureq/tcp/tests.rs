//! What a connection does with its time, and how it ends.

use super::*;

fn within(limit: Duration) -> TimeLeft {
    TimeLeft::new(NextTimeout { after: limit.into(), ..NextTimeout::default() })
}

#[test]
fn a_peer_that_takes_a_little_each_time_is_given_no_new_time() {
    let limit = Duration::from_millis(100);
    let mut told = Vec::new();
    let end = write_within(&within(limit), &[7; 1000], |_, left| {
        told.push(left.unwrap());
        thread::sleep(Duration::from_millis(20));
        Ok(1)
    });
    assert!(matches!(end, Err(Error::Timeout(_))), "{end:?}");
    assert!((1..=5).contains(&told.len()), "{told:?}");
    assert!(told.is_sorted_by(|a, b| a > b), "less each time: {told:?}");
}

#[test]
fn where_no_address_answers_the_last_failure_is_told_at_once() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for count in 1..4 {
        let time = within(Duration::from_secs(600));
        let failed = first_to_answer(&vec![closed; count], &time).unwrap_err();
        let is_refused =
            matches!(&failed, Error::Io(error) if error.kind() == ErrorKind::ConnectionRefused);
        assert!(is_refused, "{failed:?}");
    }
}

#[test]
fn all_bytes_are_written_once_and_in_order() {
    let bytes: Vec<u8> = (0..100).collect();
    let (mut taken, mut interrupted) = (Vec::new(), false);
    write_within(&within(Duration::from_secs(60)), &bytes, |piece, _| {
        interrupted = !interrupted;
        if interrupted {
            return Err(ErrorKind::Interrupted.into());
        }
        let some = piece.len().min(7);
        taken.extend_from_slice(&piece[..some]);
        Ok(some)
    })
    .unwrap();
    assert_eq!(taken, bytes);
}

#[test]
fn a_read_that_is_interrupted_goes_on_with_what_is_left_of_its_time() {
    let mut told = Vec::new();
    let read = read_within(&within(Duration::from_secs(60)), |left| {
        told.push(left.unwrap());
        if told.len() < 3 { Err(ErrorKind::Interrupted.into()) } else { Ok(7) }
    });
    assert_eq!(read.unwrap(), 7);
    assert!(told.is_sorted_by(|a, b| a >= b), "{told:?}");
}

/// A connection, and the other end of it.
fn connected() -> (TcpWire, TcpStream) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let stream = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let buffers = SpareBuffers::default().of_len(16, 16);
    (TcpWire { stream, buffers }, listener.accept().unwrap().0)
}

/// Until the other end's act has arrived.
fn is_soon_closed(wire: &mut TcpWire) {
    while wire.is_open() {
        thread::yield_now();
    }
}

#[test]
fn a_connection_on_which_nothing_came_can_be_used_again() {
    let (mut wire, mut other) = connected();
    assert!(wire.is_open());
    other.write_all(b"answer").unwrap();
    let soon = NextTimeout { after: Duration::from_secs(60).into(), ..NextTimeout::default() };
    assert!(wire.await_input(soon).unwrap(), "it waits as before");
    assert!(wire.is_open());
}

#[test]
fn a_connection_that_was_closed_or_says_more_cannot_be_used_again() {
    let (mut wire, mut other) = connected();
    other.write_all(b"unasked").unwrap();
    is_soon_closed(&mut wire);
    let (mut wire, other) = connected();
    drop(other);
    is_soon_closed(&mut wire);
}

#[test]
fn without_a_limit_no_write_is_given_one() {
    let forever = TimeLeft::new(NextTimeout {
        after: time::Duration::NotHappening,
        ..NextTimeout::default()
    });
    write_within(&forever, &[1], |_, left| Ok(usize::from(left.is_none()))).unwrap();
}
