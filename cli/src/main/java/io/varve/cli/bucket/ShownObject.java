// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.bucket;

import io.varve.cli.shell.CommandFailure;
import io.varve.cli.shell.Output;
import io.varve.manifest.CorruptObjectException;
import io.varve.manifest.PartitionId;
import io.varve.manifest.checkpoint.CheckpointStore;
import io.varve.manifest.checkpoint.ShardCheckpoint;
import io.varve.manifest.generation.ClusterFiles;
import io.varve.manifest.hold.MarkerCodec;
import io.varve.manifest.key.BucketKeys;
import io.varve.manifest.key.ObjectName;
import io.varve.manifest.pack.PackIndex;
import io.varve.manifest.pack.PackReader;
import io.varve.manifest.partition.ManifestStore;
import io.varve.manifest.partition.PageCodec;
import io.varve.manifest.state.PartitionState.ManifestRef;
import io.varve.manifest.topic.TopicDocument;
import io.varve.manifest.whole.JsonDocument;
import io.varve.manifest.whole.WholeObjects;
import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.ObjectStoreException;
import java.nio.charset.StandardCharsets;

/// One object as text, read by the reader of its kind: what is damaged, too new or another object
/// than its key says is never shown as if it were right. Stateless.
final class ShownObject {
    private ShownObject() {}

    static String text(ObjectStore store, String key) throws ObjectStoreException, CommandFailure {
        return switch (BucketKeys.parse(key)) {
            case ObjectName.Journal name -> pack(store, key);
            case ObjectName.RollUp name -> pack(store, key);
            case ObjectName.Segment name -> segment(store, key, name.partition());
            case ObjectName.Checkpoint name ->
                    Output.toJson(shown(CheckpointStore.read(store, name.shard(), name.index())));
            case ObjectName.Unknown name ->
                    throw new CommandFailure(
                            "not a key of varve: " + key + "; varve bucket ls shows what there is");
            case ObjectName.AuditFile name ->
                    throw new CommandFailure(
                            "not a text: " + key + "; read it with a tool for Parquet files");
            case ObjectName other -> document(store, key, other);
        };
    }

    private static String pack(ObjectStore store, String key) throws ObjectStoreException {
        return Output.toJson(PackReader.open(store, key));
    }

    private static String segment(ObjectStore store, String key, PartitionId partition)
            throws ObjectStoreException {
        PackIndex index = PackReader.open(store, key);
        if (index.section(partition).isEmpty()) {
            throw new CorruptObjectException(
                    "segment is another one than its key says: object=" + key);
        }
        return Output.toJson(index);
    }

    /// The bytes as they are, once they were read as what they should be.
    private static String document(ObjectStore store, String key, ObjectName name)
            throws ObjectStoreException {
        byte[] bytes = WholeObjects.read(store, key);
        check(store, key, name, bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private static void check(ObjectStore store, String key, ObjectName name, byte[] bytes)
            throws ObjectStoreException {
        Object read =
                switch (name) {
                    case ObjectName.Identity identity -> ClusterFiles.identity(store);
                    case ObjectName.Claim claim -> ClusterFiles.claim(store, claim.generation());
                    case ObjectName.CutOf cut -> ClusterFiles.cut(store, cut.generation());
                    case ObjectName.Founder founder ->
                            ClusterFiles.founder(store, founder.generation());
                    case ObjectName.Alive alive -> ClusterFiles.alive(store, key);
                    case ObjectName.TopicJson topic ->
                            TopicDocument.read(store, topic.topicName(), topic.topicId());
                    case ObjectName.Manifest manifest ->
                            ManifestStore.read(
                                    store,
                                    manifest.topicName(),
                                    manifest.partition(),
                                    new ManifestRef(manifest.generation(), manifest.version()));
                    case ObjectName.Page page -> PageCodec.decode(bytes, key, page.random());
                    case ObjectName.RestorePoint point -> MarkerCodec.restorePoint(bytes, key);
                    case ObjectName.Hold hold -> MarkerCodec.hold(bytes, key);
                    default -> JsonDocument.parse(new String(bytes, StandardCharsets.UTF_8), key);
                };
        if (read.equals(java.util.Optional.empty())) {
            throw new ObjectStoreException.NotFound("object is gone: key=" + key, null);
        }
    }

    // the metadata image is Kafka's binary: its records are counted, not printed.
    private static Object shown(ShardCheckpoint checkpoint) {
        return new ShownCheckpoint(
                checkpoint.clusterId(),
                checkpoint.shard().toString(),
                checkpoint.endIndex(),
                checkpoint.lastTerm(),
                checkpoint.partitions(),
                checkpoint.closed(),
                checkpoint.journals(),
                checkpoint.doomed(),
                checkpoint.metadata().size());
    }

    record ShownCheckpoint(
            String clusterId,
            String shard,
            long endIndex,
            long lastTerm,
            Object partitions,
            Object closed,
            Object journals,
            Object doomed,
            int metadataRecords) {}
}
