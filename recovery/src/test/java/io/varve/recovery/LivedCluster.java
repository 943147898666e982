// SPDX-License-Identifier: Apache-2.0
package io.varve.recovery;

import io.varve.objectstore.ObjectBody;
import io.varve.objectstore.ObjectStoreException;
import io.varve.objectstore.PutMode;
import io.varve.objectstore.memory.MemoryObjectStore;
import java.io.IOException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

/// A cluster that has lived: two topics in both tiers, a topic in journals only, groups, an
/// idempotent producer, checkpoints of all shards, and a tail that no journal holds. Then all its
/// brokers are gone.
final class LivedCluster {
    final ManualClock clock = new ManualClock();
    final MemoryObjectStore store = new MemoryObjectStore(clock);
    final BucketBuilder cluster;

    LivedCluster(long seed) throws IOException {
        cluster = new BucketBuilder(store, clock, new Random(seed));
        cluster.found(2);
        cluster.createTopic("orders", 3, Map.of("retention.ms", "3600000"));
        cluster.createTopic("users", 1, Map.of());
        cluster.createTopic("__consumer_offsets", 1, Map.of("cleanup.policy", "compact"));
        for (int i = 0; i < 6; i++) {
            cluster.append("orders", i % 3, 1 + i);
            cluster.append("orders", 0, 2, 77, i * 2);
            cluster.append("users", 0, 2);
            cluster.commitOffset("readers", "orders", 0, 1 + i);
            cluster.journalAll();
            if (i % 2 == 1) {
                cluster.segment(cluster.id("orders", 0));
                cluster.segment(cluster.id("orders", 1));
            }
            if (i == 2) {
                cluster.checkpoint(1);
            }
        }
        cluster.checkpoint(0);
        cluster.checkpoint(1);
        cluster.checkpoint(2);
        cluster.append("orders", 0, 3, 77, 12);
        cluster.append("orders", 1, 5);
        cluster.commitOffset("readers", "orders", 1, 4);
        cluster.journalAll();
        cluster.append("orders", 1, 5);
        cluster.newLeader(2);
        clock.pass(Duration.ofMinutes(5));
    }

    /// A store of these objects whose clock is the test's own.
    static MemoryObjectStore store(Map<String, String> objects, ManualClock clock)
            throws ObjectStoreException {
        MemoryObjectStore copy = new MemoryObjectStore(clock);
        for (Map.Entry<String, String> object : objects.entrySet()) {
            copy.put(
                    object.getKey(),
                    ObjectBody.of(HexFormat.of().parseHex(object.getValue())),
                    PutMode.IF_ABSENT);
        }
        return copy;
    }

    TreeMap<String, String> objects() throws ObjectStoreException {
        return Restored.objects(store);
    }
}
