// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.bucket;

import io.varve.manifest.ShardId;
import io.varve.manifest.key.BucketKeys;
import io.varve.manifest.key.ObjectName;
import io.varve.objectstore.ObjectInfo;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/// Sums a listing by what its objects are and by topic. A topic's objects follow each other in a
/// listing, so that only the largest topics are kept. Owner: one command.
final class BucketUsage {
    /// Most shards whose newest checkpoint is remembered.
    static final int SHARDS_MAX = 10_000;

    private static final Comparator<TopicUse> BY_SIZE =
            Comparator.comparingLong(TopicUse::bytes)
                    .thenComparingLong(TopicUse::objects)
                    .thenComparing(TopicUse::topic);

    private final int topicsMax;
    private final Map<Kind, Use> kinds = new EnumMap<>(Kind.class);
    private final PriorityQueue<TopicUse> topics = new PriorityQueue<>(BY_SIZE);
    private final Map<ShardId, Long> checkpoints = new LinkedHashMap<>();
    private @Nullable String topic;
    private Use inTopic = Use.NONE;
    private Use all = Use.NONE;
    private Use otherTopics = Use.NONE;
    private long otherTopicCount;

    /// What an object is.
    enum Kind {
        segments("segments"),
        journals("journals"),
        rollUps("roll-ups"),
        checkpoints("checkpoints"),
        manifests("manifests"),
        pages("manifest pages"),
        documents("documents"),
        audits("audits"),
        foreign("foreign");

        private final String words;

        Kind(String words) {
            this.words = words;
        }

        /// For people.
        String words() {
            return words;
        }
    }

    /// A number of objects and their bytes. Immutable.
    record Use(long objects, long bytes) {
        static final Use NONE = new Use(0, 0);

        Use plus(long moreBytes) {
            return new Use(objects + 1, bytes + moreBytes);
        }

        Use plus(Use other) {
            return new Use(objects + other.objects, bytes + other.bytes);
        }
    }

    /// @param topic its name; a topic made again under its name counts with the one before
    record TopicUse(String topic, long objects, long bytes) {}

    /// @param topicsMax most topics kept, the largest
    BucketUsage(int topicsMax) {
        this.topicsMax = topicsMax;
        for (Kind kind : Kind.values()) {
            kinds.put(kind, Use.NONE);
        }
    }

    /// @param object the next one in the order of keys
    void add(ObjectInfo object) {
        ObjectName name = BucketKeys.parse(object.key());
        if (name instanceof ObjectName.Checkpoint(ShardId shard, long index)
                && (checkpoints.size() < SHARDS_MAX || checkpoints.containsKey(shard))) {
            checkpoints.merge(shard, index, Math::max);
        }
        kinds.merge(kind(name), new Use(1, object.bytes()), Use::plus);
        all = all.plus(object.bytes());
        Optional<String> owner = topic(object.key());
        if (!owner.equals(Optional.ofNullable(topic))) {
            endTopic();
            topic = owner.orElse(null);
        }
        inTopic = inTopic.plus(object.bytes());
    }

    private void endTopic() {
        if (topic != null) {
            topics.add(new TopicUse(topic, inTopic.objects(), inTopic.bytes()));
            if (topics.size() > topicsMax) {
                TopicUse least = topics.remove();
                otherTopics = otherTopics.plus(new Use(least.objects(), least.bytes()));
                otherTopicCount++;
            }
        }
        inTopic = Use.NONE;
    }

    private static Optional<String> topic(String key) {
        int start = BucketKeys.TOPICS_PREFIX.length();
        int end = key.startsWith(BucketKeys.TOPICS_PREFIX) ? key.indexOf('/', start) : -1;
        return end < 0 ? Optional.empty() : Optional.of(key.substring(start, end));
    }

    private static Kind kind(ObjectName name) {
        return switch (name) {
            case ObjectName.Segment _ -> Kind.segments;
            case ObjectName.Journal _ -> Kind.journals;
            case ObjectName.RollUp _ -> Kind.rollUps;
            case ObjectName.Checkpoint _ -> Kind.checkpoints;
            case ObjectName.Manifest _ -> Kind.manifests;
            case ObjectName.Page _ -> Kind.pages;
            case ObjectName.AuditFile _ -> Kind.audits;
            case ObjectName.Unknown _ -> Kind.foreign;
            case ObjectName.Identity _,
                    ObjectName.Claim _,
                    ObjectName.CutOf _,
                    ObjectName.Founder _,
                    ObjectName.Alive _,
                    ObjectName.TopicJson _,
                    ObjectName.RestorePoint _,
                    ObjectName.Hold _,
                    ObjectName.Trash _ ->
                    Kind.documents;
        };
    }

    Use all() {
        return all;
    }

    Map<Kind, Use> kinds() {
        return new EnumMap<>(kinds);
    }

    /// The largest first. Ends the listing: nothing may be added afterwards.
    List<TopicUse> topics() {
        endTopic();
        topic = null;
        List<TopicUse> sorted = new ArrayList<>(topics);
        sorted.sort(BY_SIZE.reversed());
        return sorted;
    }

    /// What the topics that are not kept take.
    Use otherTopics() {
        return otherTopics;
    }

    /// How many topics are not kept.
    long otherTopicCount() {
        return otherTopicCount;
    }

    /// The index of the newest checkpoint that was seen of each shard of the newest generation.
    Map<ShardId, Long> newestCheckpoints() {
        int newest = checkpoints.keySet().stream().mapToInt(ShardId::generation).max().orElse(0);
        Map<ShardId, Long> newestOnes = new LinkedHashMap<>(checkpoints);
        newestOnes.keySet().removeIf(shard -> shard.generation() != newest);
        return newestOnes;
    }
}
