# SPDX-License-Identifier: Apache-2.0
#
# MinIO: S3, with checksums, versions and locks. Nobody offers it as a download any more.

title=MinIO
tests='Minio*'
ready_seconds=30
minio_version=v0.0.0-20260212201848-7aac2a2c5b7c
cached=$cache/minio-$minio_version/minio

find_server() {
  if [ -n "${TEST_MINIO:-}" ]; then
    [ -x "$TEST_MINIO" ] || die "TEST_MINIO=$TEST_MINIO is no command"
    printf '%s\n' "$TEST_MINIO"
  elif command -v minio 2>/dev/null; then
    :
  elif [ -x "$cached" ]; then
    printf '%s\n' "$cached"
  else
    absent "no MinIO: not on the PATH, not in $cache (bin/test-servers minio install puts it there)"
  fi
}

install_server() {
  build_by_go github.com/minio/minio "$minio_version" minio "$cached"
  printf '%s\n' "$cached"
}

serve() {
  export MINIO_ROOT_USER=varve-test MINIO_ROOT_PASSWORD=varve-test-secret MINIO_BROWSER=off MINIO_UPDATE=off
  # shellcheck disable=SC2086
  exec nohup $limit "$server" server --quiet --address "127.0.0.1:$port" "$data"
}

is_ready() { curl -fsS -m 2 "http://127.0.0.1:$port/minio/health/ready"; }

# A folder is a bucket.
make_bucket() { mkdir "$data/varve"; }

print_bucket() {
  printf "export TEST_BUCKET='s3://varve?endpoint=http://127.0.0.1:%s&region=us-east-1'\n" "$port"
  printf "export AWS_ACCESS_KEY_ID='varve-test'\nexport AWS_SECRET_ACCESS_KEY='varve-test-secret'\n"
}
