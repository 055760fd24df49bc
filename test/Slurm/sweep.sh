#!/usr/bin/env bash
# A sweep of POINTS points (200) on a Slurm of two virtual nodes on this machine (cluster.sh): jobs are told to stop in the middle, a node is killed twice, and in
# the end the report is complete, no run was made twice, and everything has the bytes of a sweep in one process.
#   test/Slurm/sweep.sh [POINTS]
# Needs root, the .NET SDK, and Debian's slurm-wlm and munge; with openmpi-bin it also tries several ranks a run (ranks.sh). TESTS=FILE names a built
# Alignment.Tests.Regression.dll; REQUEUE= tries a Slurm that knows nothing of exit code 75. Exit code 0: all of it held.
set -euo pipefail
PATH=$PATH:/usr/sbin
here=$(cd "$(dirname "$0")" && pwd)
points=${1:-200}
fail() { echo "FAILED: $*"; exit 1; }
for tool in slurmctld slurmd sbatch munged dotnet; do command -v $tool >/dev/null || fail "there is no $tool: apt-get install slurm-wlm munge, and the .NET SDK"; done
[ "$(id -u)" = 0 ] || fail "Slurm's nodes start jobs for other users, so this needs root"
[ "$points" -ge 20 ] && [ $(((points - 4) % 4)) = 0 ] || fail "POINTS must be 4 more than a multiple of 4, and at least 20"
tests=${TESTS:-}
if [ -z "$tests" ]; then
    dotnet build "$here/../Regression" -c Release -v q -nologo
    tests=$here/../Regression/bin/Release/net10.0/Alignment.Tests.Regression.dll
fi

export PORT=${PORT:-$((20000 + $$ % 12000))} # another run on this machine has others
work=$(mktemp -d /tmp/slurm-sweep.XXXXXX)
"$here/cluster.sh" up "$work/cluster" 2 1 # of one processor each: two jobs at a time never share a node
export SLURM_CONF=$work/cluster/slurm.conf
trap '"$here/cluster.sh" down "$work/cluster"; [ -n "${KEEP:-}" ] || rm -rf "$work"' EXIT

# 4 SFT points, of which two take some seconds, and as many betas of two methods at two learning rates as make up the rest
betas=$(seq -s, 0.02 0.02 "$(awk "BEGIN { print 0.02 * ($points - 4) / 4 }")")
cat >"$work/box.json" <<JSON
{
  "name": "box", "seed": 3,
  "policy": { "width": 16, "layers": 1, "heads": 2, "keyValueHeads": 1, "mlpWidth": 32, "maxPositions": 128 },
  "data": { "world": { "trainingPairs": 64 } },
  "gold": { "world": {} },
  "lengths": { "maxPrompt": 40, "maxTotal": 120 },
  "sft": { "epochs": [1, 300], "learningRate": [1e-3, 2e-3], "batchSize": 8 },
  "preference": { "epochs": [4], "learningRate": [1e-3, 2e-3], "batchSize": 4 },
  "methods": { "DPO": { "beta": [$betas] }, "LN-DPO": { "beta": [$betas] } },
  "generation": { "temperature": 1.0, "topP": 0.9, "maxNewTokens": 6 },
  "testPrompts": 6
}
JSON
cd "$work"
given=(Recipe=box.json "SweepsDir=$work/sweeps" Threads=1 MicroBatch=4 "WorkingDirectory=$work/")
store=$work/sweeps/box logs=$work/sweeps/box/slurm/logs
began=$SECONDS
dotnet "$tests" submit "${given[@]}" DryRun=true >"$work/dry.txt"
[ "$(grep -c ' to start at ' "$work/dry.txt")" = 6 ] || { cat "$work/dry.txt"; fail "sbatch --test-only did not take the six scripts"; }
[ -z "$(squeue -h)" ] || fail "a dry run submitted jobs"
dotnet "$tests" submit "${given[@]}"
if dotnet "$tests" submit "${given[@]}" 2>"$work/again.txt"; then fail "a second submission was not refused"; fi
grep -q 'still queued or running' "$work/again.txt" || fail "$(cat "$work/again.txt")"

