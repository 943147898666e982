// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.metadata;

import org.apache.kafka.image.MetadataDelta;
import org.apache.kafka.image.MetadataImage;

/// Hears every change of the cluster's metadata, in order. Runs on shard 0's apply thread: must
/// neither block nor throw.
@FunctionalInterface
public interface MetadataListener {
    /// @param delta from the image before to this one; the first call's delta starts at the empty
    ///   image
    /// @param endOffset of `__cluster_metadata`, exclusive: what the image holds
    void onMetadata(MetadataDelta delta, MetadataImage image, long endOffset);
}
