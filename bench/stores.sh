#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Puts and gets of the object-store module beside the SDK's plain calls, on test servers. Prints key=value lines.
#
#   bench/stores.sh [minio] [azurite] [fake-gcs]      all three without a name
#
# RUNS=9. Needs a JDK 25 (JAVA_HOME or PATH), what bin/test-servers needs, and
#   ./mvnw -Pbench -pl bench -am -DskipTests package
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(dirname "$here")
[ -n "${JAVA_HOME:-}" ] && PATH=$JAVA_HOME/bin:$PATH
[ $# -gt 0 ] || set -- minio azurite fake-gcs
for server in "$@"; do
    "$root/bin/test-servers" "$server" install > /dev/null
    state=$(mktemp -u)
    exports=$("$root/bin/test-servers" "$server" start "$state")
    (
        trap '"$root/bin/test-servers" "$server" stop "$state"' EXIT
        eval "$exports"
        java --enable-native-access=ALL-UNNAMED "-Dlogback.configurationFile=$here/kafka/conf/logback-quiet.xml" -Xmx2g -Xms2g \
            -cp "$root/bench/target/bench.jar" io.varve.bench.StoreBench "$TEST_BUCKET" "${RUNS:-9}" | sed "s/^/server=$server /"
    )
done