stored() { { find "$store" -mindepth 2 -maxdepth 2 -name summary.json 2>/dev/null || true; } | wc -l; } # a run may be moved while they are counted
told() { cat "$logs"/*.txt 2>/dev/null | grep -c "$1" || true; }
wait_for() { # seconds without a further point, what, command: a busy machine is slow, not wrong
    local patience=$1 what=$2 last=none now since
    shift 2
    until "$@"; do
        now=$(stored)
        [ "$now" = "$last" ] || { last=$now since=$SECONDS; }
        [ $((SECONDS - since)) -lt "$patience" ] || { sinfo -N; squeue | head -20; tail -n 5 "$logs"/*.txt | tail -40; fail "$what"; }
        sleep 0.3
    done
}
reached() { [ "$(stored)" -ge "$1" ]; }
trains() { grep -q 'train: step' "$logs"/sft-*_"$1".txt 2>/dev/null; }
jobs_on() { squeue -h -w "$1" -t RUNNING -o %A; }
sft() { squeue -h -n box-sft -t RUNNING --array -o "%K $2" | awk -v place="$1" '$1 == place { print $2 }'; }
stopped() { [ "$(told 'stopped; it goes on')" -ge 1 ]; }
kill_node() {
    local lost
    lost=$(jobs_on "$victim" | wc -l)
    "$here/cluster.sh" kill "$work/cluster" "$victim"
    echo "node $victim is dead with $lost jobs; $(stored) of $points points are stored"
}

# both long runs are in the middle: one is told to stop, as Slurm does before it takes a device away; the node of the other one dies
wait_for 300 "two SFT runs that train" eval 'trains 1 && trains 3'
victim=$(sft 3 %N)
scancel --signal=USR1 --batch "$(sft 1 %A)"
wait_for 120 "a job that stops when it is told to" stopped
[ -n "$(jobs_on "$victim")" ] || fail "no job runs on node $victim"
kill_node
dead() { [[ $(scontrol show node "$victim") == *State=DOWN* ]]; }
wait_for 120 "node $victim that is down" dead
"$here/cluster.sh" start "$work/cluster" "$victim"
wait_for 600 "a third of the points" reached $((points / 3))
# only jobs that have begun to write: a signal that comes before the script's first line ends the job, as it would any
while read -r job point; do
    [ -s "$logs/preference-$point.txt" ] && scancel --signal=USR1 --batch "$job" 2>/dev/null || true
done < <(squeue -h -t RUNNING --array -o '%A %F_%K')
kill_node
ended() { [ -z "$(squeue -h)" ]; }
wait_for 600 "the end of all jobs" ended
echo "all jobs have ended after $((SECONDS - began)) s; told to stop have done so: $(told 'stopped; it goes on')"

dotnet "$tests" status "${given[@]}" | tee "$work/status.txt"
grep -q "box: $points of $points points done, 0 running, 0 failed" "$work/status.txt" || fail "not all points are done"
[ -s "$store/report.html" ] || fail "there is no report"
[ "$(told '] stored: mean score')" = "$points" ] || fail "$(told '] stored: mean score') runs were stored, of $points"
cat "$logs"/*.txt | grep '] stored: mean score' | cut -d' ' -f1 | sort | uniq -d | grep . && fail "these were stored twice"
for steps in "$store"/*-*/steps.jsonl; do
    case $steps in */SFT-*-e1-*) want=8 ;; */SFT-*) want=2400 ;; *) want=64 ;; esac
    [ "$(wc -l <"$steps")" = $want ] || fail "$steps has $(wc -l <"$steps") steps, not $want"
done
[ -z "$(find "$store" -name '*.work' -o -name '*.part' -o -name '*.failed.txt' -o -name '*.lock.[0-9]*.lease')" ] || fail "something was left: $(find "$store" -name '*.work' -o -name '*.part' -o -name '*.lock.[0-9]*.lease')"

# one process, undisturbed
dotnet "$tests" "$work/box.json" "$work/alone" >"$work/alone.txt"
for run in "$work"/alone/box/*-*/; do
    for file in summary.json samples.jsonl; do cmp -s "$run$file" "$store/$(basename "$run")/$file" || fail "$(basename "$run")/$file is another than that of an undisturbed sweep"; done
done

# several ranks a run
if command -v mpirun >/dev/null; then "$here/ranks.sh" "$tests" "$work/ranks"; else echo "no mpirun: several ranks a run were not tried (apt-get install openmpi-bin)"; fi
echo "$points points: nothing lost, nothing twice, the bytes of an undisturbed sweep ($((SECONDS - began)) s)"
