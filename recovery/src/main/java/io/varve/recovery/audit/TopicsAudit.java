// SPDX-License-Identifier: Apache-2.0
package io.varve.recovery.audit;

import io.varve.manifest.CorruptObjectException;
import io.varve.manifest.PartitionId;
import io.varve.manifest.key.BucketKeys;
import io.varve.manifest.key.ObjectName;
import io.varve.manifest.topic.TopicDocument;
import io.varve.manifest.whole.WholeObjects;
import io.varve.objectstore.ObjectInfo;
import io.varve.objectstore.ObjectStoreException;
import io.varve.recovery.Finding.Kind;
import io.varve.recovery.Finding.Severity;
import io.varve.recovery.ParallelReads;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;

/// Walks over all topics by one listing and looks at their partitions, several at once. One
/// instance per look. Owner: the audit's thread.
final class TopicsAudit {
    private static final int PARTITIONS_AT_ONCE = 16;

    /// So many objects are listed before what was listed is looked at.
    private static final int OBJECTS_AT_ONCE = 50_000;

    private final AuditPass pass;
    private final Bucket bucket;
    private final List<PartitionListing> waiting = new ArrayList<>();
    private final Set<PartitionId> visited = new HashSet<>();
    private final Set<String> copies = new HashSet<>();
    private final Set<String> names = new HashSet<>();
    private int waitingObjects;
    private @Nullable PartitionListing open;

    TopicsAudit(AuditPass pass, Bucket bucket) {
        this.pass = pass;
        this.bucket = bucket;
    }

    /// Everything that the options cover.
    void look() throws ObjectStoreException {
        List<String> prefixes =
                pass.options().wholeBucket()
                        ? List.of(BucketKeys.TOPICS_PREFIX)
                        : new TreeSet<>(pass.options().topics())
                                .stream()
                                        .map(name -> BucketKeys.TOPICS_PREFIX + name + "/")
                                        .toList();
        for (String prefix : prefixes) {
            WholeObjects.walk(
                    pass.store(),
                    prefix,
                    "",
                    object -> {
                        pass.saw(object);
                        take(object);
                        return true;
                    });
        }
        close();
        lookAtWaiting();
        lookForUnlisted();
        missingCopies();
    }

    /// Topics of which anything is known.
    Set<String> names() {
        return names;
    }

    private void take(ObjectInfo object) throws ObjectStoreException {
        ObjectName name = BucketKeys.parse(object.key());
        if (name instanceof ObjectName.TopicJson topic) {
            names.add(topic.topicName());
            copy(object, topic);
            return;
        }
        Optional<PartitionListing> of = PartitionListing.of(name);
        if (of.isEmpty()) {
            pass.foreign(object);
            return;
        }
        PartitionListing current = open;
        if (current == null || !current.isOf(of.get())) {
            close();
            current = of.get();
            open = current;
        }
        current.add(object, name);
    }

    private void close() throws ObjectStoreException {
        PartitionListing done = open;
        if (done == null) {
            return;
        }
        open = null;
        visited.add(done.id());
        names.add(done.topicName());
        waiting.add(done);
        waitingObjects += done.objects();
        if (waiting.size() >= PARTITIONS_AT_ONCE || waitingObjects >= OBJECTS_AT_ONCE) {
            lookAtWaiting();
        }
    }

    private void lookAtWaiting() throws ObjectStoreException {
        ParallelReads.map(waiting, this::look);
        waiting.clear();
        waitingObjects = 0;
    }

    /// @return nothing of interest
    private boolean look(PartitionListing listing) throws ObjectStoreException {
        new PartitionAudit(pass, bucket, listing).look();
        return true;
    }

    /// Partitions that a shard knows and of which there is no object at all.
    private void lookForUnlisted() throws ObjectStoreException {
        for (PartitionId id : bucket.shards().open()) {
            ShardState.Known known = bucket.shards().known(id).orElseThrow();
            if (!visited.contains(id) && pass.options().covers(known.topicName())) {
                names.add(known.topicName());
                waiting.add(new PartitionListing(known.topicName(), id));
                if (waiting.size() >= PARTITIONS_AT_ONCE) {
                    lookAtWaiting();
                }
            }
        }
        lookAtWaiting();
    }

    /// A second look at one partition.
    void again(String topicName, PartitionId id) throws ObjectStoreException {
        PartitionListing listing = new PartitionListing(topicName, id);
        for (ObjectInfo object :
                WholeObjects.list(pass.store(), BucketKeys.partitionPrefix(topicName, id))) {
            ObjectName name = BucketKeys.parse(object.key());
            if (PartitionListing.of(name).isPresent()) {
                listing.add(object, name);
            }
        }
        look(listing);
    }

    private void copy(ObjectInfo object, ObjectName.TopicJson topic) throws ObjectStoreException {
        copies.add(object.key());
        Reading<Optional<TopicDocument>> reading =
                Reading.of(
                        Kind.CRC_MISMATCH,
                        () -> TopicDocument.read(pass.store(), topic.topicName(), topic.topicId()));
        if (reading instanceof Reading.Bad<Optional<TopicDocument>> bad) {
            pass.add(bad.finding(object.key(), false).bytes(object.bytes()));
        } else if (isNobodys(topic.topicId())
                && pass.isOld(object.lastModified().toEpochMilli())
                && !bucket.kept().keeps(object.key())) {
            pass.add(
                    AuditFinding.of(
                                    Kind.ORPHAN,
                                    Severity.WARNING,
                                    object.key(),
                                    "copy of a topic that no shard knows")
                            .bytes(object.bytes()));
        }
    }

    private boolean isNobodys(Uuid topicId) {
        return pass.opensPacks()
                && bucket.shards().isComplete()
                && !bucket.trash().containsKey(topicId)
                && !bucket.shards().knowsTopic(topicId);
    }

    /// A checkpoint is written only after the copies of all its topics.
    private void missingCopies() {
        for (PartitionId id : bucket.shards().open()) {
            ShardState.Known known = bucket.shards().known(id).orElseThrow();
            String key = BucketKeys.topicJson(known.topicName(), id.topicId());
            if (id.partition() == 0
                    && known.inCheckpoint()
                    && pass.options().covers(known.topicName())
                    && hasRecord(known)
                    && !copies.contains(key)) {
                pass.add(missingCopy(key));
            }
        }
    }

    private static AuditFinding missingCopy(String key) {
        return AuditFinding.of(
                        Kind.MISSING_OBJECT, Severity.WARNING, key, "copy of a topic is missing")
                .remedy("change any setting of the topic: its copy is written again");
    }

    /// The metadata's own topic has none, and no copy.
    private static boolean hasRecord(ShardState.Known known) {
        try {
            return !TopicDocument.fromLine(known.topicRecord()).topicName().isEmpty();
        } catch (CorruptObjectException e) {
            return false;
        }
    }

    /// A second look at a topic's copy.
    void copyAgain(String key) throws ObjectStoreException {
        if (BucketKeys.parse(key) instanceof ObjectName.TopicJson topic) {
            Optional<ObjectInfo> there = pass.store().head(key);
            if (there.isPresent()) {
                copy(there.get(), topic);
            } else if (bucket.shards()
                    .known(new PartitionId(topic.topicId(), 0))
                    .filter(ShardState.Known::inCheckpoint)
                    .isPresent()) {
                pass.add(missingCopy(key));
            }
        }
    }
}
