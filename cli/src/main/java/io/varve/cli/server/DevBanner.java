// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.server;

/// What `varve dev` tells about itself, and what one can try.
final class DevBanner {
    private static final String DEFAULT_KAFKA = "127.0.0.1:9092";

    private DevBanner() {}

    /// @param intervalMs `archive.interval.ms`
    static String text(Ready ready, long intervalMs) {
        String bootstrap =
                ready.kafka().equals(DEFAULT_KAFKA) ? "" : " --bootstrap " + ready.kafka();
        return """
        %s

        fsync is on: what is acknowledged survives kill -9 and power loss. Data: %s
        Every %s s what is new goes to the bucket. Without the bucket the broker serves on from its disk and catches up
        later; until then a lost disk loses what the bucket has not got.
        When this machine is lost: varve recover run --cluster --bucket %s
        then varve dev --data EMPTY-DIRECTORY --bucket %s

        To copy and paste, into another shell:

          varve topic create orders --partitions 3%s
          seq 1 1000 | varve produce orders%s
          varve consume orders --from earliest --max 10%s
          varve topic storage orders%s

        Ctrl-C stops it; started again on the same data it goes on where it was.
        """
                .formatted(
                        ready.line(),
                        ready.data(),
                        seconds(intervalMs),
                        forShell(ready.bucket()),
                        forShell(ready.bucket()),
                        bootstrap,
                        bootstrap,
                        bootstrap,
                        bootstrap);
    }

    /// A URL with parameters has characters that a shell would take for its own.
    private static String forShell(String url) {
        return url.matches("[A-Za-z0-9_./:%@+=-]*") ? url : "'" + url.replace("'", "'\\''") + "'";
    }

    private static String seconds(long ms) {
        return ms % 1_000 == 0 ? Long.toString(ms / 1_000) : Double.toString(ms / 1_000.0);
    }
}
