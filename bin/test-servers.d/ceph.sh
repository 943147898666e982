# SPDX-License-Identifier: Apache-2.0
#
# Ceph's radosgw: S3 as an older store speaks it, whose puts refuse the SDK's checksums. The daemons are Debian's; they
# keep their data in memory.

title="Ceph radosgw"
tests='Ceph*'
ready_seconds=240

find_server() {
  for command in ceph ceph-mon ceph-osd radosgw radosgw-admin monmaptool ceph-authtool; do
    command -v "$command" >/dev/null || absent "no $command (bin/test-servers ceph install, as root on Debian or Ubuntu)"
  done
  printf '%s\n' "$here/ceph-daemons"
}

install_server() {
  if ! command -v radosgw >/dev/null || ! command -v ceph-mon >/dev/null || ! command -v ceph-osd >/dev/null; then
    command -v apt-get >/dev/null || die "no apt-get to install Ceph with: install radosgw, ceph-mon and ceph-osd"
    [ "$(id -u)" = 0 ] || die "not root: apt-get install --no-install-recommends radosgw ceph-mon ceph-osd"
    say "installing Ceph"
    { apt-get update && apt-get install -y --no-install-recommends radosgw ceph-mon ceph-osd; } >&2 ||
      die "apt-get install of Ceph failed"
  fi
  find_server
}

serve() {
  # shellcheck disable=SC2086
  exec nohup $limit "$server" "$data" "$port"
}

# Its user is made last.
is_ready() { [ -e "$data/user" ] && curl -fsS -m 5 "http://127.0.0.1:$port/"; }

make_bucket() {
  curl -fsS -m 60 -X PUT --aws-sigv4 aws:amz:us-east-1:s3 --user varve-test:varve-test-secret \
    -H 'x-amz-content-sha256: UNSIGNED-PAYLOAD' "http://127.0.0.1:$port/varve"
}

print_bucket() {
  printf "export TEST_BUCKET='s3://varve?endpoint=http://127.0.0.1:%s&region=us-east-1&checksums=required'\n" "$port"
  printf "export AWS_ACCESS_KEY_ID='varve-test'\nexport AWS_SECRET_ACCESS_KEY='varve-test-secret'\n"
}
