# SPDX-License-Identifier: Apache-2.0
#
# fake-gcs-server: Google Cloud Storage by HTTP and JSON, in memory. It asks for no credentials, and ignores the
# conditions of reads and deletes.

title=fake-gcs-server
tests='FakeGcs*'
ready_seconds=30
fake_gcs_version=v1.56.1
cached=$cache/fake-gcs-server-$fake_gcs_version/fake-gcs-server

find_server() {
  [ -x "$cached" ] || absent "no fake-gcs-server in $cache (bin/test-servers fake-gcs install puts it there)"
  printf '%s\n' "$cached"
}

install_server() {
  build_by_go github.com/fsouza/fake-gcs-server "$fake_gcs_version" fake-gcs-server "$cached"
  printf '%s\n' "$cached"
}

# The folder stays empty: it only tells the process from others.
serve() {
  # shellcheck disable=SC2086
  exec nohup $limit "$server" -backend memory -filesystem-root "$data" -scheme http -host 127.0.0.1 -port "$port" \
    -external-url "http://127.0.0.1:$port" -public-host "127.0.0.1:$port" -log-level error
}

is_ready() { curl -fsS -m 2 "http://127.0.0.1:$port/_internal/healthcheck"; }

make_bucket() {
  curl -fsS -m 20 -H 'Content-Type: application/json' -d '{"name": "varve"}' \
    "http://127.0.0.1:$port/storage/v1/b?project=varve-test"
}

print_bucket() { printf "export TEST_BUCKET='gs://varve?endpoint=http://127.0.0.1:%s'\n" "$port"; }
