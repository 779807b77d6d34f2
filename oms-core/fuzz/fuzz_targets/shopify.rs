#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| oms_core_fuzz::shopify(bytes));
