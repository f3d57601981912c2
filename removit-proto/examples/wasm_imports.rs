//! Counts what a WebAssembly module imports, and fails where that is anything: a
//! core without I/O needs nothing of its host.
//!
//! `bash .ci/targets wasm` runs it on a module of all machines.

use std::process::ExitCode;

const IMPORTS: u8 = 2;

fn main() -> ExitCode {
    let Some(path) = std::env::args().nth(1) else {
        eprintln!("usage: wasm_imports MODULE.wasm");
        return ExitCode::from(2);
    };
    let module = match std::fs::read(&path) {
        Ok(module) => module,
        Err(error) => {
            eprintln!("{path}: {error}");
            return ExitCode::FAILURE;
        }
    };
    match imports(&module) {
        Some(0) => {
            println!("wasm32: {} bytes of machines, and no import", module.len());
            ExitCode::SUCCESS
        }
        Some(count) => {
            eprintln!("{path} imports {count} things of its host");
            ExitCode::FAILURE
        }
        None => {
            eprintln!("{path} is no WebAssembly module");
            ExitCode::FAILURE
        }
    }
}

/// How many imports a module has: the first number of its import section.
fn imports(module: &[u8]) -> Option<u64> {
    let mut rest = module.strip_prefix(b"\0asm\x01\0\0\0")?;
    while let Some((id, after)) = rest.split_first() {
        let (len, after) = leb128(after)?;
        let (section, next) = after.split_at_checked(usize::try_from(len).ok()?)?;
        if *id == IMPORTS {
            return leb128(section).map(|(count, _)| count);
        }
        rest = next;
    }
    Some(0)
}

/// An unsigned number as the format writes it, and what follows it.
fn leb128(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut number = 0;
    for (at, byte) in bytes.iter().enumerate().take(5) {
        number |= u64::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            return Some((number, bytes.get(at + 1..)?));
        }
    }
    None
}
