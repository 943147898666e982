// SPDX-License-Identifier: Apache-2.0
package io.varve.manifest.key;

import io.varve.manifest.PartitionId;
import io.varve.manifest.ShardId;
import java.util.HexFormat;
import java.util.function.Function;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;

/// The names of all objects: builds keys and prefixes, reads them back. All are relative to the
/// prefix at which the store is rooted. Numbers by which a listing must be sorted have a fixed
/// width. Stateless.
public final class BucketKeys {
    /// Claims, cuts and signs of life of all generations.
    public static final String CLAIMS_PREFIX = "generations/";

    /// Journals, roll-ups and checkpoints of all shards.
    public static final String SHARDS_PREFIX = "shards/";

    /// All topics.
    public static final String TOPICS_PREFIX = "topics/";

    /// Kept ticks.
    public static final String RESTORE_POINTS_PREFIX = "restore-points/";

    /// Who names old objects.
    public static final String HOLDS_PREFIX = "holds/";

    /// Topics that wait for their deletion.
    public static final String TRASH_PREFIX = "trash/";

    /// What audits found.
    public static final String AUDITS_PREFIX = "audits/";

    private static final int PAD_8 = 8;
    private static final int PAD_20 = 20;
    private static final int HEX_16 = 16;
    private static final HexFormat HEX = HexFormat.of();

    private static final String CUT_SUFFIX = ".cut.json";
    private static final String FOUNDER_SUFFIX = ".founder.json";

    private BucketKeys() {}

    public static String varveJson() {
        return new ObjectName.Identity().key();
    }

    public static String claim(int generation) {
        return new ObjectName.Claim(generation).key();
    }

    public static String cut(int generation) {
        return new ObjectName.CutOf(generation).key();
    }

    public static String founder(int generation) {
        return new ObjectName.Founder(generation).key();
    }

    public static String alive(int generation, String peer) {
        return new ObjectName.Alive(generation, peer).key();
    }

    public static String alivePrefix(int generation) {
        return CLAIMS_PREFIX + pad8(generation) + "/alive/";
    }

    public static String journal(ShardId shard, long firstIndex) {
        return new ObjectName.Journal(shard, firstIndex).key();
    }

    public static String journalPrefix(ShardId shard) {
        return shardPrefix(shard) + "journal/";
    }

    public static String rollUp(ShardId shard, long firstIndex, long endIndex) {
        return new ObjectName.RollUp(shard, firstIndex, endIndex).key();
    }

    public static String rollUpPrefix(ShardId shard) {
        return shardPrefix(shard) + "roll-up/";
    }

    public static String checkpoint(ShardId shard, long index) {
        return new ObjectName.Checkpoint(shard, index).key();
    }

    public static String checkpointPrefix(ShardId shard) {
        return shardPrefix(shard) + "checkpoint/";
    }

    /// Everything of one incarnation of a shard.
    public static String shardPrefix(ShardId shard) {
        return shardsPrefix(shard.generation()) + shard.shard() + "-" + shard.incarnation() + "/";
    }

    /// Everything of all shards of a generation.
    public static String shardsPrefix(int generation) {
        return SHARDS_PREFIX + generation + "/";
    }

    public static String topicJson(String topicName, Uuid topicId) {
        return new ObjectName.TopicJson(topicName, topicId).key();
    }

    /// Everything of one topic.
    public static String topicPrefix(String topicName, Uuid topicId) {
        return TOPICS_PREFIX + topicName + "/" + topicId + "/";
    }

    /// Everything of one partition.
    public static String partitionPrefix(String topicName, PartitionId partition) {
        return topicPrefix(topicName, partition.topicId()) + partition.partition() + "/";
    }

    /// A segment object by the parts of its name (a manifest's entry: `SegmentEntry.key`).
    public static String segment(
            String topicName,
            PartitionId partition,
            long baseOffset,
            long endOffset,
            int generation,
            long madeForVersion,
            long random) {
        return new ObjectName.Segment(
                        topicName,
                        partition,
                        baseOffset,
                        endOffset,
                        generation,
                        madeForVersion,
                        random)
                .key();
    }

    public static String segmentPrefix(String topicName, PartitionId partition) {
        return partitionPrefix(topicName, partition) + "segments/";
    }

    public static String page(
            String topicName, PartitionId partition, long baseOffset, long endOffset, long random) {
        return new ObjectName.Page(topicName, partition, baseOffset, endOffset, random).key();
    }

    public static String pagePrefix(String topicName, PartitionId partition) {
        return partitionPrefix(topicName, partition) + "pages/";
    }

    public static String manifest(
            String topicName, PartitionId partition, int generation, long version) {
        return new ObjectName.Manifest(topicName, partition, generation, version).key();
    }

    /// The versions of one generation.
    public static String manifestPrefix(String topicName, PartitionId partition, int generation) {
        return manifestPrefix(topicName, partition) + pad8(generation) + "/";
    }

    /// The versions of all generations, in order.
    public static String manifestPrefix(String topicName, PartitionId partition) {
        return partitionPrefix(topicName, partition) + "manifest/";
    }

    public static String restorePoint(long tick, String name) {
        return new ObjectName.RestorePoint(tick, name).key();
    }

    public static String holds(String who) {
        return new ObjectName.Hold(who).key();
    }

    public static String trash(Uuid topicId) {
        return new ObjectName.Trash(topicId).key();
    }

