// SPDX-License-Identifier: Apache-2.0
package io.varve.recovery.audit;

import java.util.Map;
import org.apache.kafka.common.Uuid;

/// What the rest of the bucket says, for whoever looks at a partition. Immutable.
///
/// @param trash store's time of the intent to delete, by topic
record Bucket(Lives lives, Kept kept, Map<Uuid, Long> trash, ShardsState shards) {
    Bucket {
        trash = Map.copyOf(trash);
    }
}
