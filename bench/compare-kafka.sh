#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Varve beside stock Kafka 4.3.1, one broker each, in one run on one disk. Prints key=value lines, Kafka's and Varve's alternately.
#
#   bench/compare-kafka.sh                 all of it, about 10 minutes
#   bench/compare-kafka.sh produce         acks=all, 1 KiB records, fsync on: Kafka with flush.messages=1 on every topic
#   bench/compare-kafka.sh idle            1,000 partitions: threads, live heap, CPU of an idle broker
#   bench/compare-kafka.sh startup         from the command to the first answer
#
# RUNS=3  RECORDS=300000  BENCH_HOME (jars, ~/.cache/varve-bench)  BENCH_DATA (where brokers write)
# Needs a JDK 25 (JAVA_HOME or PATH), python3, ss (iproute2), and `bin/varve version` run once before.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(dirname "$here")
. "$here/stock-kafka.sh"

# start kafka|varve: an empty broker; sets pids, port
start() {
    port=$(free_port)
    dir=$data/$1
    rm -rf "$dir"
    mkdir -p "$dir"
    case $1 in
        kafka) prepare_kafka "$port" "$(free_port)" "$dir" ;;
        varve) prepare_varve "$port" "$dir" ;;
    esac
    launch "$1"
    for _ in $(seq 600); do
        (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && return
        sleep 0.1
    done
    echo "broker did not start: $1, see $dir/out.log" >&2
    exit 1
}

prepare_kafka() {
    cat > "$3/server.properties" <<P
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:$2
listeners=PLAINTEXT://127.0.0.1:$1,CONTROLLER://127.0.0.1:$2
advertised.listeners=PLAINTEXT://127.0.0.1:$1
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
controller.listener.names=CONTROLLER
log.dirs=$3/data
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
log.flush.interval.messages=1
P
    format_kafka "$3"
}

prepare_varve() {
    cat > "$2/server.properties" <<P
node.id=1
listeners=PLAINTEXT://127.0.0.1:$1
raft.listener=127.0.0.1:0
http.listener=127.0.0.1:0
log.dirs=$2/data
archive.bucket=file://$2/bucket
P
}

launch() {
    run_broker "$1" "$dir"
    pids=($!)
}

bootstrap() { echo "127.0.0.1:$port"; }

idle() {
    for broker in kafka varve; do
        start "$broker"
        for topic in $(seq 10); do create "idle-$topic" 100 1; done
        sleep 15
        before=$(cpu_s)
        sleep 20
        after=$(cpu_s)
        jcmd "${pids[0]}" GC.run > /dev/null
        sleep 2
        heap=$(jcmd "${pids[0]}" GC.heap_info | grep -m1 -oE 'used [0-9]+K' | awk '{printf "%d", $2 / 1024}')
        echo "workload=idle broker=$broker partitions=1000 threads=$(awk '/^Threads/{print $2}' "/proc/${pids[0]}/status") live_heap_mb=$heap" \
            "rss_mb=$(awk '/^VmRSS/{printf "%d", $2 / 1024}' "/proc/${pids[0]}/status") cpu_pct=$(awk "BEGIN{printf \"%.2f\", ($after - $before) / 20 * 100}")"
        stop
    done
}

startup() {
    for run in $(seq "$runs"); do
        for broker in kafka varve; do
            start "$broker"
            stop
            launch "$broker"
            echo "workload=startup broker=$broker run=$run $(python3 "$here/kafka/startup.py" "127.0.0.1:$port" 1 none 0 -- true)"
            stop
        done
    done
}

setup
case ${1:-all} in
    produce) produce produce 1 kafka varve ;;
    idle | startup) "$1" ;;
    all) produce produce 1 kafka varve; idle; startup ;;
    *) sed -n 3,13p "$0"; exit 2 ;;
esac
