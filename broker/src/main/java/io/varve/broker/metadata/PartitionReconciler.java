// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.metadata;

import io.varve.broker.log.ShardCommand;
import io.varve.broker.shard.CommandOutcome;
import io.varve.manifest.PartitionId;
import io.varve.manifest.metadata.RestoredRow;
import io.varve.manifest.topic.TopicDocument;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.image.MetadataImage;
import org.apache.kafka.image.TopicImage;
import org.apache.kafka.metadata.PartitionRegistration;

/// Makes the data shards carry what the metadata says: opens partitions that are missing, tells
/// changed topics, closes what was deleted. Every command changes nothing when it comes twice, so
/// that it is always safe to begin again. Thread-safe: holds no state of its own.
final class PartitionReconciler {
    private static final String DELETED = "topic deleted";

    private final DataShards shards;
    private final TopicDeletions deletions;

    PartitionReconciler(DataShards shards, TopicDeletions deletions) {
        this.shards = shards;
        this.deletions = deletions;
    }

    /// The topic as shards and bucket are told.
    static TopicDocument document(MetadataImage image, TopicImage topic) {
        return new TopicDocument(
                topic.name(),
                topic.id(),
                topic.partitions().size(),
                new TreeMap<>(ClusterMetadata.topicConfigs(image, topic.name())));
    }

    /// What is open in these shards; one whose state nobody can tell is not there. Never fails.
    CompletableFuture<Map<Integer, Map<PartitionId, String>>> openNow(Collection<Integer> numbers) {
        Map<Integer, CompletableFuture<Optional<Map<PartitionId, String>>>> asked = new TreeMap<>();
        for (int shard : numbers) {
            asked.put(shard, shards.open(shard).handle((open, error) -> Optional.ofNullable(open)));
        }
        return CompletableFuture.allOf(asked.values().toArray(new CompletableFuture<?>[0]))
                .thenApply(done -> {
                    Map<Integer, Map<PartitionId, String>> open = new TreeMap<>();
                    asked.forEach((shard, answer) ->
                            answer.join().ifPresent(known -> open.put(shard, known)));
                    return open;
                });
    }

    /// Shard by partition.
    static Map<PartitionId, Integer> shardOf(Map<Integer, Map<PartitionId, String>> open) {
        Map<PartitionId, Integer> shardOf = new HashMap<>();
        open.forEach(
                (shard, partitions) -> partitions.keySet().forEach(id -> shardOf.put(id, shard)));
        return shardOf;
    }

    /// Opens and changes the partitions of these topics.
    ///
    /// @return by topic, whether all of its partitions are as the image says; never fails
    CompletableFuture<Map<Uuid, Boolean>> realize(MetadataImage image, Collection<Uuid> topics) {
        List<TopicImage> known = new ArrayList<>();
        Set<Integer> numbers = new TreeSet<>();
        for (Uuid id : new HashSet<>(topics)) {
            TopicImage topic = image.topics().getTopic(id);
            if (topic != null) {
                known.add(topic);
                topic.partitions()
                        .values()
                        .forEach(partition ->
                                ClusterMetadata.shardOf(partition).ifPresent(numbers::add));
            }
        }
        return openNow(numbers).thenCompose(open -> realize(image, known, open));
    }

    private CompletableFuture<Map<Uuid, Boolean>> realize(
            MetadataImage image,
            List<TopicImage> topics,
            Map<Integer, Map<PartitionId, String>> open) {
        Map<Uuid, CompletableFuture<Boolean>> underWay = new HashMap<>();
        topics.forEach(topic -> underWay.put(topic.id(), realizeTopic(image, topic, open)));
        return CompletableFuture.allOf(underWay.values().toArray(new CompletableFuture<?>[0]))
                .thenApply(done -> {
                    Map<Uuid, Boolean> results = new HashMap<>();
                    underWay.forEach((id, result) -> results.put(id, result.join()));
                    return results;
                });
    }

