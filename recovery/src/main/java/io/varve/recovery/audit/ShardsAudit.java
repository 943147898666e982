// SPDX-License-Identifier: Apache-2.0
package io.varve.recovery.audit;

import io.varve.manifest.ShardId;
import io.varve.manifest.generation.Cut;
import io.varve.manifest.key.BucketKeys;
import io.varve.manifest.key.ObjectName;
import io.varve.manifest.whole.WholeObjects;
import io.varve.objectstore.ObjectInfo;
import io.varve.objectstore.ObjectStoreException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/// Looks at all shards: those of the current generation whole, what is left of older ones as far as
/// somebody needs it. One instance per look. Owner: the audit's thread.
final class ShardsAudit {
    private final AuditPass pass;
    private final Lives lives;
    private final Kept kept;
    private final TreeMap<ShardId, ShardListing> listings = new TreeMap<>();
    private final Map<String, ObjectInfo> listed = new HashMap<>();

    ShardsAudit(AuditPass pass, Lives lives, Kept kept) {
        this.pass = pass;
        this.lives = lives;
        this.kept = kept;
    }

    ShardsState read() throws ObjectStoreException {
        WholeObjects.walk(
                pass.store(),
                BucketKeys.SHARDS_PREFIX,
                "",
                object -> {
                    pass.saw(object);
                    take(object);
                    return true;
                });
        List<ShardState> states = new ArrayList<>();
        Set<String> needed = new HashSet<>();
        Set<ShardId> live = live();
        for (ShardId shard : live) {
            LiveShardAudit audit = new LiveShardAudit(pass, lives, kept, of(shard), listed);
            states.add(audit.read());
            needed.addAll(audit.named());
        }
        if (pass.options().wholeBucket()) {
            states.forEach(state -> needed.addAll(state.doomed().keySet()));
            LeftShardsAudit left = new LeftShardsAudit(pass, lives, kept, needed);
            for (ShardListing listing : listings.values()) {
                if (!live.contains(listing.shard())) {
                    left.look(listing);
                }
            }
        }
        return new ShardsState(states);
    }

    private void take(ObjectInfo object) {
        switch (BucketKeys.parse(object.key())) {
            case ObjectName.Checkpoint name -> of(name.shard()).checkpoints().add(object);
            case ObjectName.Journal name -> of(name.shard()).journals().add(object);
            case ObjectName.RollUp name -> of(name.shard()).rollUps().add(object);
            default -> {
                pass.foreign(object);
                return;
            }
        }
        listed.put(object.key(), object);
    }

    private ShardListing of(ShardId shard) {
        return listings.computeIfAbsent(shard, ShardListing::new);
    }

    /// The incarnations that count: those that the cut names, and the newest of shards that came
    /// later.
    private Set<ShardId> live() {
        TreeMap<Integer, ShardId> chosen = new TreeMap<>();
        for (ShardId shard : listings.keySet()) {
            if (shard.generation() == lives.current()) {
                chosen.put(shard.shard(), shard);
            }
        }
        lives.cut(lives.current())
                .map(Cut::shards)
                .orElse(List.of())
                .forEach(row -> chosen.put(row.to().shard(), row.to()));
        return new HashSet<>(chosen.values());
    }
}