    /// What the key says. Only a key that our builders make counts: anything else (missing zeros,
    /// signs, more parts) is [ObjectName.Unknown].
    public static ObjectName parse(String key) {
        String[] parts = key.split("/", -1);
        ObjectName name;
        try {
            name =
                    switch (parts[0]) {
                        case "varve.json" -> new ObjectName.Identity();
                        case "generations" -> generation(parts);
                        case "shards" -> shard(parts);
                        case "topics" -> topic(parts);
                        case "restore-points" -> parts.length == 2 ? restorePoint(parts[1]) : null;
                        case "holds" ->
                                parts.length == 2
                                        ? withoutJson(parts[1], ObjectName.Hold::new)
                                        : null;
                        case "trash" ->
                                parts.length == 2
                                        ? withoutJson(
                                                parts[1],
                                                id -> new ObjectName.Trash(Uuid.fromString(id)))
                                        : null;
                        case "audits" ->
                                parts.length == 3
                                        ? new ObjectName.AuditFile(parts[1], parts[2])
                                        : null;
                        default -> null;
                    };
        } catch (IllegalArgumentException e) {
            name = null; // a number, id or shard that is none: not our key
        }
        return name != null && name.key().equals(key) ? name : new ObjectName.Unknown(key);
    }

    private static @Nullable ObjectName generation(String[] parts) {
        if (parts.length == 4 && parts[2].equals("alive") && !parts[3].isEmpty()) {
            return new ObjectName.Alive(Integer.parseInt(parts[1]), parts[3]);
        }
        if (parts.length != 2) {
            return null;
        }
        if (parts[1].endsWith(CUT_SUFFIX)) {
            return new ObjectName.CutOf(generationBefore(parts[1], CUT_SUFFIX));
        }
        if (parts[1].endsWith(FOUNDER_SUFFIX)) {
            return new ObjectName.Founder(generationBefore(parts[1], FOUNDER_SUFFIX));
        }
        return withoutJson(parts[1], g -> new ObjectName.Claim(Integer.parseInt(g)));
    }

    private static int generationBefore(String part, String suffix) {
        return Integer.parseInt(part.substring(0, part.length() - suffix.length()));
    }

    private static @Nullable ObjectName shard(String[] parts) {
        if (parts.length != 5) {
            return null;
        }
        String[] shard = parts[2].split("-", -1);
        if (shard.length != 2) {
            return null;
        }
        ShardId id =
                new ShardId(
                        Integer.parseInt(parts[1]),
                        Integer.parseInt(shard[0]),
                        Integer.parseInt(shard[1]));
        String[] numbers = parts[4].split("-", -1);
        return switch (parts[3]) {
            case "journal" -> new ObjectName.Journal(id, Long.parseLong(parts[4]));
            case "checkpoint" -> new ObjectName.Checkpoint(id, Long.parseLong(parts[4]));
            case "roll-up" ->
                    numbers.length == 2
                            ? new ObjectName.RollUp(
                                    id, Long.parseLong(numbers[0]), Long.parseLong(numbers[1]))
                            : null;
            default -> null;
        };
    }

    private static @Nullable ObjectName topic(String[] parts) {
        if (parts.length == 4 && parts[3].equals("topic.json")) {
            return new ObjectName.TopicJson(parts[1], Uuid.fromString(parts[2]));
        }
        if (parts.length < 6) {
            return null;
        }
        String topicName = parts[1];
        PartitionId partition =
                new PartitionId(Uuid.fromString(parts[2]), Integer.parseInt(parts[3]));
        return switch (parts[4]) {
            case "segments" ->
                    parts.length == 6
                            ? segment(topicName, partition, parts[5].split("-", -1))
                            : null;
            case "pages" ->
                    parts.length == 6 ? page(topicName, partition, parts[5].split("-", -1)) : null;
            case "manifest" ->
                    parts.length == 7
                            ? new ObjectName.Manifest(
                                    topicName,
                                    partition,
                                    Integer.parseInt(parts[5]),
                                    Long.parseLong(parts[6]))
                            : null;
            default -> null;
        };
    }

    private static @Nullable ObjectName segment(
            String topicName, PartitionId partition, String[] numbers) {
        if (numbers.length != 5) {
            return null;
        }
        return new ObjectName.Segment(
                topicName,
                partition,
                Long.parseLong(numbers[0]),
                Long.parseLong(numbers[1]),
                Integer.parseInt(numbers[2]),
                Long.parseLong(numbers[3]),
                HexFormat.fromHexDigitsToLong(numbers[4]));
    }

    private static @Nullable ObjectName page(
            String topicName, PartitionId partition, String[] numbers) {
        if (numbers.length != 3) {
            return null;
        }
        return new ObjectName.Page(
                topicName,
                partition,
                Long.parseLong(numbers[0]),
                Long.parseLong(numbers[1]),
                HexFormat.fromHexDigitsToLong(numbers[2]));
    }

    private static @Nullable ObjectName restorePoint(String file) {
        int dash = file.indexOf('-');
        return dash < 0
                ? null
                : withoutJson(
                        file.substring(dash + 1),
                        name ->
                                new ObjectName.RestorePoint(
                                        Long.parseLong(file.substring(0, dash)), name));
    }

    private static @Nullable ObjectName withoutJson(
            String file, Function<String, ObjectName> toName) {
        return file.endsWith(".json") && file.length() > 5
                ? toName.apply(file.substring(0, file.length() - 5))
                : null;
    }

    static String pad8(long number) {
        return pad(number, PAD_8);
    }

    static String pad20(long number) {
        return pad(number, PAD_20);
    }

    static String hex16(long number) {
        return HEX.toHexDigits(number, HEX_16);
    }

    private static String pad(long number, int width) {
        if (number < 0) {
            throw new IllegalArgumentException("negative number in a key: number=" + number);
        }
        String digits = Long.toString(number);
        if (digits.length() > width) {
            throw new IllegalArgumentException(
                    "number too long for a key: number=" + number + ", digits=" + width);
        }
        return "0".repeat(width - digits.length()) + digits;
    }
}
