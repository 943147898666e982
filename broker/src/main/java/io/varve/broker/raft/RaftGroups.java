// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.raft;

import io.varve.manifest.ShardId;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.UUID;

/// Names of Raft groups.
public final class RaftGroups {
    private RaftGroups() {}

    /// The group of one life of a shard: the first 16 bytes of SHA-256 over cluster id, generation,
    /// shard, incarnation. Two lives never share a group, so a peer of an older one cannot vote in
    /// a newer one.
    public static UUID idOf(String clusterId, ShardId shard) {
        String name =
                clusterId
                        + "/"
                        + shard.generation()
                        + "/"
                        + shard.shard()
                        + "/"
                        + shard.incarnation();
        try {
            byte[] hash =
                    MessageDigest.getInstance("SHA-256")
                            .digest(name.getBytes(StandardCharsets.UTF_8));
            ByteBuffer bytes = ByteBuffer.wrap(hash);
            return new UUID(bytes.getLong(), bytes.getLong());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("no SHA-256 in this Java runtime", e);
        }
    }
}
