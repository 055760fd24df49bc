#!/usr/bin/env bash
# Slurm on one machine: a controller and virtual nodes, for tests. Needs root and Debian's packages slurm-wlm and munge; no systemd, no database, no cgroups.
#   cluster.sh up FOLDER [NODES [PROCESSORS]]   starts it; then: export SLURM_CONF=FOLDER/slurm.conf
#   cluster.sh kill FOLDER NODE                 ends a node and all its jobs at once, as a power cut does
#   cluster.sh start FOLDER NODE                starts a node that was killed
#   cluster.sh down FOLDER                      ends all of it
# Variables for up: PORT (the first of some ports, 26817) and REQUEUE (what RequeueExit is; empty: nothing, as on a cluster nobody has set up for it)
set -euo pipefail
PATH=$PATH:/usr/sbin
command=$1 root=$(realpath -m "$2")
export SLURM_CONF=$root/slurm.conf

alive() { [ -f "$1" ] && kill -0 "$(cat "$1")" 2>/dev/null; }

# processes of a node's jobs, by what Slurm puts into their environment; a node's name stands for any with .*
jobs_of() {
    local process
    for process in /proc/[0-9]*; do
        { tr '\0' '\n' <"$process/environ" | grep -x -e "SLURMD_NODENAME=$1" -e "SLURM_CONF=$SLURM_CONF" | sort -u | wc -l | grep -qx 2 && echo "${process#/proc/}"; } 2>/dev/null || true
    done
}

# first what watches over the jobs, which would tell the controller how they have ended
end_jobs_of() {
    local processes process parent
    processes=$(jobs_of "$1")
    for process in $processes; do
        parent=$(awk '/^PPid:/ { print $2 }' "/proc/$process/status" 2>/dev/null || true)
        if [ -n "$parent" ] && [ "$(cat "/proc/$parent/comm" 2>/dev/null)" = slurmstepd ]; then kill -9 "$parent" 2>/dev/null || true; fi
    done
    for process in $processes; do kill -9 "$process" 2>/dev/null || true; done
}

case $command in
kill)
    if alive "$root/run/slurmd-$3.pid"; then kill -9 "$(cat "$root/run/slurmd-$3.pid")"; fi
    end_jobs_of "$3"
    sleep 0.2
    end_jobs_of "$3" # one may have been about to start
    exit 0 ;;
start) exec slurmd -N "$3" ;;
down)
    pids=()
    for file in "$root"/run/slurmctld.pid "$root"/run/slurmd-*.pid "$root/run/munged.pid"; do
        if alive "$file"; then pids+=("$(cat "$file")"); fi
    done
    end_jobs_of '.*'
    for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
    for _ in $(seq 100); do
        left=()
        for pid in "${pids[@]}"; do if [ -r "/proc/$pid/exe" ] && kill -0 "$pid" 2>/dev/null; then left+=("$pid"); fi; done
        [ ${#left[@]} -eq 0 ] && exit 0
        sleep 0.1
    done
    kill -9 "${left[@]}" 2>/dev/null || true
    exit 0 ;;
up) nodes=${3:-2} processors=${4:-4} ;;
*) sed -n '2,7p' "$0" >&2; exit 2 ;;
esac

port=${PORT:-26817} host=$(hostname -s)
rm -rf "$root"
mkdir -p "$root"/{run,log,state,spool}
chmod 755 "$root"
( umask 077; head -c 1024 /dev/urandom >"$root/munge.key" )
munged --force --key-file="$root/munge.key" --socket="$root/run/munge.socket" --pid-file="$root/run/munged.pid" \
    --log-file="$root/log/munged.log" --seed-file="$root/run/munged.seed"
cat >"$root/slurm.conf" <<CONF
ClusterName=box
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$port
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$root/run/munge.socket,cred_expire=10
CredType=cred/munge
StateSaveLocation=$root/state
SlurmdSpoolDir=$root/spool/%n
SlurmctldPidFile=$root/run/slurmctld.pid
SlurmdPidFile=$root/run/slurmd-%n.pid
SlurmctldLogFile=$root/log/slurmctld.log
SlurmdLogFile=$root/log/slurmd-%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/filetxt
JobCompLoc=$root/log/jobcomp.txt
MailProg=/bin/true
SwitchType=switch/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerType=sched/backfill
SchedulerParameters=batch_sched_delay=0,sched_min_interval=100000,bf_interval=1,sched_interval=1,max_array_tasks=10000,default_queue_depth=1000
SlurmdParameters=config_overrides
SlurmdTimeout=10
MessageTimeout=30
ReturnToService=2
JobRequeue=1
${REQUEUE-RequeueExit=75}
KillWait=20
MinJobAge=3600
MaxArraySize=${MAXARRAY:-10001}
NodeName=n[1-$nodes] NodeHostname=$host NodeAddr=127.0.0.1 Port=[$((port + 1))-$((port + nodes))] CPUs=$processors RealMemory=8192 State=UNKNOWN
PartitionName=box Nodes=ALL Default=YES MaxTime=INFINITE State=UP
CONF
slurmctld -c
for n in $(seq "$nodes"); do mkdir -p "$root/spool/n$n"; slurmd -N "n$n"; done
for _ in $(seq 150); do
    if [ "$(timeout 3 sinfo -h -N -t idle -o %N 2>/dev/null | sort -u | wc -l)" = "$nodes" ]; then exit 0; fi
    sleep 0.2
done
grep -h -E 'fatal|error' "$root"/log/*.log >&2
exit 1
