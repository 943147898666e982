// SPDX-License-Identifier: Apache-2.0
package io.varve.archiver;

import io.varve.manifest.CorruptObjectException;
import io.varve.manifest.checkpoint.CheckpointStore;
import io.varve.manifest.checkpoint.JournalRef;
import io.varve.manifest.checkpoint.ShardCheckpoint;
import io.varve.manifest.generation.ClusterFiles;
import io.varve.manifest.key.BucketKeys;
import io.varve.manifest.key.ObjectName;
import io.varve.manifest.pack.PackIndex;
import io.varve.manifest.pack.PackReader;
import io.varve.manifest.pack.PackSection;
import io.varve.objectstore.ObjectInfo;
import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.ObjectStoreException;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Rebuilds a shard's shadow from the bucket at the start of a leadership: the newest checkpoint
/// that can be read, and the indexes of the journals after it. Two listings and one read per
/// object; nothing is kept on failure.
final class ShadowOpening {
    private static final Logger LOG = LoggerFactory.getLogger(ShadowOpening.class);
    private static final int PAGE_KEYS = 1_000;

    private ShadowOpening() {}

    /// What opening came to.
    sealed interface Opened {
        /// @param checkpointEnd end of the checkpoint that it was opened from; empty when there is
        ///   none
        record Ready(ShardShadow shadow, OptionalLong checkpointEnd) implements Opened {}

        /// This leader must not archive: why.
        record Refused(String reason) implements Opened {}
    }

    /// @param onJournal told of every journal behind the checkpoint
    static Opened open(ArchiveContext context, ShardSource source, Consumer<PackIndex> onJournal)
            throws ObjectStoreException {
        ObjectStore store = context.store();
        CheckpointStore.Usable usable =
                CheckpointStore.newestUsable(store, source.shard(), source.appliedEndIndex());
        usable.skipped()
                .forEach(damaged ->
                        LOG.error(
                                "checkpoint is damaged, an older one is used: key={}",
                                damaged.key(),
                                damaged.error()));
        ShardCheckpoint checkpoint = usable.checkpoint().orElse(null);
        if (checkpoint == null && ClusterFiles.isRestored(store, source.shard())) {
            return new Opened.Refused("no checkpoint of a restored shard: shard=" + source.shard());
        }
        if (checkpoint != null && !checkpoint.clusterId().equals(context.clusterId())) {
            return new Opened.Refused(
                    "checkpoint of another cluster: shard="
                            + source.shard()
                            + ", clusterId="
                            + checkpoint.clusterId()
                            + ", expected="
                            + context.clusterId());
        }
        ShardShadow shadow =
                checkpoint == null
                        ? new ShardShadow(context.clusterId(), source.shard())
                        : ShardShadow.from(checkpoint);
        try {
            String problem = foldTails(context, source, shadow, onJournal);
            if (problem == null) {
                problem = checkFollows(source, shadow);
            }
            if (problem != null) {
                return new Opened.Refused(problem);
            }
        } catch (CorruptObjectException e) {
            return new Opened.Refused(
                    "bucket cannot be continued: shard=" + source.shard() + ", " + e.getMessage());
        }
        shadow.takeArchived(source.partitions());
        return new Opened.Ready(
                shadow,
                checkpoint == null ? OptionalLong.empty() : OptionalLong.of(checkpoint.endIndex()));
    }

    private static @Nullable String foldTails(
            ArchiveContext context,
            ShardSource source,
            ShardShadow shadow,
            Consumer<PackIndex> onJournal)
            throws ObjectStoreException {
        String prefix = BucketKeys.journalPrefix(source.shard());
        long from = shadow.position().endIndex();
        String after = from == 0 ? "" : BucketKeys.journal(source.shard(), from - 1);
        List<ObjectInfo> page;
        do {
            page = context.store().list(prefix, after, PAGE_KEYS);
            for (ObjectInfo object : page) {
                after = object.key();
                if (BucketKeys.parse(object.key()) instanceof ObjectName.Journal) {
                    String problem = fold(context, source, shadow, object.key(), onJournal);
                    if (problem != null) {
                        return problem;
                    }
                }
            }
        } while (page.size() == PAGE_KEYS);
        return null;
    }

    private static @Nullable String fold(
            ArchiveContext context,
            ShardSource source,
            ShardShadow shadow,
            String key,
            Consumer<PackIndex> onJournal)
            throws ObjectStoreException {
        PackIndex index = PackReader.open(context.store(), key);
        String problem =
                JournalCheck.problem(
                        index, key, context.clusterId(), source, shadow.position().endIndex());
        if (problem != null) {
            return problem;
        }
        take(context, shadow, index, key);
        onJournal.accept(index);
        return null;
    }

    /// Takes in a journal that somebody else put; reads the records of the metadata shard.
    static void take(ArchiveContext context, ShardShadow shadow, PackIndex index, String key)
            throws ObjectStoreException {
        Map<PackSection, ByteBuffer> batches = new HashMap<>();
        if (index.facts().shard().isMetadata()) {
            for (PackSection section : index.sections()) {
                batches.put(section, PackReader.readSection(context.store(), key, section));
            }
        }
        shadow.accept(
                index,
                new JournalRef(
                        key,
                        index.facts().firstIndex(),
                        index.facts().endIndex(),
                        index.objectBytes()),
                section -> batches.getOrDefault(section, ByteBuffer.allocate(0)),
                0,
                context.settings().verification() == StoreVerification.BY_STORE);
    }

    private static @Nullable String checkFollows(ShardSource source, ShardShadow shadow) {
        ShardShadow.Position position = shadow.position();
        if (position.endIndex() < source.firstReadableIndex()) {
            return "journals end in front of this leader's log: shard="
                    + source.shard()
                    + ", journaledEndIndex="
                    + position.endIndex()
                    + ", firstReadableIndex="
                    + source.firstReadableIndex();
        }
        return JournalCheck.divergence(
                "newest journal of " + source.shard(),
                source,
                position.endIndex(),
                position.lastTerm());
    }
}
