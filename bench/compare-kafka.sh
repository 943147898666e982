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
home=${BENCH_HOME:-$HOME/.cache/varve-bench}
data=${BENCH_DATA:-$home/data}
runs=${RUNS:-3}
records=${RECORDS:-300000}
[ -n "${JAVA_HOME:-}" ] && PATH=$JAVA_HOME/bin:$PATH
logconf="-Dlog4j2.configurationFile=$here/kafka/conf/log4j2.properties"
libs="$home/libs/*"
mkdir -p "$home/libs" "$data"
. "$here/broker.sh"

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

# start kafka|varve: an empty broker; sets pid, port
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
    java "$logconf" -cp "$libs" kafka.tools.StorageTool format -t MkU3OEVBNTcwNTJENDM2Qg -c "$3/server.properties" > "$3/format.log" 2>&1
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

# Both as their own start scripts do, with the heap that Kafka's own start script gives.
launch() {
    case $1 in
        kafka) java -Xmx1g -Xms1g -server -XX:+UseG1GC "$logconf" -cp "$libs" kafka.Kafka "$dir/server.properties" > "$dir/out.log" 2>&1 & ;;
        varve) VARVE_JVM_OPTS="-Xmx1g -Xms1g" "$root/bin/varve" server start --config "$dir/server.properties" > "$dir/out.log" 2>&1 & ;;
    esac
    pid=$!
}

admin() { java -Xmx256m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 "$logconf" -cp "$libs" "$@"; }
create() { admin org.apache.kafka.tools.TopicCommand --bootstrap-server "127.0.0.1:$port" --create --topic "$1" --partitions "$2" --replication-factor 1 > /dev/null; }
cpu_s() { awk -v hz="$(getconf CLK_TCK)" '{sub(/^.*\) /, ""); print ($12 + $13) / hz}' "/proc/$pid/stat"; }

perf() { # topic records
    java -Xmx512m "$logconf" -cp "$libs" org.apache.kafka.tools.ProducerPerformance --bootstrap-server "127.0.0.1:$port" \
        --topic "$1" --num-records "$2" --throughput -1 --payload-file "$home/payload1k.txt" \
        --command-property acks=all batch.size=131072 linger.ms=5 2>&1 |
        sed -nE 's/^([0-9]+) records sent, ([0-9.]+) records\/sec \(([0-9.]+) MB\/sec\), .* ([0-9]+) ms 50th, .* ([0-9]+) ms 99th, ([0-9]+) ms 99.9th.*/\1 \2 \4 \5 \6/p' |
        tail -1 | awk '{printf "mb_s=%.1f p50_ms=%s p99_ms=%s p999_ms=%s", $2 * 1024 / 1e6, $3, $4, $5}'
}

produce() {
    for run in $(seq "$runs"); do
        for broker in kafka varve; do
            start "$broker"
            create warm 8
            perf warm $((records / 3)) > /dev/null
            create load 8
            before=$(cpu_s)
            figures=$(perf load "$records")
            after=$(cpu_s)
            echo "workload=produce broker=$broker run=$run $figures broker_cpu_s=$(awk "BEGIN{print $after - $before}")"
            stop
        done
    done
}

idle() {
    for broker in kafka varve; do
        start "$broker"
        for topic in $(seq 10); do create "idle-$topic" 100; done
        sleep 15
        before=$(cpu_s)
        sleep 20
        after=$(cpu_s)
        jcmd "$pid" GC.run > /dev/null
        sleep 2
        heap=$(jcmd "$pid" GC.heap_info | grep -m1 -oE 'used [0-9]+K' | awk '{printf "%d", $2 / 1024}')
        echo "workload=idle broker=$broker partitions=1000 threads=$(awk '/^Threads/{print $2}' "/proc/$pid/status") live_heap_mb=$heap" \
            "rss_mb=$(awk '/^VmRSS/{printf "%d", $2 / 1024}' "/proc/$pid/status") cpu_pct=$(awk "BEGIN{printf \"%.2f\", ($after - $before) / 20 * 100}")"
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
    produce | idle | startup) "$1" ;;
    all) produce; idle; startup ;;
    *) sed -n 3,13p "$0"; exit 2 ;;
esac
