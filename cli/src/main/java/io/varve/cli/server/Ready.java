// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.server;

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
        return "ready kafka=" + kafka + " http=" + http + " bucket=" + bucket;
    }
}
