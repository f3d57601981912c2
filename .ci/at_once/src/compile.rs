//! One build with all mutants: a copy of the workspace, from which those that do not compile are left out
//! until the rest does. The workspace itself is never written to.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::errors::{LeftOut, blame, called_in_constant, reason};
use crate::list::Mutant;
use crate::rewrite::{self, Mark};

const SWITCH: &str = include_str!("switch.rs.txt");
const MOST_BUILDS: usize = 60;

/// A test program, as cargo built it.
#[derive(Clone, Debug)]
pub struct Program {
    pub path: PathBuf,
    /// The package's folder, in which its tests run.
    pub folder: PathBuf,
    /// The package's folder and the target, by which its tests are told from others of the same name.
    pub name: String,
}

/// Where all is, and what is built.
#[derive(Debug)]
pub struct Build<'a> {
    pub root: &'a Path,
    pub tree: PathBuf,
    pub target: PathBuf,
    pub package: String,
    /// Which tests, of that package and of others.
    pub tests: &'a [String],
}

impl Build<'_> {
    /// Builds the tests with all mutants that compile; those that do not are added to `left_out`.
    pub fn all(
        &self,
        mutants: &[Mutant],
        left_out: &mut BTreeMap<usize, LeftOut>,
    ) -> Result<Vec<Program>, String> {
        let written = mutants.iter().flat_map(|one| [one.file.clone(), crate_root(&one.file)]);
        self.copy(&written.collect()).map_err(|error| format!("copying the workspace: {error}"))?;
        let mut constant = BTreeSet::new();
        for build in 1..=MOST_BUILDS {
            let marks = self.write(mutants, left_out, &constant)?;
            let messages = self.cargo()?;
            let errors = messages.iter().filter(|message| is_error(message)).collect::<Vec<_>>();
            if errors.is_empty() {
                return Ok(messages.iter().filter_map(program).collect());
            }
            let before = left_out.len() + constant.len();
            for error in &errors {
                if let Some(name) = called_in_constant(&error["message"]) {
                    constant.insert(name);
                    continue;
                }
                let Some(mark) = blame(&error["message"], &marks) else {
                    let shown = error["message"]["rendered"].as_str().unwrap_or("no words");
                    return Err(format!("an error that is no mutant's:\n{shown}"));
                };
                for &number in &mark.mutants {
                    let why = reason(&mutants[number], mark.is_own, &error["message"]);
                    left_out.entry(number).or_insert(why);
                }
            }
            let mut codes = BTreeMap::<&str, usize>::new();
            for error in &errors {
                *codes
                    .entry(error["message"]["code"]["code"].as_str().unwrap_or("none"))
                    .or_default() += 1;
            }
            let now = left_out.len();
            eprintln!("build {build}: {now} mutants left out so far, errors: {codes:?}");
            if now + constant.len() == before {
                return Err("nothing is left to leave out".to_owned());
            }
        }
        Err(format!("it does not compile after {MOST_BUILDS} builds"))
    }

    /// Brings the copy up to date; what is the same keeps its time, for cargo, and what is
    /// written with mutants is left alone.
    fn copy(&self, written: &BTreeSet<String>) -> io::Result<()> {
        let list = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
        let listed = Command::new("git").current_dir(self.root).args(list).output()?.stdout;
        let names = String::from_utf8_lossy(&listed);
        let names = names.split('\0').filter(|name| !name.is_empty()).collect::<BTreeSet<_>>();
        for name in &names {
            let from = self.root.join(name);
            if from.is_file() && !written.contains(*name) {
                write_if_new(&self.tree.join(name), &fs::read(&from)?)?;
                fs::set_permissions(self.tree.join(name), fs::metadata(&from)?.permissions())?;
            }
        }
        let listed = self.tree.with_extension("files");
        for name in fs::read_to_string(&listed).unwrap_or_default().lines() {
            if !names.contains(name) || !self.root.join(name).exists() {
                let _ = fs::remove_file(self.tree.join(name));
            }
        }
        fs::write(listed, names.into_iter().collect::<Vec<_>>().join("\n"))
    }

    fn write(
        &self,
        mutants: &[Mutant],
        left_out: &mut BTreeMap<usize, LeftOut>,
        constant: &BTreeSet<String>,
    ) -> Result<BTreeMap<String, Vec<Mark>>, String> {
        let mut files = BTreeMap::<&str, Vec<(usize, &Mutant)>>::new();
        for (number, mutant) in mutants.iter().enumerate() {
            let file = files.entry(&mutant.file).or_default();
            if !left_out.contains_key(&number) {
                file.push((number, mutant));
            }
        }
        let roots = files.keys().map(|file| crate_root(file)).collect::<BTreeSet<_>>();
        for root in &roots {
            files.entry(root).or_default();
            let switch = self.tree.join(root).with_file_name("mutant_switch.rs");
            write_if_new(&switch, SWITCH.as_bytes()).map_err(|error| error.to_string())?;
        }
        let mut marks = BTreeMap::new();
        for (name, mutants) in files {
            let failed = |error: String| format!("{name}: {error}");
            let source = fs::read_to_string(self.root.join(name));
            let source = source.map_err(|error| failed(error.to_string()))?;
            let mut written = rewrite::file(&source, &mutants, constant).map_err(failed)?;
            if roots.contains(name) {
                written.text.push_str("\nmod mutant_switch;\n");
            }
            write_if_new(&self.tree.join(name), written.text.as_bytes())
                .map_err(|error| failed(error.to_string()))?;
            left_out.extend(written.rest.iter().map(|&one| (one, LeftOut::CannotBeSwitched)));
            marks.insert(name.to_owned(), written.marks);
        }
        Ok(marks)
    }

    fn cargo(&self) -> Result<Vec<Value>, String> {
        let mut command = Command::new("cargo");
        command.current_dir(&self.tree).args(["test", "--no-run", "--message-format=json"]);
        command.args(["--profile", "mutants", "--all-features", "--package", &self.package]);
        command.args(self.tests).env("CARGO_TARGET_DIR", &self.target);
        // What is written around the mutants is nobody's style.
        command.env("RUSTFLAGS", "--cap-lints allow").stderr(Stdio::piped());
        let output = command.output().map_err(|error| format!("cargo: {error}"))?;
        let messages = String::from_utf8_lossy(&output.stdout)
            .lines()
            .filter_map(|line| serde_json::from_str(line).ok())
            .collect::<Vec<Value>>();
        if !output.status.success() && !messages.iter().any(is_error) {
            return Err(String::from_utf8_lossy(&output.stderr).into_owned());
        }
        Ok(messages)
    }
}

