//! Standard output, whose reader may go away: that ends no work.

use std::io::{self, ErrorKind, Write};

use crate::exit::Exit;

/// Prints it all and ends with `exit`. A reader that has seen enough, such as
/// `head`, is no error.
pub(crate) fn print(text: &[u8], exit: Exit) -> Exit {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            eprintln!("removit: cannot write to standard output: {error}");
            Exit::LocalIo
        }
        _ => exit,
    }
}

/// Prints one line. Where that fails it is said, and the work goes on.
pub(crate) fn line(text: &str) {
    print(format!("{text}\n").as_bytes(), Exit::Done);
}
