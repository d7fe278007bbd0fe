#!/usr/bin/env bash
# fuzz.sh [SECONDS] fuzzes the parser and then launches for half of the time each, on one core (60 seconds if not given).
# fuzz.sh --keep makes test/fuzz-corpus from what earlier runs found: the fewest short inputs that reach code which no
# fixture reaches.
# Needs clang with libFuzzer (apt: clang-19 libclang-rt-19-dev); CXX names another one. Findings end in build-fuzz/findings.
set -euo pipefail
cd "$(dirname "$0")/.."

cmake -S . -B build-fuzz -DDECODE_LAB_FUZZ=ON -DCMAKE_CXX_COMPILER="${CXX:-clang++-19}" >build-fuzz.log 2>&1 ||
  { cat build-fuzz.log; exit 1; }
rm build-fuzz.log
cmake --build build-fuzz
rm -rf build-fuzz/seeds
node scripts/fuzz-seeds.mjs build-fuzz/seeds
export ASAN_OPTIONS=quarantine_size_mb=32:malloc_context_size=8
flags=(-timeout=5 -rss_limit_mb=1024 -print_final_stats=1)

fuzz() { # parse|launch SECONDS LONGEST
  local corpus=build-fuzz/corpus/$1
  mkdir -p "$corpus" build-fuzz/findings
  build-fuzz/"$1"_fuzzer "${flags[@]}" -max_len="$3" -max_total_time="$2" \
    -artifact_prefix=build-fuzz/findings/"$1"- "$corpus" test/fuzz-corpus/"$1" build-fuzz/seeds/"$1"
}

keep() { # parse|launch LONGEST
  local kept=build-fuzz/kept seeds=build-fuzz/seeds/$1
  rm -rf "$kept"
  cp -r "$seeds" "$kept"
  build-fuzz/"$1"_fuzzer "${flags[@]}" -use_counters=0 -set_cover_merge=1 -max_len="$2" "$kept" build-fuzz/corpus/"$1" test/fuzz-corpus/"$1"
  (cd "$seeds" && ls) | (cd "$kept" && xargs rm)
  rm -rf test/fuzz-corpus/"$1"
  mv "$kept" test/fuzz-corpus/"$1"
}

if [ "${1:-}" = --keep ]; then
  keep parse 700
  keep launch 1100
else
  seconds=${1:-60}
  fuzz parse $((seconds / 2)) 32768
  fuzz launch $((seconds - seconds / 2)) 16384
fi
