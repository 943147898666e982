// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.shard;

import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.TimestampType;
import org.jspecify.annotations.Nullable;

/// What a topic's configuration asks of a batch.
///
/// @param maxMessageBytes largest size of one batch (`max.message.bytes`)
/// @param timestampType LOG_APPEND_TIME rewrites the batch's timestamps with the leader's time
/// @param timestampBeforeMaxMs, timestampAfterMaxMs how far a CreateTime may be from the leader's
///   clock
/// @param compression the codec that stored batches must have, or null to keep the producer's
/// @param keysRequired compacted topics: a record without a key is refused
/// @param minInsyncReplicas with acks=all, refused while fewer replicas keep up
public record AppendRules(
        int maxMessageBytes,
        TimestampType timestampType,
        long timestampBeforeMaxMs,
        long timestampAfterMaxMs,
        @Nullable Compression compression,
        boolean keysRequired,
        int minInsyncReplicas) {
    /// Kafka's defaults: 1 MiB and 12 bytes, the producer's own timestamps and codec.
    public static final AppendRules DEFAULT =
            new AppendRules(
                    1024 * 1024 + 12,
                    TimestampType.CREATE_TIME,
                    Long.MAX_VALUE,
                    3_600_000,
                    null,
                    false);

    /// For a topic whose leader is enough.
    public AppendRules(
            int maxMessageBytes,
            TimestampType timestampType,
            long timestampBeforeMaxMs,
            long timestampAfterMaxMs,
            @Nullable Compression compression,
            boolean keysRequired) {
        this(
                maxMessageBytes,
                timestampType,
                timestampBeforeMaxMs,
                timestampAfterMaxMs,
                compression,
                keysRequired,
                1);
    }

    public AppendRules {
        if (maxMessageBytes < 0 || timestampBeforeMaxMs < 0 || timestampAfterMaxMs < 0) {
            throw new IllegalArgumentException(
                    "bad append rules: maxMessageBytes="
                            + maxMessageBytes
                            + ", beforeMaxMs="
                            + timestampBeforeMaxMs
                            + ", afterMaxMs="
                            + timestampAfterMaxMs);
        }
    }
}
