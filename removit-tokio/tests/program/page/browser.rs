//! A Chromium without a window, told what to do over two pipes in its own protocol.
//!
//! Nothing here waits for a span of time: each command has an answer, and what comes
//! later is asked for until it is there.

use std::env;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tempfile::TempDir;

/// A browser that says nothing for so long is not there any more.
const PATIENCE: Duration = Duration::from_secs(180);

pub(crate) struct Browser {
    child: Child,
    commands: ChildStdin,
    said: Receiver<Value>,
    /// What it told without being asked.
    pub(crate) events: Vec<Value>,
    session: Option<String>,
    last: u64,
    _profile: TempDir,
    _turn: Turn,
}

/// How many more browsers may be there at once: each is a dozen processes.
static FREE: (Mutex<u32>, Condvar) = (Mutex::new(4), Condvar::new());

struct Turn;

impl Turn {
    fn take() -> Self {
        let none = |free: &mut u32| *free == 0;
        *FREE.1.wait_while(FREE.0.lock().unwrap(), none).unwrap() -= 1;
        Self
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        *FREE.0.lock().unwrap() += 1;
        FREE.1.notify_one();
    }
}

impl Browser {
    /// `None`, with a sentence, where there is none on this machine. CI sets
    /// `REMOVIT_BROWSER_MUST_BE_THERE` where it has installed one.
    pub(crate) fn start() -> Option<Self> {
        let Some(program) = chromium() else {
            assert!(env::var_os("REMOVIT_BROWSER_MUST_BE_THERE").is_none(), "there is no chromium");
            eprintln!("SKIPPED: there is no chromium on this machine");
            return None;
        };
        let turn = Turn::take();
        let profile = tempfile::tempdir().unwrap();
        let mut command = Command::new("sh");
        // It reads commands from descriptor 3 and answers on 4.
        command.args(["-c", r#"exec "$0" "$@" 3<&0 4>&1 </dev/null >/dev/null 2>&1"#]);
        command.arg(program).args(["--headless", "--remote-debugging-pipe", "--no-sandbox"]);
        command.args(["--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"]);
        command.args(["--disable-background-networking", "--disable-component-update"]);
        command.arg("--host-resolver-rules=MAP * ~NOTFOUND");
        command.arg(format!("--user-data-dir={}", profile.path().display()));
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (commands, answers) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let (sender, said) = channel();
        thread::spawn(move || {
            for message in BufReader::new(answers).split(0) {
                let message = serde_json::from_slice(&message.unwrap()).unwrap();
                if sender.send(message).is_err() {
                    return;
                }
            }
        });
        let (events, session) = (Vec::new(), None);
        Some(Self {
            child,
            commands,
            said,
            events,
            session,
            last: 0,
            _profile: profile,
            _turn: turn,
        })
    }

    /// Opens a file in a new tab, and stays with that.
    pub(crate) fn open(&mut self, path: &Path, fragment: &str) {
        self.session = None;
        let tab = self.call("Target.createTarget", &json!({"url": "about:blank"}));
        let target = json!({"targetId": tab["targetId"], "flatten": true});
        let session = self.call("Target.attachToTarget", &target)["sessionId"].clone();
        self.session = Some(session.as_str().unwrap().to_owned());
        for domain in ["Page", "Runtime", "Log", "Network"] {
            self.call(&format!("{domain}.enable"), &json!({}));
        }
        self.look(1200, false);
        let url = format!("file://{}{fragment}", path.display());
        self.call("Page.navigate", &json!({"url": url}));
        self.until("document.readyState === 'complete'");
    }

    /// How wide the window is, and whether it is dark.
    pub(crate) fn look(&mut self, width: u32, dark: bool) {
        let metrics = json!({"width": width, "height": 900, "deviceScaleFactor": 1,
                             "mobile": width < 600});
        self.call("Emulation.setDeviceMetricsOverride", &metrics);
        let value = if dark { "dark" } else { "light" };
        let features = json!([{"name": "prefers-color-scheme", "value": value}]);
        self.call("Emulation.setEmulatedMedia", &json!({"features": features}));
    }

    /// The value of an expression in the page.
    #[track_caller]
    pub(crate) fn value(&mut self, expression: &str) -> Value {
        let asked = json!({"expression": expression, "returnByValue": true, "awaitPromise": true});
        let answer = self.call("Runtime.evaluate", &asked);
        assert!(answer.get("exceptionDetails").is_none(), "{expression}: {answer}");
        answer["result"]["value"].clone()
    }

    #[track_caller]
    pub(crate) fn until(&mut self, expression: &str) {
        let began = Instant::now();
        while self.value(expression) != true {
            assert!(began.elapsed() < PATIENCE, "never came true: {expression}");
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// Presses a key, as a hand does.
    pub(crate) fn press(&mut self, key: &str) {
        let mut down = json!({"type": "keyDown", "key": key});
        match key {
            "Enter" => {
                down["text"] = "\r".into();
                down["windowsVirtualKeyCode"] = 13.into();
            }
            "Tab" => down["windowsVirtualKeyCode"] = 9.into(),
            "Escape" => down["windowsVirtualKeyCode"] = 27.into(),
            key if key.chars().count() == 1 => down["text"] = key.into(),
            _ => {}
        }
        self.call("Input.dispatchKeyEvent", &down);
        self.call("Input.dispatchKeyEvent", &json!({"type": "keyUp", "key": key}));
    }

    pub(crate) fn press_all(&mut self, text: &str) {
        text.chars().for_each(|key| self.press(&key.to_string()));
    }

    pub(crate) fn screenshot(&mut self, path: &Path) {
        let shot = self.call("Page.captureScreenshot", &json!({"format": "png"}));
        fs::write(path, STANDARD.decode(shot["data"].as_str().unwrap()).unwrap()).unwrap();
    }

    /// What it asked for that is no file.
    pub(crate) fn asked_elsewhere(&self) -> Vec<&str> {
        let asked =
            self.events.iter().filter(|event| event["method"] == "Network.requestWillBeSent");
        let urls = asked.filter_map(|event| event["params"]["request"]["url"].as_str());
        urls.filter(|url| !url.starts_with("file:")).collect()
    }

    /// Errors of the page's script, and boxes that were opened.
    pub(crate) fn complaints(&self) -> Vec<&Value> {
        let bad = ["Runtime.exceptionThrown", "Page.javascriptDialogOpening"];
        let is_bad = |event: &&Value| bad.iter().any(|method| event["method"] == *method);
        self.events.iter().filter(is_bad).collect()
    }

    #[track_caller]
    fn call(&mut self, method: &str, params: &Value) -> Value {
        self.last += 1;
        let mut command = json!({"id": self.last, "method": method, "params": params});
        if let Some(session) = &self.session {
            command["sessionId"] = session.as_str().into();
        }
        self.commands.write_all(format!("{command}\0").as_bytes()).unwrap();
        loop {
            let message = self.said.recv_timeout(PATIENCE).expect("the browser answers");
            if message["id"] == self.last {
                assert!(message.get("error").is_none(), "{method}: {message}");
                return message["result"].clone();
            }
            self.events.push(message);
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        self.session = None;
        let _ = self.commands.write_all(b"{\"id\":0,\"method\":\"Browser.close\"}\0");
        let began = Instant::now();
        while self.child.try_wait().is_ok_and(|ended| ended.is_none()) {
            if began.elapsed() > Duration::from_secs(20) {
                let _ = self.child.kill();
                let _ = self.child.wait();
            }
            thread::sleep(Duration::from_millis(10));
        }
    }
}

fn chromium() -> Option<PathBuf> {
    let folders = env::var_os("PATH").unwrap_or_default();
    let mut names = env::split_paths(&folders).flat_map(|folder| {
        ["chromium", "chromium-browser", "google-chrome"].map(|n| folder.join(n))
    });
    names.find(|path| path.is_file())
}
