#!/usr/bin/env bash
# The GPU bundle (build/Alignment.proj, -t:GpuBundle) as a program on a Slurm of this machine where there is neither the SDK nor the source: both are hidden. It
# submits a sweep from its own folder, in which the store then lies, once with one process a run and once with two ranks; in the end everything has the bytes of
# a sweep in one process.
#   test/Slurm/bundle.sh BUNDLE LIBTORCH   BUNDLE: artifacts/gpu-bundle; LIBTORCH: a folder with libtorch_cpu.so, outside of this repository
# Needs root and Debian's slurm-wlm, munge and, for ranks, openmpi-bin. Exit code 0: all of it held.
set -euo pipefail
PATH=$PATH:/usr/sbin
here=$(cd "$(dirname "$0")" && pwd)
fail() { echo "FAILED: $*"; exit 1; }
if [ -z "${HIDDEN:-}" ]; then
    [ $# = 2 ] && [ -x "$1/Alignment.Tests.Gpu" ] && [ -e "$2/libtorch_cpu.so" ] || { sed -n '5,6p' "$0" >&2; exit 2; }
    for tool in slurmctld slurmd sbatch munged unshare; do command -v $tool >/dev/null || fail "there is no $tool: apt-get install slurm-wlm munge"; done
    work=$(mktemp -d /tmp/slurm-bundle.XXXXXX)
    trap '[ -n "${KEEP:-}" ] || rm -rf "$work"' EXIT
    cp -r "$here" "$work/scripts"
    cp -r "$1" "$work/bundle"
    root=$(git -C "$here" rev-parse --show-toplevel)
    HIDDEN="$root $(dirname "$(readlink -f "$(command -v dotnet || echo /usr/share/dotnet/dotnet)")")" PORT=${PORT:-$((20000 + $$ % 12000))} \
        unshare --mount "$work/scripts/bundle.sh" "$work" "$(realpath "$2")"
    exit
fi

work=$1
for folder in $HIDDEN; do if [ -d "$folder" ]; then mount -t tmpfs none "$folder"; fi; done
cd "$work/bundle"
! dotnet --version >/dev/null 2>&1 || fail "dotnet is still there"
export ALIGNMENT_LIBTORCH=$2 PORT
"$here/cluster.sh" up "$work/cluster" 2 1
export SLURM_CONF=$work/cluster/slurm.conf
trap '"$here/cluster.sh" down "$work/cluster"' EXIT

began=$SECONDS store=artifacts/sweeps/micro
given=(Recipe=test-recipes/micro.json Device=cpu Threads=1 MicroBatch=4)
environment=--export=PATH # of the submission's variables jobs have no other: the scripts name what they need
ends() { # the sweep of these parameters
    local logs=$store/slurm/logs
    ./Alignment.Tests.Gpu submit "${given[@]}" "$@"
    until [ -z "$(squeue -h)" ]; do
        [ $((SECONDS - began)) -lt 400 ] || { squeue; tail -n 20 "$logs"/*.txt; fail "jobs do not end"; }
        sleep 0.3
    done
    [ -s "$store/report.html" ] || { tail -n 20 "$logs"/*.txt; fail "there is no report"; }
    ./Alignment.Tests.Gpu status "${given[@]}" | tee "$work/status.txt"
    grep -q '^micro: 4 of 4 points done, 0 running, 0 failed' "$work/status.txt" || fail "not all points are done"
    [ ! -e "$store/slurm/program/artifacts" ] || fail "the copy of the program holds stores"
}
same() { # a store
    for run in "$work"/alone/micro/*-*/; do
        for file in summary.json samples.jsonl; do cmp -s "$run$file" "$1/$(basename "$run")/$file" || fail "$1/$(basename "$run")/$file is another than that of one process"; done
    done
}
./Alignment.Tests.Gpu points "${given[@]}" "SweepsDir=$work/alone" >"$work/alone.txt"
ends "SbatchOptions=$environment"
same "$store"
./Alignment.Tests.Gpu submit "${given[@]}" | grep -q '^micro: 0 of 4 points to run' || fail "points that are done are run again"
until [ -z "$(squeue -h)" ]; do sleep 0.3; done
if command -v mpirun >/dev/null; then
    mv artifacts/sweeps "$work/first"
    ends Ranks=2 "SbatchOptions=$environment --cpus-per-task=1" # the box's nodes have one
    same "$store"
fi
echo "the bundle submits, runs and reports without the SDK, by itself and by ranks: the bytes of one process ($((SECONDS - began)) s)"
