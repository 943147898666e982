// SPDX-License-Identifier: Apache-2.0
package io.varve.recovery.audit;

import io.varve.manifest.ShardId;
import io.varve.objectstore.ObjectInfo;
import java.util.ArrayList;
import java.util.List;

/// One shard as a listing shows it, each kind by key. Owner: whoever lists.
final class ShardListing {
    private final ShardId shard;
    private final List<ObjectInfo> checkpoints = new ArrayList<>();
    private final List<ObjectInfo> journals = new ArrayList<>();
    private final List<ObjectInfo> rollUps = new ArrayList<>();

    ShardListing(ShardId shard) {
        this.shard = shard;
    }

    ShardId shard() {
        return shard;
    }

    List<ObjectInfo> checkpoints() {
        return checkpoints;
    }

    /// END too.
    List<ObjectInfo> journals() {
        return journals;
    }

    List<ObjectInfo> rollUps() {
        return rollUps;
    }
}
