// SPDX-License-Identifier: Apache-2.0
package io.varve.archiver;

import io.varve.manifest.PartitionId;
import io.varve.manifest.checkpoint.ShardCheckpoint.ClosedPartition;
import io.varve.manifest.key.BucketKeys;
import io.varve.objectstore.ObjectBody;
import io.varve.objectstore.ObjectInfo;
import io.varve.objectstore.ObjectStoreException;
import io.varve.objectstore.PutMode;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Deletes the objects of partitions whose topic was deleted: puts the topic's intent into the
/// trash first, waits until the intent is old enough by the store's own times, then deletes folder
/// by folder. The partition 0 takes the topic's copy and, once nothing is left, the intent. Every
/// round looks again, so a crash costs a listing. Owner: the thread that steps.
final class TrashCollector implements Stepper {
    private static final Logger LOG = LoggerFactory.getLogger(TrashCollector.class);

    private final ArchiveContext context;
    private final ShardSource source;
    private final ShardShadow shadow;
    private final StoreClock storeClock;
    private final DeletionGate gate;
    private final Deque<ClosedPartition> round = new ArrayDeque<>();
    private final Set<PartitionId> empty = new HashSet<>();
    private final Map<PartitionId, String> keptUpTo = new HashMap<>();
    private Set<String> kept = Set.of();
    private long nextRoundMs;

    TrashCollector(
            ArchiveContext context, ShardSource source, ShardShadow shadow, StoreClock storeClock) {
        this.context = context;
        this.source = source;
        this.shadow = shadow;
        this.storeClock = storeClock;
        this.gate = new DeletionGate(context.store(), source.shard());
    }

    @Override
    public String name() {
        return "trash";
    }

    @Override
    public StepResult step() {
        if (!source.isLeader()) {
            return new StepResult.Stopped(
                    "leadership lost: shard=" + source.shard() + ", term=" + source.term());
        }
        ClosedPartition closed = round.peek();
        if (closed == null) {
            return nextRound();
        }
        try {
            if (!collect(closed)) {
                round.remove();
            }
            return new StepResult.Progressed();
        } catch (ObjectStoreException e) {
            return new StepResult.Failed(
                    "trash cannot reach the bucket: partition=" + closed.id(), e);
        }
    }

    private StepResult nextRound() {
        long now = context.clock().millis();
        if (now < nextRoundMs) {
            return new StepResult.Idle(nextRoundMs - now);
        }
        nextRoundMs = now + context.settings().cleaning().collectMs();
        List<ClosedPartition> closed = shadow.closedPartitions();
        keptUpTo.keySet().retainAll(closed.stream().map(ClosedPartition::id).toList());
        empty.retainAll(closed.stream().map(ClosedPartition::id).toList());
        closed.stream().filter(gone -> !empty.contains(gone.id())).forEach(round::add);
        return round.isEmpty()
                ? new StepResult.Idle(context.settings().cleaning().collectMs())
                : new StepResult.Progressed();
    }

    /// @return whether to go on with this partition at once
    private boolean collect(ClosedPartition closed) throws ObjectStoreException {
        String topic = BucketKeys.topicPrefix(closed.topicName(), closed.id().topicId());
        String intentKey = BucketKeys.trash(closed.id().topicId());
        String after = keptUpTo.getOrDefault(closed.id(), "");
        List<ObjectInfo> left =
                context.store()
                        .list(
                                BucketKeys.partitionPrefix(closed.topicName(), closed.id()),
                                after,
                                DeletionGate.KEYS_MAX);
        Optional<ObjectInfo> intent = context.store().head(intentKey);
        if (left.isEmpty() && !after.isEmpty()) {
            keptUpTo.remove(closed.id()); // all that is left somebody keeps: the next round looks
            return false;
        }
        if (left.isEmpty()) {
            return closed.id().partition() == 0
                    ? finishTopic(closed, topic, intent)
                    : doneWith(closed);
        }
        if (intent.isEmpty()) {
            putIntent(closed, intentKey);
            return false;
        }
        if (!isRipe(intent.get())) {
            return false;
        }
        TreeSet<String> keys = new TreeSet<>(left.stream().map(ObjectInfo::key).toList());
        boolean more = delete(keys);
        if (keys.equals(kept)) {
            keptUpTo.put(closed.id(), keys.last());
            return true;
        }
        return more;
    }

    private boolean finishTopic(ClosedPartition closed, String topic, Optional<ObjectInfo> intent)
            throws ObjectStoreException {
        List<ObjectInfo> left = context.store().list(topic, "", 2);
        String copy = BucketKeys.topicJson(closed.topicName(), closed.id().topicId());
        boolean onlyCopy = left.size() == 1 && left.getFirst().key().equals(copy);
        if (onlyCopy && intent.isEmpty()) {
            putIntent(closed, BucketKeys.trash(closed.id().topicId()));
            return false;
        }
        if (onlyCopy && intent.isPresent() && isRipe(intent.get())) {
            return delete(Set.of(copy));
        }
        if (left.isEmpty() && intent.isPresent()) {
            return delete(Set.of(intent.get().key()));
        }
        return left.isEmpty() ? doneWith(closed) : false;
    }

    private boolean doneWith(ClosedPartition closed) {
        empty.add(closed.id());
        return false;
    }

    private boolean isRipe(ObjectInfo intent) throws ObjectStoreException {
        long ageMs = storeClock.ask().storeMs() - intent.lastModified().toEpochMilli();
        return ageMs > context.settings().cleaning().undeleteMs();
    }

    private void putIntent(ClosedPartition closed, String key) throws ObjectStoreException {
        String json =
                "{\"topicId\":\""
                        + closed.id().topicId()
                        + "\",\"topicName\":\""
                        + closed.topicName()
                        + "\",\"closedAtMs\":"
                        + closed.closedAtMs()
                        + ",\"reason\":\"topic deleted\"}";
        try {
            context.store()
                    .put(
                            key,
                            ObjectBody.of(json.getBytes(StandardCharsets.UTF_8)),
                            PutMode.IF_ABSENT);
        } catch (ObjectStoreException.AlreadyExists e) {
            LOG.debug("intent is there already: key={}", key);
        }
    }

    /// @return whether it got anywhere
    private boolean delete(Set<String> keys) throws ObjectStoreException {
        kept = Set.of();
        return switch (gate.delete(keys)) {
            case DeletionGate.Deletion.Done done -> {
                kept = done.kept();
                yield !done.gone().isEmpty();
            }
            case DeletionGate.Deletion.Held held -> {
                LOG.info("deleted topic is kept while a marker cannot be read: {}", held.by());
                yield false;
            }
            case DeletionGate.Deletion.Fenced fenced -> {
                LOG.warn(
                        "nothing is deleted, a later generation was claimed: generation={}",
                        fenced.generation());
                yield false;
            }
        };
    }
}
