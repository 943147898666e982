// SPDX-License-Identifier: Apache-2.0
package io.varve.manifest.metadata;

import java.util.OptionalInt;
import org.apache.kafka.common.Uuid;

/// Shards as directory ids: to Kafka's metadata records the place that holds a replica's log is a
/// directory, with us it is a shard (decision 0003). Stateless.
public final class ShardDirectories {
    /// ASCII of "VarveShr": tells our ids from random directory ids.
    private static final long PREFIX = 0x5661727665536872L;

    private ShardDirectories() {}

    /// The directory id that stands for a shard's number.
    public static Uuid of(int shardNumber) {
        if (shardNumber < 0) {
            throw new IllegalArgumentException("negative shard: shard=" + shardNumber);
        }
        return new Uuid(PREFIX, shardNumber);
    }

    /// The shard's number, or empty when the id was not made by [#of(int)] (a directory of a real
    /// Kafka, or none assigned).
    public static OptionalInt shardOf(Uuid directory) {
        long number = directory.getLeastSignificantBits();
        return directory.getMostSignificantBits() == PREFIX
                        && number >= 0
                        && number <= Integer.MAX_VALUE
                ? OptionalInt.of((int) number)
                : OptionalInt.empty();
    }
}
