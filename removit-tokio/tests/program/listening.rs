//! A run of the program whose words for people are heard while it goes on: a test acts
//! once it has said something, and not after a while.

use std::io::Read;
use std::process::{Child, Command, Output};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::ran::Ran;

/// A run that says nothing for so long does not go on.
const PATIENCE: Duration = Duration::from_secs(120);

pub(crate) struct Listening {
    child: Child,
    heard: Arc<Mutex<Vec<u8>>>,
    listener: JoinHandle<()>,
}

impl Listening {
    pub(crate) fn to(command: &mut Command) -> Self {
        let mut child = command.spawn().unwrap();
        let mut said = child.stderr.take().unwrap();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let hearing = Arc::clone(&heard);
        let listener = thread::spawn(move || {
            let mut piece = [0; 1024];
            while let Ok(len @ 1..) = said.read(&mut piece) {
                hearing.lock().unwrap().extend_from_slice(&piece[..len]);
            }
        });
        Self { child, heard, listener }
    }

    /// Waits until it has said that.
    #[track_caller]
    pub(crate) fn until_it_says(&mut self, words: &str) {
        let began = Instant::now();
        while !self.said().contains(words) {
            if began.elapsed() > PATIENCE {
                self.child.kill().unwrap();
                panic!("it never said {words:?}, but: {}", self.said());
            }
            thread::sleep(Duration::from_millis(5));
        }
    }

    fn said(&self) -> String {
        String::from_utf8_lossy(&self.heard.lock().unwrap()).into_owned()
    }

    pub(crate) fn child(&mut self) -> &mut Child {
        &mut self.child
    }

    /// What it left behind, once it has come to its end.
    pub(crate) fn finish(self) -> Ran {
        let ended = self.child.wait_with_output().unwrap();
        self.listener.join().unwrap();
        let stderr = std::mem::take(&mut *self.heard.lock().unwrap());
        Ran::new(&Output { stderr, ..ended })
    }
}
