// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.server;

import io.varve.cli.shell.ReadyLine;

/// What a broker prints once it serves.
///
/// @param kafka, http where it listens, `HOST:PORT`
/// @param data its directory
record Ready(
        String kafka,
        String http,
        String bucket,
        String data,
        String clusterId,
        int generation,
        long pid) {
    /// The line that scripts wait for.
    String line() {
        return new ReadyLine(kafka, http, bucket).toString();
    }
}
