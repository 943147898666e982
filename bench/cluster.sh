#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Three brokers of Varve beside three of stock Kafka 4.3.1 on one machine and disk. Prints key=value lines.
#
#   bench/cluster.sh produce     RF 3, acks=all, 1 KiB records: Kafka as shipped, Kafka with fsync per message, Varve (always fsync)
#   bench/cluster.sh failover    Varve: how long producers stall when their leader is killed (-9), and when it is told to stop (SIGTERM)
#   bench/cluster.sh idle        1,000 partitions RF 3: threads and CPU of an idle broker
#
# RUNS=3  RECORDS=300000  KILLS=20  BENCH_HOME (jars, ~/.cache/varve-bench)  BENCH_DATA (where brokers write)
# Needs a JDK 25, python3, `bin/varve version` run once before, and for failover `./mvnw -Pbench -pl bench -am -DskipTests package`.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(dirname "$here")
home=${BENCH_HOME:-$HOME/.cache/varve-bench}
data=${BENCH_DATA:-$home/data}
runs=${RUNS:-3}
records=${RECORDS:-300000}
kills=${KILLS:-20}
[ -n "${JAVA_HOME:-}" ] && PATH=$JAVA_HOME/bin:$PATH
logconf="-Dlog4j2.configurationFile=$here/kafka/conf/log4j2.properties"
libs="$home/libs/*"
mkdir -p "$home/libs" "$data"
declare -a pids=() ports=() rafts=()

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
stop() {
    for pid in "${pids[@]:-}"; do [ -n "$pid" ] && kill "$pid" 2>/dev/null || true; done
    for pid in "${pids[@]:-}"; do
        [ -n "$pid" ] || continue
        for _ in $(seq 300); do kill -0 "$pid" 2>/dev/null || break; sleep 0.1; done
        kill -9 "$pid" 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
    done
    pids=()
}
trap stop EXIT

setup() {
    [ -f "$home/libs/kafka-tools-4.3.1.jar" ] || "$root/mvnw" -q -B -f "$here/kafka/pom.xml" \
        org.apache.maven.plugins:maven-dependency-plugin:3.11.0:copy-dependencies -DoutputDirectory="$home/libs" -DincludeScope=runtime
    [ -f "$home/payload1k.txt" ] || python3 - "$home/payload1k.txt" <<'P'
import random, sys
random.seed(7)
with open(sys.argv[1], "w") as out:
    for _ in range(1000):
        out.write("".join(random.choices("ABCDEFGHIJKLMNOPQRSTUVWXYZ", k=1024)) + "\n")
P
}

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
    java "$logconf" -cp "$libs" kafka.tools.StorageTool format -t MkU3OEVBNTcwNTJENDM2Qg -c "$dir/$1/server.properties" > "$dir/$1/format.log" 2>&1
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
    case $kind in
        kafka*) java -Xmx1g -Xms1g -server -XX:+UseG1GC "$logconf" -cp "$libs" kafka.Kafka "$dir/$1/server.properties" > "$dir/$1/out.log" 2>&1 & ;;
        varve) VARVE_JVM_OPTS="-Xmx1g -Xms1g" "$root/bin/varve" server start --config "$dir/$1/server.properties" > "$dir/$1/out.log" 2>&1 & ;;
    esac
    pids[$1]=$!
}

admin() { java -Xmx256m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 "$logconf" -cp "$libs" "$@"; }
create() { admin org.apache.kafka.tools.TopicCommand --bootstrap-server "$(bootstrap)" --create --topic "$1" --partitions "$2" --replication-factor 3 > /dev/null; }
cpu_s() { for pid in "${pids[@]}"; do awk -v hz="$(getconf CLK_TCK)" '{sub(/^.*\) /, ""); print ($12 + $13) / hz}' "/proc/$pid/stat"; done | awk '{sum += $1} END {print sum}'; }

perf() { # topic records
    java -Xmx512m "$logconf" -cp "$libs" org.apache.kafka.tools.ProducerPerformance --bootstrap-server "$(bootstrap)" \
        --topic "$1" --num-records "$2" --throughput -1 --payload-file "$home/payload1k.txt" \
        --command-property acks=all batch.size=131072 linger.ms=5 2>&1 |
        sed -nE 's/^([0-9]+) records sent, ([0-9.]+) records\/sec \(([0-9.]+) MB\/sec\), .* ([0-9]+) ms 50th, .* ([0-9]+) ms 99th, ([0-9]+) ms 99.9th.*/\1 \2 \4 \5 \6/p' |
        tail -1 | awk '{printf "mb_s=%.1f p50_ms=%s p99_ms=%s p999_ms=%s", $2 * 1024 / 1e6, $3, $4, $5}'
}

produce() {
    for run in $(seq "$runs"); do
        for broker in kafka kafka-fsync varve; do
            start "$broker"
            create warm 8
            perf warm $((records / 3)) > /dev/null
            create load 8
            before=$(cpu_s)
            figures=$(perf load "$records")
            after=$(cpu_s)
            echo "workload=produce-rf3 broker=$broker run=$run $figures brokers_cpu_s=$(awk "BEGIN{print $after - $before}")"
            stop
        done
    done
}

failover() {
    start varve
    create stall 1
    bench=$(ls "$root"/bench/target/varve-bench-*.jar | head -1)
    for run in $(seq "$kills"); do
        for how in kill term; do
            echo "workload=failover run=$run $(java -Xmx256m "$logconf" -cp "$bench:$libs" io.varve.bench.FailoverBench \
                "$(bootstrap)" stall "1=${pids[1]},2=${pids[2]},3=${pids[3]}" "$how" | tail -1)"
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
        for topic in $(seq 10); do create "idle-$topic" 100; done
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
    produce | failover | idle) "$1" ;;
    *) sed -n 3,12p "$0"; exit 2 ;;
esac
