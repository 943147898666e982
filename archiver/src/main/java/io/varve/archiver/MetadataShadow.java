// SPDX-License-Identifier: Apache-2.0
package io.varve.archiver;

import io.varve.manifest.metadata.MetadataFold;
import java.nio.ByteBuffer;
import java.util.List;

/// The metadata image at the end of the newest journal, as records: part of the metadata shard's
/// checkpoints. Owner: the shadow, under its lock.
interface MetadataShadow {
    /// Starts over from a checkpoint's records.
    void restore(List<byte[]> records);

    /// Whole record batches of `__cluster_metadata`, in order.
    void replay(ByteBuffer batches);

    /// From these, [#restore] makes the same image.
    List<byte[]> records();

    /// The one for a shard: data shards have no metadata, and replaying some is an error.
    static MetadataShadow of(boolean metadataShard) {
        return metadataShard ? new Folded() : new None();
    }

    /// The metadata shard's.
    final class Folded implements MetadataShadow {
        private MetadataFold fold = MetadataFold.empty();

        @Override
        public void restore(List<byte[]> records) {
            fold = MetadataFold.from(records);
        }

        @Override
        public void replay(ByteBuffer batches) {
            fold.replay(batches);
        }

        @Override
        public List<byte[]> records() {
            return fold.records();
        }
    }

    /// A data shard's.
    record None() implements MetadataShadow {
        @Override
        public void restore(List<byte[]> records) {
            if (!records.isEmpty()) {
                throw new IllegalStateException(
                        "metadata in a data shard's checkpoint: records=" + records.size());
            }
        }

        @Override
        public void replay(ByteBuffer batches) {
            throw new IllegalStateException("metadata records in a data shard");
        }

        @Override
        public List<byte[]> records() {
            return List.of();
        }
    }
}
