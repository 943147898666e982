// SPDX-License-Identifier: Apache-2.0
package io.varve.bench;

import io.varve.broker.shard.PartitionView;
import io.varve.manifest.PartitionId;
import io.varve.manifest.ShardId;
import io.varve.manifest.key.BucketKeys;
import io.varve.manifest.key.ObjectName;
import io.varve.manifest.partition.ManifestStore;
import io.varve.manifest.partition.PartitionManifest;
import io.varve.manifest.state.PartitionState.ManifestRef;
import io.varve.manifest.whole.WholeObjects;
import io.varve.objectstore.ObjectInfo;
import io.varve.objectstore.ObjectStore;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/// What a bucket holds of a partition, found without a broker.
final class Archived {
    private Archived() {}

    /// The newest manifest of a partition.
    static PartitionManifest manifest(ObjectStore store, String topic, int partition)
            throws Exception {
        for (ObjectInfo object : WholeObjects.list(store, "topics/" + topic + "/")) {
            if (BucketKeys.parse(object.key()) instanceof ObjectName.Segment segment
                    && segment.partition().partition() == partition) {
                return ManifestStore.newest(store, topic, segment.partition(), Integer.MAX_VALUE)
                        .orElseThrow(() -> new IllegalArgumentException("no manifest"));
            }
        }
        throw new IllegalArgumentException(
                "no segments: topic=" + topic + ", partition=" + partition);
    }

    /// The files of its segments, of a bucket that is a directory.
    static List<Path> files(ObjectStore store, PartitionManifest manifest) {
        Path directory =
                store.directory()
                        .orElseThrow(() ->
                                new IllegalArgumentException(
                                        "bucket is no directory: " + store.url()));
        return manifest.entries().stream()
                .map(entry -> directory.resolve(entry.key(manifest.topicName(), manifest.id())))
                .toList();
    }

    /// Applied state of a partition that is in segments as a whole.
    static PartitionView view(PartitionManifest manifest) {
        PartitionId id = manifest.id();
        return (PartitionView)
                Proxy.newProxyInstance(
                        PartitionView.class.getClassLoader(),
                        new Class<?>[] {PartitionView.class},
                        (_, method, _) ->
                                switch (method.getName()) {
                                    case "id" -> id;
                                    case "topicName" -> manifest.topicName();
                                    case "shard" -> new ShardId(manifest.generation(), 1, 0);
                                    case "logStart" -> manifest.logStart();
                                    case "archivedEnd",
                                            "hotStart",
                                            "highWatermark",
                                            "lastStableOffset" ->
                                            manifest.archivedEnd();
                                    case "manifest" ->
                                            new ManifestRef(
                                                    manifest.generation(), manifest.version());
                                    case "abortedIn" -> List.of();
                                    case "lease" -> Optional.empty();
                                    case "epochs" -> manifest.epochStarts();
                                    default ->
                                            throw new UnsupportedOperationException(
                                                    method.getName());
                                });
    }
}
