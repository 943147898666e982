// SPDX-License-Identifier: Apache-2.0
package io.varve.recovery;

import io.varve.manifest.CorruptObjectException;
import io.varve.manifest.batch.BatchHeader;
import io.varve.manifest.batch.Batches;
import io.varve.manifest.generation.ClusterFiles;
import io.varve.manifest.generation.Cut;
import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.ObjectStoreException;
import io.varve.recovery.ClusterView.HeaderView;
import io.varve.recovery.ClusterView.RecordView;
import io.varve.recovery.ClusterView.TopicView;
import io.varve.recovery.Verification.Mismatch;
import io.varve.recovery.Verification.What;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.apache.kafka.common.record.internal.Record;
import org.jspecify.annotations.Nullable;

/// Compares a running cluster with what its restore brought according to the bucket: topics,
/// configs, offsets, group offsets and every record. The cluster may have gone on since: its ends
/// and its groups may be further, retention may have moved its starts.
///
/// A cluster that was never restored, and one whose restore was so long ago that what it was made
/// from is collected, is compared with what its bucket holds at this moment. Owner: the caller's
/// thread.
public final class RecoveryVerify {
    private final ObjectStore store;
    private final ClusterView cluster;
    private final List<Mismatch> mismatches = new ArrayList<>();
    private long partitions;
    private long records;

    private RecoveryVerify(ObjectStore store, ClusterView cluster) {
        this.store = store;
        this.cluster = cluster;
    }

    /// @throws RecoveryException the bucket holds no cluster
    /// @throws IOException bucket or cluster could not be asked
    public static Verification verify(ObjectStore store, ClusterView cluster)
            throws IOException, RecoveryException {
        try {
            return new RecoveryVerify(store, cluster).verify();
        } catch (CorruptObjectException e) {
            throw RecoveryException.damaged(e);
        }
    }

    private Verification verify() throws IOException, RecoveryException {
        int generation = Lineage.read(store).source();
        Optional<Cut> cut =
                generation == 1 ? Optional.empty() : ClusterFiles.cut(store, generation);
        RecoveryPlan plan = cut.isPresent() ? restored(cut.get()) : RecoveryPlanner.plan(store);
        Map<String, TopicView> there = cluster.topics();
        for (TopicPlan topic : plan.topics()) {
            TopicView view = there.get(topic.name());
            if (view == null) {
                add(What.TOPIC, topic.name(), "topic is not there: topic=" + topic.name());
            } else {
                verify(topic, view);
            }
        }
        for (GroupPlan group : plan.groups()) {
            verify(group, there);
        }
        return new Verification(generation, partitions, records, mismatches);
    }

    private RecoveryPlan restored(Cut cut) throws IOException, RecoveryException {
        RecoveryPlan plan = RecoveryPlanner.planOf(store, cut);
        boolean known =
                plan.lost().isEmpty()
                        && cut.partitions().stream()
                                .allMatch(row -> plan.partition(row.id()).isPresent());
        return known ? plan : RecoveryPlanner.plan(store);
    }

    private void add(What what, String subject, String message) {
        mismatches.add(new Mismatch(what, subject, message));
    }

    private void verify(TopicPlan topic, TopicView view) throws IOException {
        if (view.partitions() < topic.partitions().size()) {
            add(
                    What.TOPIC,
                    topic.name(),
                    "partitions are missing: topic="
                            + topic.name()
                            + ", partitions="
                            + view.partitions()
                            + ", expected="
                            + topic.partitions().size());
            return;
        }
        topic.configs()
                .forEach((name, value) -> {
                    String found = view.configs().get(name);
                    if (!value.equals(found)) {
                        add(
                                What.CONFIG,
                                topic.name(),
                                "config differs: topic="
                                        + topic.name()
                                        + ", name="
                                        + name
                                        + ", value="
                                        + found
                                        + ", expected="
                                        + value);
                    }
                });
        for (PartitionPlan partition : topic.partitions()) {
            verify(topic.name(), partition);
        }
    }

