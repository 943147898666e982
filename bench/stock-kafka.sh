# SPDX-License-Identifier: Apache-2.0
# Read by the scripts that put Varve beside stock Kafka: where things are, Kafka's jars and tools, and one load for both.
# The reader says `bootstrap`, where clients connect.
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
    [ -z "${HOLD_GB:-}" ] || hold_memory "$HOLD_GB"
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

# Holds so many GB of memory until the script ends, so that pages of the page cache are ones that were in use before (bench/README.md).
hold_memory() { # GB
    python3 "$here/hold-memory.py" "$1" "$data/held" &
    holder=$!
    trap 'stop; kill "$holder"' EXIT
    until [ -e "$data/held" ]; do
        kill -0 "$holder" || exit 1
        sleep 0.2
    done
    rm "$data/held"
}

admin() { java -Xmx256m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 "$logconf" -cp "$libs" "$@"; }

# Both as their own start scripts do, with the heap that Kafka's own start script gives. Appends to pids.
run_broker() { # kafka|varve, folder with server.properties
    case $1 in
        kafka) java -Xmx1g -Xms1g -server -XX:+UseG1GC "$logconf" -cp "$libs" kafka.Kafka "$2/server.properties" >> "$2/out.log" 2>&1 & ;;
        varve) VARVE_JVM_OPTS="-Xmx1g -Xms1g" "$root/bin/varve" server start --config "$2/server.properties" >> "$2/out.log" 2>&1 & ;;
    esac
}

format_kafka() { # folder with server.properties
    java "$logconf" -cp "$libs" kafka.tools.StorageTool format -t MkU3OEVBNTcwNTJENDM2Qg -c "$1/server.properties" > "$1/format.log" 2>&1
}

create() { # topic partitions replicas
    admin org.apache.kafka.tools.TopicCommand --bootstrap-server "$(bootstrap)" --create --topic "$1" --partitions "$2" --replication-factor "$3" > /dev/null
}

perf() { # topic records
    java -Xmx512m "$logconf" -cp "$libs" org.apache.kafka.tools.ProducerPerformance --bootstrap-server "$(bootstrap)" \
        --topic "$1" --num-records "$2" --throughput -1 --payload-file "$home/payload1k.txt" \
        --command-property acks=all batch.size=131072 linger.ms=5 2>&1 |
        sed -nE 's/^([0-9]+) records sent, ([0-9.]+) records\/sec \(([0-9.]+) MB\/sec\), .* ([0-9]+) ms 50th, .* ([0-9]+) ms 99th, ([0-9]+) ms 99.9th.*/\1 \2 \4 \5 \6/p' |
        tail -1 | awk '{printf "mb_s=%.1f p50_ms=%s p99_ms=%s p999_ms=%s", $2 * 1024 / 1e6, $3, $4, $5}'
}

# Loads an empty broker (or brokers) of each kind in turn. Each is warmed with as many records as are measured: before, a good
# part of what is seen is the compilers of the JVMs (a fifth of the processor time of three brokers in their first 1.5 million).
# Another kind is first in each run: who comes first finds the disk rested.
produce() { # workload replicas kind...
    local workload=$1 replicas=$2 run turn broker before figures kinds
    shift 2
    kinds=("$@")
    for run in $(seq "$runs"); do
        for turn in "${!kinds[@]}"; do
            broker=${kinds[(run - 1 + turn) % ${#kinds[@]}]}
            start "$broker"
            create warm 8 "$replicas"
            perf warm "$records" > /dev/null
            create load 8 "$replicas"
            before=$(cpu_s)
            figures=$(perf load "$records")
            echo "workload=$workload broker=$broker run=$run $figures broker_cpu_s=$(awk "BEGIN{print $(cpu_s) - $before}")"
            stop
        done
    done
}
