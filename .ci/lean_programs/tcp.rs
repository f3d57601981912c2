//! What a program takes that sends bytes over TCP and prints what comes.

use std::io::{Read, Write};
use std::net::TcpStream;

fn main() -> std::io::Result<()> {
    let place = std::env::args().nth(1).unwrap_or_default();
    let mut stream = TcpStream::connect(&place)?;
    stream.write_all(b"GET / HTTP/1.1\r\nconnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    print!("{answer}");
    Ok(())
}
