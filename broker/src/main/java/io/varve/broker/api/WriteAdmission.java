// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.api;

import io.varve.manifest.ShardId;
import java.time.Duration;
import org.apache.kafka.common.protocol.Errors;

/// Whether producers may write to a shard now. Asked for every partition of every produce request:
/// quick, and never blocks. What the broker itself writes (metadata, group offsets) is not asked
/// about.
@FunctionalInterface
public interface WriteAdmission {
    /// @param bytes of record batches that the shard would write
    Verdict of(ShardId shard, int bytes);

    /// Nobody is ever pushed back.
    static WriteAdmission always() {
        return (_, _) -> new Verdict.Admitted();
    }

    /// How a producer is treated.
    sealed interface Verdict {
        record Admitted() implements Verdict {}

        /// Its records are taken, and it is not read for a while.
        record Slowed(Duration pause) implements Verdict {}

        /// Its records are not taken; `error` is one that clients try again after.
        record Refused(Errors error, String message, Duration pause) implements Verdict {}
    }
}
