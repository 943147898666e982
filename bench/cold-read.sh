#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Cold reads of one broker with a bucket in a directory: loads a topic, waits until local disk has dropped it, then prints key=value lines.
#
#   bench/cold-read.sh           the read path in one process, and Kafka consumers through the broker, each beside plain reads
#   bench/cold-read.sh keep      the same; what was written stays
#
# RECORDS=420000 (1 KiB each)  RUNS=7  BENCH_DATA (where it writes, ~/.cache/varve-bench/cold)
# Needs JDK 25 (JAVA_HOME or PATH), curl, python3, and
#   ./mvnw -Pbench -pl bench,cli -am -DskipTests package
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(dirname "$here")
data=${BENCH_DATA:-$HOME/.cache/varve-bench/cold}
records=${RECORDS:-420000}
runs=${RUNS:-7}
[ -n "${JAVA_HOME:-}" ] && PATH=$JAVA_HOME/bin:$PATH
flags="--enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow"
logback="-Dlogback.configurationFile=$here/kafka/conf/logback-quiet.xml"
. "$here/broker.sh"

varve() { java $flags -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -jar "$root/cli/target/varve.jar" "$@"; }
bench() { java $flags "$logback" -Xmx1g -Xms1g -cp "$root/bench/target/bench.jar" "$@"; }

rm -rf "$data"
mkdir -p "$data"
kafka=127.0.0.1:$(free_port)
http=127.0.0.1:$(free_port)
cat > "$data/server.properties" << P
node.id=1
listeners=PLAINTEXT://$kafka
raft.listener=127.0.0.1:0
http.listener=$http
log.dirs=$data/data
archive.bucket=file://$data/bucket
archive.segment.bytes=67108864
archive.segment.age.ms=5000
log.local.retention.ms=1000
P
java $flags -Xmx1g -Xms1g -jar "$root/cli/target/varve.jar" server start --config "$data/server.properties" > "$data/out.log" 2>&1 &
pids=($!)
for _ in $(seq 600); do
    curl -sf "http://$http/health/ready" > /dev/null && break
    sleep 0.1
done

varve topic create cold --partitions 1 --bootstrap "$kafka" > /dev/null
varve topic create hot --partitions 1 --config local.retention.ms=-2 --bootstrap "$kafka" > /dev/null
bench io.varve.bench.ColdConsumeBench load "$kafka" cold "$records"
bench io.varve.bench.ColdConsumeBench load "$kafka" hot "$records"
# hot start = high watermark: local disk serves nothing of it any more
for _ in $(seq 300); do
    storage=$(curl -sf "http://$http/api/v1/topics/cold/storage")
    hot=$(python3 -c 'import json, sys; p = json.loads(sys.argv[1])["partitions"][0]; print(p["highWatermark"] - p["hotStartOffset"])' "$storage")
    [ "$hot" -eq 0 ] && break
    sleep 0.5
done
echo "workload=cold-load records=$records hot_records=$hot segments=$(find "$data/bucket/topics" -path '*/cold/*/segments/*' -type f | wc -l)"
[ "$hot" -eq 0 ]

bench io.varve.bench.ColdReadBench "file://$data/bucket" cold 0 "$runs"
bench io.varve.bench.ColdReadBench "file://$data/bucket" cold 0 "$runs" drop
bench io.varve.bench.ColdConsumeBench consume "$kafka" "file://$data/bucket" cold hot "$runs"
bench io.varve.bench.ColdConsumeBench consume "$kafka" "file://$data/bucket" cold hot "$runs" drop
curl -sf "http://$http/metrics" | grep -E '^varve_(tier_read|cache)' || true
stop
[ "${1:-}" = keep ] || rm -rf "$data"
