#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Three brokers of Varve beside three of stock Kafka 4.3.1 on one machine and disk. Prints key=value lines.
#
#   bench/cluster.sh produce     RF 3, acks=all, 1 KiB records: Kafka as shipped, Kafka with fsync per message, Varve (always fsync)
#   bench/cluster.sh failover    Varve: how long producers stall when their leader is killed (-9), and when it is told to stop (SIGTERM)
#   bench/cluster.sh idle        1,000 partitions RF 3: threads and CPU of an idle broker
#
# RUNS=3  RECORDS=300000  HOLD_GB (memory to hold, bench/README.md)  KILLS=20  HOW="kill term"  BENCH_HOME (jars, ~/.cache/varve-bench)  BENCH_DATA (where brokers write)
# Needs a JDK 25, python3, `bin/varve version` run once before, and for failover `./mvnw -Pbench -pl bench -am -DskipTests package`.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(dirname "$here")
kills=${KILLS:-20}
. "$here/stock-kafka.sh"
declare -a ports=() rafts=()

bootstrap() { echo "127.0.0.1:${ports[1]},127.0.0.1:${ports[2]},127.0.0.1:${ports[3]}"; }

# start kafka|kafka-fsync|varve: three empty brokers
start() {
    kind=$1
    dir=$data/cluster
    rm -rf "$dir"
    for i in 1 2 3; do ports[i]=$(free_port); rafts[i]=$(free_port); mkdir -p "$dir/$i"; done
    for i in 1 2 3; do "prepare_${kind%-fsync}" "$i"; launch "$i"; done
    for i in 1 2 3; do
        for _ in $(seq 600); do (exec 3<>"/dev/tcp/127.0.0.1/${ports[i]}") 2>/dev/null && break; sleep 0.1; done
    done
    for _ in $(seq 300); do
        [ "$(admin org.apache.kafka.tools.BrokerApiVersionsCommand --bootstrap-server "$(bootstrap)" 2>/dev/null | grep -c '^127')" = 3 ] && return
        sleep 0.3
    done
    echo "brokers did not start: $kind, see $dir/*/out.log" >&2
    exit 1
}

prepare_kafka() {
    flush=
    [ "$kind" = kafka-fsync ] && flush=log.flush.interval.messages=1
    cat > "$dir/$1/server.properties" <<P
process.roles=broker,controller
node.id=$1
controller.quorum.voters=1@127.0.0.1:${rafts[1]},2@127.0.0.1:${rafts[2]},3@127.0.0.1:${rafts[3]}
listeners=PLAINTEXT://127.0.0.1:${ports[$1]},CONTROLLER://127.0.0.1:${rafts[$1]}
advertised.listeners=PLAINTEXT://127.0.0.1:${ports[$1]}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
controller.listener.names=CONTROLLER
log.dirs=$dir/$1/data
min.insync.replicas=2
$flush
P
    format_kafka "$dir/$1"
}

prepare_varve() {
    cat > "$dir/$1/server.properties" <<P
node.id=$1
cluster.seeds=1@127.0.0.1:${rafts[1]},2@127.0.0.1:${rafts[2]},3@127.0.0.1:${rafts[3]}
raft.listener=127.0.0.1:${rafts[$1]}
listeners=PLAINTEXT://127.0.0.1:${ports[$1]}
http.listener=127.0.0.1:0
log.dirs=$dir/$1/data
archive.bucket=file://$dir/bucket
default.replication.factor=3
min.insync.replicas=2
P
}

launch() {
    run_broker "${kind%-fsync}" "$dir/$1"
    pids[$1]=$!
}

failover() {
    start varve
    create stall 1 3
    for run in $(seq "$kills"); do
        for how in ${HOW:-kill term}; do
            figures=$(java -Xmx256m "-Dlogback.configurationFile=$here/kafka/conf/logback-quiet.xml" -cp "$root/bench/target/bench.jar" \
                io.varve.bench.FailoverBench "$(bootstrap)" stall "1=${pids[1]},2=${pids[2]},3=${pids[3]}" "$how" | tail -1)
            echo "workload=failover run=$run $figures"
            for i in 1 2 3; do
                kill -0 "${pids[i]}" 2>/dev/null || { wait "${pids[i]}" 2>/dev/null || true; launch "$i"; }
            done
            sleep 8
        done
    done
    stop
}

idle() {
    for broker in kafka varve; do
        start "$broker"
        for topic in $(seq 10); do create "idle-$topic" 100 3; done
        sleep 20
        before=$(cpu_s)
        sleep 30
        after=$(cpu_s)
        echo "workload=idle-rf3 broker=$broker partitions=1000 threads=$(awk '/^Threads/{print $2}' "/proc/${pids[2]}/status")" \
            "rss_mb=$(awk '/^VmRSS/{printf "%d", $2 / 1024}' "/proc/${pids[2]}/status") cpu_pct_per_broker=$(awk "BEGIN{printf \"%.2f\", ($after - $before) / 30 / 3 * 100}")"
        stop
    done
}

setup
case ${1:-} in
    produce) produce produce-rf3 3 kafka kafka-fsync varve ;;
    failover | idle) "$1" ;;
    *) sed -n 3,12p "$0"; exit 2 ;;
esac