    private void verify(String topic, PartitionPlan plan) throws IOException {
        int partition = plan.id().partition();
        String subject = topic + "-" + partition;
        partitions++;
        long start = cluster.startOffset(topic, partition);
        long end = cluster.endOffset(topic, partition);
        if (start < plan.logStart()) {
            add(What.START_OFFSET, subject, differs(subject, "start", start, plan.logStart()));
        }
        if (end < plan.endOffset()) {
            add(What.END_OFFSET, subject, differs(subject, "end", end, plan.endOffset()));
            return;
        }
        long from = Math.max(start, plan.logStart());
        if (from < plan.endOffset()) {
            verifyRecords(topic, plan, from, subject);
        }
    }

    private static String differs(String subject, String what, long found, long expected) {
        return what
                + " offset is below the restored one: partition="
                + subject
                + ", offset="
                + found
                + ", expected="
                + expected;
    }

    private void verifyRecords(String topic, PartitionPlan plan, long from, String subject)
            throws IOException {
        Iterator<RecordView> theirs =
                cluster.records(topic, plan.id().partition(), from, plan.endOffset());
        try {
            new PartitionContent(store, plan)
                    .read(from, batch -> verify(batch, from, theirs, subject));
        } catch (CorruptObjectException | ObjectStoreException.NotFound e) {
            add(
                    What.UNREADABLE,
                    subject,
                    "bucket cannot be read: partition=" + subject + ", " + e.getMessage());
        }
    }

    private boolean verify(
            BatchHeader batch, long from, Iterator<RecordView> theirs, String subject) {
        if (batch.isControl()) {
            return true;
        }
        for (Record record : Batches.records(batch.bytes()).records()) {
            if (record.offset() < from) {
                continue;
            }
            records++;
            RecordView ours = view(record);
            RecordView found = theirs.hasNext() ? theirs.next() : null;
            if (!ours.equals(found)) {
                add(
                        What.RECORD,
                        subject,
                        "record differs: partition="
                                + subject
                                + ", offset="
                                + record.offset()
                                + ", found="
                                + describe(found)
                                + ", expected="
                                + describe(ours));
                return false;
            }
        }
        return true;
    }

    private static RecordView view(Record record) {
        return new RecordView(
                record.offset(),
                record.timestamp(),
                record.key(),
                record.value(),
                Arrays.stream(record.headers())
                        .map(header ->
                                new HeaderView(
                                        header.key(),
                                        header.value() == null
                                                ? null
                                                : ByteBuffer.wrap(header.value())))
                        .toList());
    }

    /// Never the content: it may be secret.
    private static String describe(@Nullable RecordView record) {
        return record == null
                ? "none"
                : "[offset="
                        + record.offset()
                        + ", timestampMs="
                        + record.timestampMs()
                        + ", keyHash="
                        + Objects.hashCode(record.key())
                        + ", valueHash="
                        + Objects.hashCode(record.value())
                        + ", headers="
                        + record.headers().size()
                        + "]";
    }

    private void verify(GroupPlan group, Map<String, TopicView> there) throws IOException {
        for (GroupPlan.CommittedOffset offset : group.offsets()) {
            if (!there.containsKey(offset.topicName())) {
                continue; // said already
            }
            Optional<Long> found =
                    cluster.committedOffset(group.group(), offset.topicName(), offset.partition());
            if (found.isEmpty() || found.get() < offset.offset()) {
                add(
                        What.GROUP_OFFSET,
                        group.group(),
                        "group offset is not there: group="
                                + group.group()
                                + ", partition="
                                + offset.topicName()
                                + "-"
                                + offset.partition()
                                + ", offset="
                                + found.map(String::valueOf).orElse("none")
                                + ", expected="
                                + offset.offset());
            }
        }
    }
}