/// A file of `src/bin/NAME` is that program's, any other the library's.
fn crate_root(file: &str) -> String {
    let (package, inside) = file.split_once("/src/").unwrap_or(("", file));
    let name = inside.strip_prefix("bin/").and_then(|inside| inside.split('/').next());
    name.map_or_else(
        || format!("{package}/src/lib.rs"),
        |name| format!("{package}/src/bin/{name}/main.rs"),
    )
}

fn write_if_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if fs::read(path).is_ok_and(|now| now == bytes) {
        return Ok(());
    }
    fs::create_dir_all(path.parent().unwrap_or(path))?;
    fs::write(path, bytes)
}

fn is_error(message: &Value) -> bool {
    let error = &message["message"];
    let is_end = error["message"].as_str().is_some_and(|text| text.starts_with("aborting due to"));
    message["reason"] == "compiler-message" && error["level"] == "error" && !is_end
}

fn program(message: &Value) -> Option<Program> {
    let is_test = message["reason"] == "compiler-artifact" && message["profile"]["test"] == true;
    let path = message["executable"].as_str().filter(|_| is_test)?;
    let manifest = Path::new(message["manifest_path"].as_str()?);
    let folder = manifest.parent()?.to_owned();
    let package = folder.file_name()?.to_string_lossy().into_owned();
    let name = format!("{package}/{}", message["target"]["name"].as_str()?);
    Some(Program { path: path.into(), folder, name })
}
