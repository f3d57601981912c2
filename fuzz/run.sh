#!/usr/bin/env bash
# Every fuzz target for so many seconds, 5 unless told: `bash fuzz/run.sh [SECONDS] [TARGET...]`.
# FUZZ_SEED=N makes the choices repeat, as far as the machine is as fast; FUZZ_PROFILE=--dev builds faster,
# and tries less in a second.
# What a target learns stays in fuzz/corpus; what it finds is in fuzz/artifacts.
set -euo pipefail
cd "$(dirname "$0")/.."

if ! command -v cargo-fuzz >/dev/null; then
    echo 'cargo-fuzz is missing: cargo install cargo-fuzz --locked' >&2
    exit 3
fi

seconds=${1:-5}
targets=("${@:2}")
if [ ${#targets[@]} -eq 0 ]; then
    mapfile -t targets < <(cargo fuzz list)
fi

# The crates forbid `unsafe`, so a sanitizer would only slow the targets down; stable Rust does.
export RUSTC_BOOTSTRAP=1
profile=${FUZZ_PROFILE:---release}
cargo fuzz build "$profile" -s none
failed=()
for target in "${targets[@]}"; do
    echo "=== $target, $seconds s"
    mkdir -p "fuzz/corpus/$target"
    cargo fuzz run "$profile" -s none "$target" "fuzz/corpus/$target" "fuzz/seeds/$target" -- \
        -seed="${FUZZ_SEED:-0}" -max_total_time="$seconds" -max_len=4096 -timeout=10 -rss_limit_mb=1024 -print_final_stats=1 ||
        failed+=("$target")
done
if [ ${#failed[@]} -gt 0 ]; then
    echo "failed: ${failed[*]}" >&2
    exit 1
fi
