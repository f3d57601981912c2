#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| removit_fuzz::targets::retry_after::body(input));
