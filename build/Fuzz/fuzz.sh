#!/usr/bin/env bash
# fuzz.sh READER SECONDS PROGRAM CORPUS OUT: afl-fuzz over one reader; ends with 1 where it found something. Called by -t:Fuzz
set -euo pipefail
reader=$1 seconds=$2 program=$3 corpus=$4 out=$5
rm -rf "$out"
mkdir -p "$out/in"
cp "$corpus"/* "$out/in/"

# the words of the corpus are a dictionary: keys, keywords, markers
cat "$out"/in/* | grep -oaE '[A-Za-z_][A-Za-z_0-9./|-]{1,30}' | sort -u | head -n 1000 | sed 's/.*/"&"/' > "$out/words.dict"

# what runs: one core, no graphics; a heap of 1 GiB is the limit, and 20 s (other work may have the processor) is a reader that hangs
export AFL_SKIP_BIN_CHECK=1 AFL_SKIP_CPUFREQ=1 AFL_NO_UI=1 AFL_NO_AFFINITY=1 AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1 AFL_FORKSRV_INIT_TMOUT=120000
export DOTNET_GCHeapHardLimit=0x40000000 OMP_NUM_THREADS=1
TMPDIR=$(mktemp -d -p /dev/shm)
export TMPDIR
trap 'rm -rf "$TMPDIR"' EXIT
afl-fuzz -i "$out/in" -o "$out/out" -x "$out/words.dict" -V "$seconds" -t 20000 -m none -- dotnet "$program" "$reader" > "$out/log.txt" 2>&1 \
  || { tail -n 20 "$out/log.txt"; exit 2; }
grep -E '^(execs_done|execs_per_sec|corpus_count|bitmap_cvg|saved_crashes|saved_hangs) ' "$out/out/default/fuzzer_stats"

# findings under names that any file system takes
mkdir "$out/found"
for kind in crashes hangs; do
  for file in "$out/out/default/$kind"/id:*; do
    [ -e "$file" ] && cp "$file" "$out/found/$kind-$(basename "$file" | cut -c 4-9)"
  done
done
[ -z "$(ls "$out/found")" ]
