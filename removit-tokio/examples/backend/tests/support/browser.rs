//! A Chromium without a window, told what to do over two pipes in its own protocol.
//!
//! Nothing here waits for a span of time: each command has an answer, and what comes
//! later is asked for until it is there. It reaches this machine alone.

use std::env;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tempfile::TempDir;

/// A browser that says nothing for so long is not there any more.
const PATIENCE: Duration = Duration::from_secs(90);

pub struct Browser {
    child: Child,
    commands: ChildStdin,
    said: Receiver<Value>,
    /// What it told without being asked.
    pub events: Vec<Value>,
    session: Option<String>,
    last: u64,
    _profile: TempDir,
}

impl Browser {
    /// `None`, with a sentence, where there is none on this machine. CI sets
    /// `REMOVIT_BROWSER_MUST_BE_THERE` where it has installed one.
    pub fn start() -> Option<Self> {
        let Some(program) = chromium() else {
            assert!(env::var_os("REMOVIT_BROWSER_MUST_BE_THERE").is_none(), "there is no chromium");
            eprintln!("SKIPPED: there is no chromium on this machine");
            return None;
        };
        let profile = tempfile::tempdir().unwrap();
        let mut command = Command::new("sh");
        // It reads commands from descriptor 3 and answers on 4.
        command.args(["-c", r#"exec "$0" "$@" 3<&0 4>&1 </dev/null >/dev/null 2>&1"#]);
        command.arg(program).args(["--headless", "--remote-debugging-pipe", "--no-sandbox"]);
        command.args(["--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"]);
        command.args(["--disable-background-networking", "--disable-component-update"]);
        command.args(["--no-proxy-server", "--lang=en"]);
        command.arg("--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1");
        command.arg(format!("--user-data-dir={}", profile.path().display()));
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (commands, answers) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let (sender, said) = channel();
        std::thread::spawn(move || {
            for message in BufReader::new(answers).split(0) {
                let message = serde_json::from_slice(&message.unwrap()).unwrap();
                if sender.send(message).is_err() {
                    return;
                }
            }
        });
        let (events, session) = (Vec::new(), None);
        Some(Self { child, commands, said, events, session, last: 0, _profile: profile })
    }

    /// Opens a page in a new tab, and stays with that.
    pub fn open(&mut self, url: &str) {
        self.session = None;
        let tab = self.call("Target.createTarget", &json!({"url": "about:blank"}));
        let target = json!({"targetId": tab["targetId"], "flatten": true});
        let session = self.call("Target.attachToTarget", &target)["sessionId"].clone();
        self.session = Some(session.as_str().unwrap().to_owned());
        for domain in ["Page", "Runtime", "Log", "Network", "DOM"] {
            self.call(&format!("{domain}.enable"), &json!({}));
        }
        self.look(1000, false);
        self.call("Page.navigate", &json!({"url": url}));
        self.until("document.readyState === 'complete' && location.protocol === 'http:'");
    }

    /// Goes elsewhere in the same tab; why it did not, if so.
    pub fn go(&mut self, url: &str) -> Option<String> {
        let went = self.call("Page.navigate", &json!({"url": url}));
        went["errorText"].as_str().map(str::to_owned)
    }

    /// How wide the window is, and whether it is dark.
    pub fn look(&mut self, width: u32, dark: bool) {
        let metrics = json!({"width": width, "height": 900, "deviceScaleFactor": 1,
                             "mobile": width < 600});
        self.call("Emulation.setDeviceMetricsOverride", &metrics);
        let value = if dark { "dark" } else { "light" };
        let features = json!([{"name": "prefers-color-scheme", "value": value}]);
        self.call("Emulation.setEmulatedMedia", &json!({"features": features}));
    }

    /// The value of an expression in the page.
    #[track_caller]
    pub fn value(&mut self, expression: &str) -> Value {
        let asked = json!({"expression": expression, "returnByValue": true, "awaitPromise": true});
        let answer = self.call("Runtime.evaluate", &asked);
        assert!(answer.get("exceptionDetails").is_none(), "{expression}: {answer}");
        answer["result"]["value"].clone()
    }

    #[track_caller]
    pub fn until(&mut self, expression: &str) {
        let began = Instant::now();
        while self.value(expression) != true {
            if began.elapsed() > PATIENCE {
                let page = self.value("document.body && document.body.innerText");
                panic!("never came true: {expression}\n{page}");
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Presses a key, as a hand does.
    pub fn press(&mut self, key: &str) {
        let (down, up) = strokes(key);
        self.call("Input.dispatchKeyEvent", &down);
        self.call("Input.dispatchKeyEvent", &up);
    }

    /// Presses a key that opens a question, and answers that; what was asked.
    pub fn press_and_answer(&mut self, key: &str, yes: bool) -> String {
        let (down, up) = strokes(key);
        // They are answered once the question is.
        let sent =
            [self.send("Input.dispatchKeyEvent", &down), self.send("Input.dispatchKeyEvent", &up)];
        let asked = |event: &Value| event["method"] == "Page.javascriptDialogOpening";
        let mut answered = 0;
        let began = Instant::now();
        let question = loop {
            if let Some(at) = self.events.iter().position(asked) {
                break self.events.remove(at)["params"]["message"].as_str().unwrap().to_owned();
            }
            assert!(began.elapsed() < PATIENCE, "it never asked");
            let message = self.said.recv_timeout(PATIENCE).expect("it asks");
            match sent.iter().any(|id| message["id"] == *id) {
                true => answered += 1,
                false => self.events.push(message),
            }
        };
        self.call("Page.handleJavaScriptDialog", &json!({ "accept": yes }));
        let is_sent = |event: &Value| sent.iter().any(|id| event["id"] == *id);
        answered += self.events.iter().filter(|event| is_sent(event)).count();
        self.events.retain(|event| !is_sent(event));
        while answered < sent.len() {
            let message = self.said.recv_timeout(PATIENCE).expect("the key is up");
            match is_sent(&message) {
                true => answered += 1,
                false => self.events.push(message),
            }
        }
        question
    }

    /// Goes with the tab key to what this selector names.
    #[track_caller]
    pub fn tab_to(&mut self, selector: &str) {
        let there = format!("document.activeElement.matches({})", json!(selector));
        for _ in 0..60 {
            self.press("Tab");
            if self.value(&there) == true {
                return;
            }
        }
        panic!("the tab key does not reach {selector}");
    }

    /// Chooses a file in a field.
    pub fn choose(&mut self, selector: &str, file: &Path) {
        let found = json!({ "expression": format!("document.querySelector({})", json!(selector)) });
        let object = self.call("Runtime.evaluate", &found)["result"]["objectId"].clone();
        let chosen = json!({"files": [file], "objectId": object});
        self.call("DOM.setFileInputFiles", &chosen);
    }

    /// Drags files from the desktop over what the selector names, and lets go.
    pub fn drop_on(&mut self, selector: &str, files: &[&Path]) {
        let place = format!(
            "(() => {{ const box = document.querySelector({}).getBoundingClientRect();
             return [box.x + box.width / 2, box.y + box.height / 2]; }})()",
            json!(selector)
        );
        let place = self.value(&place);
        for kind in ["dragEnter", "dragOver", "drop"] {
            let data = json!({"items": [], "files": files, "dragOperationsMask": 1});
            let event = json!({"type": kind, "x": place[0], "y": place[1], "data": data});
            self.call("Input.dispatchDragEvent", &event);
        }
    }

    pub fn screenshot(&mut self, path: &Path) {
        let whole = json!({"format": "png", "captureBeyondViewport": true});
        let shot = self.call("Page.captureScreenshot", &whole);
        std::fs::write(path, STANDARD.decode(shot["data"].as_str().unwrap()).unwrap()).unwrap();
    }

    /// What it asked for at other places than this.
    pub fn asked_elsewhere(&self, origin: &str) -> Vec<&str> {
        let asked =
            self.events.iter().filter(|event| event["method"] == "Network.requestWillBeSent");
        let urls = asked.filter_map(|event| event["params"]["request"]["url"].as_str());
        let own = [origin.to_owned(), format!("blob:{origin}")];
        urls.filter(|url| !own.iter().any(|own| url.starts_with(own.as_str()))).collect()
    }

    /// Errors of the page's script, what its policy had to refuse, and questions that
    /// nobody expected.
    pub fn complaints(&self) -> Vec<&Value> {
        let bad = ["Runtime.exceptionThrown", "Page.javascriptDialogOpening"];
        let is_bad = |event: &&Value| {
            bad.iter().any(|method| event["method"] == *method)
                || event["params"]["entry"]["source"] == "security"
        };
        self.events.iter().filter(is_bad).collect()
    }

    #[track_caller]
    fn call(&mut self, method: &str, params: &Value) -> Value {
        let id = self.send(method, params);
        loop {
            let message = self.said.recv_timeout(PATIENCE).expect("the browser answers");
            if message["id"] == id {
                assert!(message.get("error").is_none(), "{method}: {message}");
                return message["result"].clone();
            }
            self.events.push(message);
        }
    }

    fn send(&mut self, method: &str, params: &Value) -> u64 {
        self.last += 1;
        let mut command = json!({"id": self.last, "method": method, "params": params});
        if let Some(session) = &self.session {
            command["sessionId"] = session.as_str().into();
        }
        self.commands.write_all(format!("{command}\0").as_bytes()).unwrap();
        self.last
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _told = self.commands.write_all(b"{\"id\":0,\"method\":\"Browser.close\"}\0");
        let began = Instant::now();
        while self.child.try_wait().is_ok_and(|ended| ended.is_none()) {
            if began.elapsed() > Duration::from_secs(20) {
                let _killed = self.child.kill();
                let _reaped = self.child.wait();
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

/// A key that goes down, and up.
fn strokes(key: &str) -> (Value, Value) {
    let code = match key {
        "Tab" => 9,
        "Enter" => 13,
        " " => 32,
        "End" => 35,
        "Home" => 36,
        "ArrowLeft" => 37,
        "ArrowRight" => 39,
        _ => panic!("nobody knows the key {key}"),
    };
    let mut down = json!({"type": "keyDown", "key": key, "windowsVirtualKeyCode": code});
    match key {
        "Enter" => down["text"] = "\r".into(),
        " " => down["text"] = " ".into(),
        _ => {}
    }
    (down, json!({"type": "keyUp", "key": key, "windowsVirtualKeyCode": code}))
}

fn chromium() -> Option<PathBuf> {
    let folders = env::var_os("PATH").unwrap_or_default();
    let mut names = env::split_paths(&folders).flat_map(|folder| {
        ["chromium", "chromium-browser", "google-chrome"].map(|n| folder.join(n))
    });
    names.find(|path| path.is_file())
}
