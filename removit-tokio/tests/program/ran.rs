//! What a run of the program left behind. Wherever one is looked at, the key is not
//! in it, and nothing panicked.

use std::fs;
use std::process::Output;

use serde_json::Value;

pub(crate) const KEY: &str = "sk-program-key";

#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    pub(crate) fn new(output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        let (out, err) = (text(&output.stdout), text(&output.stderr));
        let ran = Self { code: output.status.code(), out, err };
        assert!(!ran.out.contains(KEY) && !ran.err.contains(KEY), "the key is shown: {ran:?}");
        assert!(!ran.err.contains("panicked"), "{ran:?}");
        ran
    }

    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self:?}");
        self
    }

    /// The one line of a single input.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        let [line] = &self.json_lines()[..] else { panic!("one line an input: {self:?}") };
        line.clone()
    }

    /// One line for each of many inputs.
    #[track_caller]
    pub(crate) fn json_lines(&self) -> Vec<Value> {
        self.lines_of("input")
    }

    /// Each line of standard output, as the schema has it.
    #[track_caller]
    pub(crate) fn lines_by_schema(&self) -> Vec<Value> {
        let schema = concat!(env!("CARGO_MANIFEST_DIR"), "/schema/removit-lines.json");
        let schema = serde_json::from_str(&fs::read_to_string(schema).unwrap()).unwrap();
        let mut compiler = boon::Compiler::new();
        compiler.add_resource("lines.json", schema).unwrap();
        let mut schemas = boon::Schemas::new();
        let at = compiler.compile("lines.json", &mut schemas).unwrap();
        let lines = self.lines_json();
        for line in &lines {
            if let Err(error) = schemas.validate(line, at) {
                panic!("{line}: {error}");
            }
        }
        lines
    }

    /// Each line of standard output.
    #[track_caller]
    pub(crate) fn lines_json(&self) -> Vec<Value> {
        self.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The lines of one type.
    #[track_caller]
    pub(crate) fn lines_of(&self, kind: &str) -> Vec<Value> {
        let lines = self.out.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        lines.filter(|line| line["type"] == kind).collect()
    }
}