    private CompletableFuture<Boolean> realizeTopic(
            MetadataImage image, TopicImage topic, Map<Integer, Map<PartitionId, String>> open) {
        String line = document(image, topic).toLine();
        CompletableFuture<Boolean> all = CompletableFuture.completedFuture(true);
        for (Map.Entry<Integer, PartitionRegistration> entry : topic.partitions().entrySet()) {
            OptionalInt shard = ClusterMetadata.shardOf(entry.getValue());
            Map<PartitionId, String> there = shard.isPresent() ? open.get(shard.getAsInt()) : null;
            if (shard.isEmpty() || there == null) {
                all = all.thenApply(ok -> false);
                continue;
            }
            PartitionId id = new PartitionId(topic.id(), entry.getKey());
            String known = there.get(id);
            if (known == null) {
                all = both(all, shards.submit(shard.getAsInt(), opening(image, id, topic, line)));
            } else if (!known.equals(line)) {
                all =
                        both(
                                all,
                                shards.submit(
                                        shard.getAsInt(), new ShardCommand.ChangeTopic(id, line)));
            }
        }
        return all;
    }

    /// Without records, but for one that was restored with them.
    private static ShardCommand opening(
            MetadataImage image, PartitionId id, TopicImage topic, String line) {
        return RestoredRow.of(image.configs(), id)
                .<ShardCommand>map(row ->
                        new ShardCommand.OpenRestored(
                                id,
                                topic.name(),
                                line,
                                row.baseEpoch(),
                                row.logStart(),
                                row.endOffset(),
                                row.manifest(),
                                row.epochs()))
                .orElseGet(() -> new ShardCommand.OpenPartition(id, topic.name(), line, 0, 0));
    }

    private static CompletableFuture<Boolean> both(
            CompletableFuture<Boolean> before, CompletableFuture<CommandOutcome> next) {
        return before.thenCombine(next, (ok, outcome) -> ok && outcome.holds());
    }

    /// Tells the bucket of deletions whose records stand below `endOffset`: a journal of shard 0,
    /// then the intent. The shards close the partitions after that ([#close(Set)]).
    ///
    /// @param topics name by id
    CompletableFuture<Void> trash(Map<Uuid, String> topics, long endOffset) {
        if (topics.isEmpty()) {
            return CompletableFuture.completedFuture(null);
        }
        return deletions
                .journaled(endOffset)
                .thenCompose(journaled ->
                        all(
                                topics.entrySet().stream()
                                        .map(topic ->
                                                deletions.trash(
                                                        topic.getKey(), topic.getValue(), DELETED))
                                        .toList()));
    }

    /// Closes the partitions of these topics, wherever they are open.
    ///
    /// @return whether none is open any more in any shard; never fails
    CompletableFuture<Boolean> close(Set<Uuid> topics) {
        if (topics.isEmpty()) {
            return CompletableFuture.completedFuture(true);
        }
        Set<Integer> numbers = shards.shards();
        return openNow(numbers)
                .thenCompose(open -> {
                    CompletableFuture<Boolean> all =
                            CompletableFuture.completedFuture(open.keySet().containsAll(numbers));
                    for (var shard : open.entrySet()) {
                        for (PartitionId id : shard.getValue().keySet()) {
                            if (topics.contains(id.topicId())) {
                                all =
                                        both(
                                                all,
                                                shards.submit(
                                                        shard.getKey(),
                                                        new ShardCommand.ClosePartition(
                                                                id, DELETED)));
                            }
                        }
                    }
                    return all;
                });
    }

    /// Topics that a shard carries and the image does not know: their deletion was not finished.
    ///
    /// @param open asked before the image: what is open was committed before, so that no new topic
    ///   is taken for an orphan
    static Map<Uuid, String> orphans(
            Map<Integer, Map<PartitionId, String>> open, MetadataImage image) {
        Map<Uuid, String> orphans = new HashMap<>();
        open.values()
                .forEach(partitions ->
                        partitions.forEach((id, line) -> {
                            if (image.topics().getTopic(id.topicId()) == null) {
                                orphans.put(id.topicId(), TopicDocument.fromLine(line).topicName());
                            }
                        }));
        return orphans;
    }

    private static CompletableFuture<Void> all(List<CompletableFuture<Void>> futures) {
        return CompletableFuture.allOf(
                new ArrayList<>(futures).toArray(new CompletableFuture<?>[0]));
    }
}
