// SPDX-License-Identifier: Apache-2.0
package io.varve.recovery;

import io.varve.manifest.CorruptObjectException;
import io.varve.manifest.PartitionId;
import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.ObjectStoreException;
import io.varve.recovery.RecoveryRun.Progress;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.apache.kafka.common.Uuid;

/// Writes a topic's records under a new topic id into the bucket of a running cluster: every batch
/// as it is, at its offset, in new segment objects, and manifests of the running generation that
/// name them. Transactions that were open at the end are aborted by markers behind it.
///
/// Nothing that was in the bucket is changed or named by what is new, so the source may be deleted
/// for good afterwards. Until the cluster opens the topic nothing names what was written: a run
/// that was interrupted leaves orphans, and the next one begins under another id.
///
/// Owner: the caller's thread. One segment is on local disk at a time, and at most
/// [PartitionContent#READ_BYTES] of records in memory.
public final class TopicRestore {
    /// Segment objects are this large at most: one put.
    public static final long SEGMENT_BYTES = 512L << 20;

    /// Above it, epochs of the running cluster would not fit any more.
    private static final int BASE_EPOCH_MAX =
            Integer.MAX_VALUE - 2 * RecoveryPlanner.EPOCHS_PER_GENERATION;

    private final ObjectStore source;
    private final ObjectStore target;
    private final Settings settings;
    private final InstantSource clock;
    private final RandomGenerator random;
    private final Progress progress;

    /// @param temporary an empty folder with room for one segment
    /// @param segmentBytes at most so many bytes of records in one object
    /// @param writer who writes, for people
    public record Settings(Path temporary, long segmentBytes, String writer) {}

    /// @param target the bucket of the running cluster; may be `source`
    /// @param random names the objects
    public TopicRestore(
            ObjectStore source,
            ObjectStore target,
            Settings settings,
            InstantSource clock,
            RandomGenerator random,
            Progress progress) {
        this.source = source;
        this.target = target;
        this.settings = settings;
        this.clock = clock;
        this.random = random;
        this.progress = progress;
    }

    /// @param name of the new topic
    /// @param id of the new topic: no other has it, and no other run
    /// @throws RecoveryException something of the source is lost or damaged, or the target's
    ///   cluster is being restored itself
    public RestoredTopic run(TopicSource topic, String name, Uuid id)
            throws IOException, RecoveryException {
        if (!topic.lost().isEmpty()) {
            throw new RecoveryException(
                    "not everything of the topic can be restored: topic="
                            + topic.topic().name()
                            + ", findings="
                            + topic.lost().size()
                            + ", first="
                            + topic.lost().getFirst().kind().label()
                            + ": "
                            + topic.lost().getFirst().message());
        }
        Lineage lineage = Lineage.read(target);
        if (lineage.unfinished().isPresent()) {
            throw new RecoveryException(
                    "the cluster itself is being restored: generation="
                            + lineage.target()
                            + ", claimedBy="
                            + lineage.unfinished().get().claimedBy());
        }
        List<RestoredTopic.Partition> partitions = new ArrayList<>();
        for (PartitionPlan plan : topic.topic().partitions()) {
            partitions.add(
                    partition(plan, lineage, name, new PartitionId(id, plan.id().partition())));
        }
        return new RestoredTopic(
                name,
                id,
                lineage.source(),
                topic.topic().name(),
                topic.topic().id(),
                topic.topic().configs(),
                partitions);
    }

    private RestoredTopic.Partition partition(
            PartitionPlan plan, Lineage lineage, String name, PartitionId id)
            throws IOException, RecoveryException {
        if (plan.epochMax() >= BASE_EPOCH_MAX) {
            throw new RecoveryException(
                    "leader epochs are used up: partition="
                            + plan.id()
                            + ", highest="
                            + plan.epochMax());
        }
        try {
            PartitionRewrite rewrite =
                    new PartitionRewrite(
                            source,
                            plan.asAlive().withBaseEpoch((int) plan.epochMax() + 1),
                            new PartitionRewrite.Target(
                                    target,
                                    lineage.identity().clusterId(),
                                    lineage.source(),
                                    name,
                                    id),
                            settings,
                            clock,
                            random);
            RestoredTopic.Partition done = rewrite.run();
            progress.done(
                    "written: partition="
                            + name
                            + "/"
                            + id.partition()
                            + ", logStart="
                            + done.logStart()
                            + ", endOffset="
                            + done.endOffset()
                            + ", bytes="
                            + done.bytes());
            return done;
        } catch (ObjectStoreException.NotFound e) {
            throw new RecoveryException(
                    "an object of the topic is gone, its undelete time may be over: partition="
                            + plan.id()
                            + ", "
                            + e.getMessage());
        } catch (CorruptObjectException e) {
            throw RecoveryException.damaged(e);
        }
    }
}
