# SPDX-License-Identifier: Apache-2.0
#
# Azurite: Azure Blob Storage, in memory. Its account and key are the same everywhere, and published.

title=Azurite
tests='Azurite*'
ready_seconds=60
azurite_version=3.35.0
folder=$cache/azurite-$azurite_version
program=node_modules/azurite/dist/src/blob/main.js
account=devstoreaccount1
account_key='Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=='

find_server() {
  [ -f "$folder/$program" ] || absent "no Azurite in $cache (bin/test-servers azurite install puts it there)"
  command -v node >/dev/null || absent "no node to run Azurite with"
  printf '%s\n' "$folder/$program"
}

install_server() {
  if [ ! -f "$folder/$program" ]; then
    command -v npm >/dev/null || die "no npm to install Azurite with: install nodejs and npm, or https://nodejs.org"
    say "installing Azurite $azurite_version"
    mkdir -p "$folder.$$"
    npm install --prefix "$folder.$$" --no-audit --no-fund "azurite@$azurite_version" >&2 || {
      rm -rf "$folder.$$"
      die "npm install of Azurite failed"
    }
    rm -rf "$folder"
    mv "$folder.$$" "$folder"
  fi
  printf '%s\n' "$folder/$program"
}

# The folder stays empty: it only tells the process from others.
serve() {
  # shellcheck disable=SC2086
  exec nohup $limit node "--title=azurite $data" "$server" --blobHost 127.0.0.1 --blobPort "$port" --silent \
    --disableTelemetry --skipApiVersionCheck --inMemoryPersistence
}

# Any answer will do: what is not signed is refused.
is_ready() { curl -sS -m 2 -o /dev/null "http://127.0.0.1:$port/$account"; }

# One request, signed with the account's key.
make_bucket() {
  ACCOUNT=$account ACCOUNT_KEY=$account_key PORT=$port node -e '
    const { ACCOUNT, ACCOUNT_KEY, PORT } = process.env;
    const path = `/${ACCOUNT}/varve`;
    const headers = { "x-ms-date": new Date().toUTCString(), "x-ms-version": "2021-12-02" };
    const named = Object.entries(headers).map(([name, value]) => `${name}:${value}\n`).join("");
    const toSign = `PUT${"\n".repeat(12)}${named}/${ACCOUNT}${path}\nrestype:container`;
    const key = Buffer.from(ACCOUNT_KEY, "base64");
    const signature = require("crypto").createHmac("sha256", key).update(toSign, "utf8").digest("base64");
    headers["Authorization"] = `SharedKey ${ACCOUNT}:${signature}`;
    headers["Content-Length"] = 0;
    const options = { host: "127.0.0.1", port: PORT, method: "PUT", path: `${path}?restype=container`, headers };
    require("http").request(options, answer => {
      answer.pipe(process.stdout);
      process.exitCode = answer.statusCode == 201 ? 0 : 1;
    }).end();
  '
}

print_bucket() {
  printf "export TEST_BUCKET='azure://varve?endpoint=http://127.0.0.1:%s/%s'\n" "$port" "$account"
  printf "export VARVE_OBJECT_STORE_AZURE_ACCOUNT_KEY='%s'\n" "$account_key"
}
