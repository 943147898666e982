// SPDX-License-Identifier: Apache-2.0
package io.varve.recovery;

import io.varve.manifest.ShardId;
import io.varve.manifest.checkpoint.JournalRef;
import io.varve.manifest.key.BucketKeys;
import io.varve.manifest.pack.PackFacts;
import io.varve.manifest.pack.PackKind;
import io.varve.manifest.pack.PackWriter;
import io.varve.manifest.whole.PutOnce;
import io.varve.manifest.whole.WholeObjects;
import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.ObjectStoreException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.Channels;
import java.util.List;
import java.util.Optional;

/// The one object of records that a restore writes: markers that abort what was open, of all
/// partitions of a shard, as a roll-up of the new shard in front of its first index. Stateless.
final class AbortMarkers {
    private static final String WRITER = "varve recover run";

    private AbortMarkers() {}

    /// What became of it.
    ///
    /// @param ref what the first checkpoint names; empty when nothing was open
    /// @param theirs an earlier attempt left another one under this name: the shard needs another
    ///   incarnation
    record Written(Optional<JournalRef> ref, boolean theirs) {}

    static Written put(
            ObjectStore store,
            String clusterId,
            ShardId shard,
            List<RestoredOpening> openings,
            long timeMs)
            throws ObjectStoreException {
        if (openings.stream().allMatch(opening -> opening.markers().isEmpty())) {
            return new Written(Optional.empty(), false);
        }
        byte[] pack = pack(clusterId, shard, openings, timeMs);
        String key = BucketKeys.rollUp(shard, 0, 0);
        return WholeObjects.putOnce(store, key, pack) instanceof PutOnce.Ours<?>
                ? new Written(Optional.of(new JournalRef(key, 0, 0, pack.length)), false)
                : new Written(Optional.empty(), true);
    }

    private static byte[] pack(
            String clusterId, ShardId shard, List<RestoredOpening> openings, long timeMs) {
        try (PackWriter writer = PackWriter.inMemory()) {
            for (RestoredOpening opening : openings) {
                opening.writeMarkers(writer);
            }
            PackWriter.Written written =
                    writer.finish(
                            new PackFacts(
                                    PackKind.ROLL_UP,
                                    clusterId,
                                    shard,
                                    0,
                                    0,
                                    0,
                                    0,
                                    0,
                                    WRITER,
                                    timeMs));
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            written.body().writeTo(Channels.newChannel(bytes));
            return bytes.toByteArray();
        } catch (IOException e) {
            throw new UncheckedIOException(e); // nothing here does I/O
        }
    }
}
