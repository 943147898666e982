// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.cold;

import io.varve.manifest.ShardId;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;

/// The journal indexes of the shards on this broker. Thread-safe.
final class JournalIndexes {
    private final PackIndexCache packs;
    private final Executor threads;
    private final ConcurrentHashMap<ShardId, JournalIndex> byShard = new ConcurrentHashMap<>();

    JournalIndexes(PackIndexCache packs, Executor threads) {
        this.packs = packs;
        this.threads = threads;
    }

    JournalIndex of(ShardId shard) {
        return byShard.computeIfAbsent(shard, id -> new JournalIndex(id, packs, threads));
    }

    void forget(ShardId shard) {
        byShard.remove(shard);
    }
}
