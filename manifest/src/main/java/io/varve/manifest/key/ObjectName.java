// SPDX-License-Identifier: Apache-2.0
package io.varve.manifest.key;

import io.varve.manifest.PartitionId;
import io.varve.manifest.ShardId;
import org.apache.kafka.common.Uuid;

/// What a key says. [#key] and [BucketKeys#parse] are inverse to each other. Immutable.
public sealed interface ObjectName {
    /// The key, relative to the bucket's prefix.
    String key();

    /// `varve.json`.
    record Identity() implements ObjectName {
        @Override
        public String key() {
            return "varve.json";
        }
    }

    /// Claim of a generation.
    record Claim(int generation) implements ObjectName {
        @Override
        public String key() {
            return BucketKeys.CLAIMS_PREFIX + BucketKeys.pad8(generation) + ".json";
        }
    }

    /// Where a generation starts, or that it never does.
    record CutOf(int generation) implements ObjectName {
        @Override
        public String key() {
            return BucketKeys.CLAIMS_PREFIX + BucketKeys.pad8(generation) + ".cut.json";
        }
    }

    /// Who opened a generation.
    record Founder(int generation) implements ObjectName {
        @Override
        public String key() {
            return BucketKeys.CLAIMS_PREFIX + BucketKeys.pad8(generation) + ".founder.json";
        }
    }

    /// A broker's sign of life.
    record Alive(int generation, String peer) implements ObjectName {
        @Override
        public String key() {
            return BucketKeys.alivePrefix(generation) + peer;
        }
    }

    /// A journal, or the END of all journals, by its first Raft index.
    record Journal(ShardId shard, long firstIndex) implements ObjectName {
        @Override
        public String key() {
            return BucketKeys.journalPrefix(shard) + BucketKeys.pad20(firstIndex);
        }
    }

    /// Several journals merged.
    record RollUp(ShardId shard, long firstIndex, long endIndex) implements ObjectName {
        @Override
        public String key() {
            return BucketKeys.rollUpPrefix(shard)
                    + BucketKeys.pad20(firstIndex)
                    + "-"
                    + BucketKeys.pad20(endIndex);
        }
    }

    /// The state of a shard after applying everything below `index`.
    record Checkpoint(ShardId shard, long index) implements ObjectName {
        @Override
        public String key() {
            return BucketKeys.checkpointPrefix(shard) + BucketKeys.pad20(index);
        }
    }

    /// A topic's name, id, partitions and configs.
    record TopicJson(String topicName, Uuid topicId) implements ObjectName {
        @Override
        public String key() {
            return BucketKeys.topicPrefix(topicName, topicId) + "topic.json";
        }
    }

    /// A segment object. `random` is printed as 16 hex digits.
    record Segment(
            String topicName,
            PartitionId partition,
            long baseOffset,
            long endOffset,
            int generation,
            long madeForVersion,
            long random)
            implements ObjectName {
        @Override
        public String key() {
            return BucketKeys.segmentPrefix(topicName, partition)
                    + BucketKeys.pad20(baseOffset)
                    + "-"
                    + BucketKeys.pad20(endOffset)
                    + "-"
                    + generation
                    + "-"
                    + madeForVersion
                    + "-"
                    + BucketKeys.hex16(random);
        }
    }

    /// Older rows of a manifest.
    record Page(
            String topicName, PartitionId partition, long baseOffset, long endOffset, long random)
            implements ObjectName {
        @Override
        public String key() {
            return BucketKeys.pagePrefix(topicName, partition)
                    + BucketKeys.pad20(baseOffset)
                    + "-"
                    + BucketKeys.pad20(endOffset)
                    + "-"
                    + BucketKeys.hex16(random);
        }
    }

    /// One version of a partition's manifest.
    record Manifest(String topicName, PartitionId partition, int generation, long version)
            implements ObjectName {
        @Override
        public String key() {
            return BucketKeys.manifestPrefix(topicName, partition, generation)
                    + BucketKeys.pad20(version);
        }
    }

    /// A tick that is kept.
    record RestorePoint(long tick, String name) implements ObjectName {
        @Override
        public String key() {
            return BucketKeys.RESTORE_POINTS_PREFIX + tick + "-" + name + ".json";
        }
    }

    /// Somebody names old objects.
    record Hold(String who) implements ObjectName {
        @Override
        public String key() {
            return BucketKeys.HOLDS_PREFIX + who + ".json";
        }
    }

    /// Intent to delete a topic.
    record Trash(Uuid topicId) implements ObjectName {
        @Override
        public String key() {
            return BucketKeys.TRASH_PREFIX + topicId + ".json";
        }
    }

    /// A file of an audit.
    record AuditFile(String time, String file) implements ObjectName {
        @Override
        public String key() {
            return BucketKeys.AUDITS_PREFIX + time + "/" + file;
        }
    }

    /// A key of nobody's: never deleted by us, a finding of an audit.
    record Unknown(String key) implements ObjectName {}
}
