#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| removit_fuzz::targets::accepted::body(input));
