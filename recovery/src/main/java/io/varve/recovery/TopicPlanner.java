// SPDX-License-Identifier: Apache-2.0
package io.varve.recovery;

import io.varve.manifest.CorruptObjectException;
import io.varve.manifest.PartitionId;
import io.varve.manifest.checkpoint.ShardCheckpoint.ClosedPartition;
import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.ObjectStoreException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.apache.kafka.common.Uuid;

/// Finds topics in a bucket, whether they are alive or were deleted and are not gone yet. Reads,
/// writes nothing; the cluster may be running. Stateless.
///
/// A name means the topic that is alive, else the life that was deleted last. `NAME.ID` means
/// exactly one life.
public final class TopicPlanner {
    private TopicPlanner() {}

    /// One source for each wanted name, in that order.
    ///
    /// @throws RecoveryException the bucket holds no cluster, or a topic is not there: the message
    ///   lists what is
    public static List<TopicSource> plan(ObjectStore store, List<String> wanted)
            throws ObjectStoreException, RecoveryException {
        try {
            return new Planning(store, Lineage.read(store)).plan(wanted);
        } catch (CorruptObjectException e) {
            throw RecoveryException.damaged(e);
        }
    }

    /// A deleted topic: what its shards still know, and what they closed.
    private static final class Life {
        private final String name;
        private final Uuid id;
        private final TreeMap<Integer, PartitionPlan> open = new TreeMap<>();
        private final TreeMap<Integer, ClosedPartition> closed = new TreeMap<>();

        Life(String name, Uuid id) {
            this.name = name;
            this.id = id;
        }

        /// A deletion that is not carried out yet is the latest.
        long deletedAtMs() {
            return closed.values().stream()
                    .mapToLong(ClosedPartition::closedAtMs)
                    .min()
                    .orElse(Long.MAX_VALUE);
        }

        String fullName() {
            return name + "." + id;
        }
    }

    private static final class Planning {
        private final ObjectStore store;
        private final Lineage lineage;
        private final List<Finding> findings = new ArrayList<>();
        private final List<ShardHistory> histories = new ArrayList<>();
        private final TreeMap<String, TopicPlan> alive = new TreeMap<>();
        private final TreeMap<Uuid, Life> lives = new TreeMap<>();

        Planning(ObjectStore store, Lineage lineage) {
            this.store = store;
            this.lineage = lineage;
        }

        List<TopicSource> plan(List<String> wanted) throws ObjectStoreException, RecoveryException {
            read();
            List<TopicSource> sources = new ArrayList<>();
            for (String name : wanted) {
                sources.add(source(name));
            }
            return sources;
        }

        private void read() throws ObjectStoreException {
            ClusterHistory history =
                    ClusterHistory.read(
                            store, lineage, BucketSurvey.read(store, lineage).shards(), findings);
            histories.addAll(history.shards());
            TopicAssembly assembly = history.assemble(store, lineage, findings);
            assembly.topics().forEach(topic -> alive.put(topic.name(), topic));
            Set<Uuid> known = new HashSet<>();
            alive.values().forEach(topic -> known.add(topic.id()));
            for (PartitionPlan plan : assembly.deleted()) {
                life(plan.topicName(), plan.id()).open.put(plan.id().partition(), plan);
            }
            for (ShardHistory shard : histories) {
                for (ClosedPartition left : shard.gone()) {
                    if (!known.contains(left.id().topicId())) {
                        life(left.topicName(), left.id()).closed.put(left.id().partition(), left);
                    }
                }
            }
        }

        private Life life(String name, PartitionId id) {
            return lives.computeIfAbsent(id.topicId(), topicId -> new Life(name, topicId));
        }

        private TopicSource source(String wanted) throws ObjectStoreException, RecoveryException {
            Optional<TopicPlan> living =
                    Optional.ofNullable(alive.get(wanted))
                            .or(() ->
                                    alive.values().stream()
                                            .filter(topic ->
                                                    wanted.equals(topic.name() + "." + topic.id()))
                                            .findFirst());
            if (living.isPresent()) {
                TopicPlan topic = living.get();
                return new TopicSource(
                        topic,
                        false,
                        Optional.empty(),
                        findings.stream().filter(finding -> isOf(finding, topic)).toList());
            }
            return deleted(find(wanted));
        }

        /// Of its shards as well: what a shard lost, each of its topics may have lost.
        private static boolean isOf(Finding finding, TopicPlan topic) {
            String about = finding.topic();
            return about == null ? finding.isLoss() : about.equals(topic.name());
        }

        private Life find(String wanted) throws RecoveryException {
            List<Life> named =
                    lives.values().stream()
                            .filter(life ->
                                    wanted.equals(life.name) || wanted.equals(life.fullName()))
                            .sorted(Comparator.comparingLong(Life::deletedAtMs).reversed())
                            .toList();
            if (named.isEmpty()) {
                throw new RecoveryException(
                        "the bucket holds no such topic: topic="
                                + wanted
                                + ", alive="
                                + alive.keySet()
                                + ", deleted="
                                + new TreeSet<>(
                                        lives.values().stream().map(Life::fullName).toList()));
            }
            if (named.size() > 1 && named.get(0).deletedAtMs() == named.get(1).deletedAtMs()) {
                throw new RecoveryException(
                        "more than one topic of this name was deleted last, say which one: topic="
                                + wanted
                                + ", lives="
                                + Stream.of(named.get(0), named.get(1))
                                        .map(Life::fullName)
                                        .toList());
            }
            return named.getFirst();
        }

        private TopicSource deleted(Life life) throws ObjectStoreException, RecoveryException {
            ClosedTopic topic =
                    new ClosedTopic(store, lineage, life.name, life.id, life.open, histories);
            TopicPlan plan = topic.plan(life.closed);
            List<Finding> all =
                    new ArrayList<>(
                            findings.stream()
                                    .filter(finding -> isDeletedOf(finding, life))
                                    .toList());
            all.addAll(topic.findings());
            return new TopicSource(
                    plan,
                    true,
                    life.closed.isEmpty()
                            ? Optional.empty()
                            : Optional.of(Instant.ofEpochMilli(life.deletedAtMs())),
                    all);
        }

        private static boolean isDeletedOf(Finding finding, Life life) {
            String about = finding.topic();
            return about == null
                    ? finding.isLoss()
                    : about.equals(life.name) && finding.key().contains(life.id.toString());
        }
    }
}
