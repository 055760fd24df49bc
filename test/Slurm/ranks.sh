#!/usr/bin/env bash
# A small sweep whose runs two ranks work on together (-p:Ranks=2, under Open MPI), as jobs of the Slurm that SLURM_CONF names: an SFT job is told to stop in the
# middle and goes on, and in the end everything has the bytes of a sweep in one process. sweep.sh calls it on the Slurm it has started.
#   test/Slurm/ranks.sh TESTS FOLDER   TESTS: a built Alignment.Tests.Regression.dll; FOLDER: an empty one, for the sweeps
set -euo pipefail
tests=$1 work=$2
fail() { echo "FAILED: ranks: $*"; exit 1; }
mkdir -p "$work"
cd "$work"
# SimPO needs no reference pass; a batch of 4 is a micro-batch of 2 for each rank
cat >pair.json <<'JSON'
{
  "name": "pair", "seed": 3,
  "policy": { "width": 16, "layers": 1, "heads": 2, "keyValueHeads": 1, "mlpWidth": 32, "maxPositions": 128 },
  "data": { "world": { "trainingPairs": 64 } },
  "gold": { "world": {} },
  "lengths": { "maxPrompt": 40, "maxTotal": 120 },
  "sft": { "epochs": [30], "learningRate": [1e-3], "batchSize": 4 },
  "preference": { "epochs": [1], "learningRate": [1e-3], "batchSize": 4 },
  "methods": { "SimPO": { "beta": [2], "gamma": [1] } },
  "generation": { "temperature": 1.0, "topP": 0.9, "maxNewTokens": 6 },
  "testPrompts": 6
}
JSON
given=(Recipe=pair.json Threads=1 MicroBatch=2 "WorkingDirectory=$work/")
store=$work/sweeps/pair logs=$work/sweeps/pair/slurm/logs
began=$SECONDS
# two processors by default, of which the box's nodes have one
dotnet "$tests" submit "${given[@]}" "SweepsDir=$work/sweeps" Ranks=2 SbatchOptions=--cpus-per-task=1
until grep -q 'train: step' "$logs"/sft-*.txt 2>/dev/null; do
    [ $((SECONDS - began)) -lt 120 ] || { tail -n 20 "$logs"/*.txt; squeue; fail "no SFT run trains"; }
    sleep 0.1
done
scancel --signal=USR1 --batch "$(squeue -h -n pair-sft -o %A | head -1)"
until [ -z "$(squeue -h)" ]; do
    [ $((SECONDS - began)) -lt 240 ] || { tail -n 20 "$logs"/*.txt; squeue; fail "jobs do not end"; }
    sleep 0.3
done
[ -s "$store/report.html" ] || { tail -n 20 "$logs"/*.txt; fail "there is no report"; }
[ "$(cat "$logs"/sft-*.txt | grep -c 'stopped; it goes on')" = 1 ] || { cat "$logs"/sft-*.txt; fail "the job did not stop when it was told to"; }
[ "$(cat "$logs"/*.txt | grep -c '\] stored: mean score')" = 2 ] || { tail -n 20 "$logs"/*.txt; fail "not every run was stored once"; }

dotnet "$tests" points "${given[@]}" "SweepsDir=$work/alone" >"$work/alone.txt"
for run in "$work"/alone/pair/*-*/; do
    for file in summary.json samples.jsonl; do cmp -s "$run$file" "$store/$(basename "$run")/$file" || fail "$(basename "$run")/$file is another than that of one process"; done
done
echo "2 points by 2 ranks each: one stopped, the bytes of one process ($((SECONDS - began)) s)"
