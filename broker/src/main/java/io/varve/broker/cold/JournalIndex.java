// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.cold;

import io.varve.manifest.CorruptObjectException;
import io.varve.manifest.PartitionId;
import io.varve.manifest.ShardId;
import io.varve.manifest.checkpoint.JournalRef;
import io.varve.manifest.checkpoint.ShardCheckpoint;
import io.varve.manifest.key.BucketKeys;
import io.varve.manifest.key.ObjectName;
import io.varve.manifest.pack.PackIndex;
import io.varve.manifest.pack.PackSection;
import io.varve.objectstore.ObjectStoreException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.ReentrantLock;

/// Which journals of one shard (and roll-ups, also of older generations) hold which offsets. Knows
/// what the newest checkpoint names and what was stored since; the tails of named journals are read
/// when somebody first looks. Bounded by what checkpoints name: each one told drops the rest.
///
/// Thread-safe.
public final class JournalIndex {
    /// Offsets of a partition in a journal.
    ///
    /// @param generation that wrote the journal
    record Piece(
            long baseOffset, long endOffset, long maxTimestampMs, PackRef pack, int generation) {}

    private final ShardId shard;
    private final PackIndexCache packs;
    private final Executor threads;
    private final Semaphore tails = new Semaphore(ColdLimits.TAILS_MAX);
    private final Loads<String, Boolean> loads = new Loads<>();

    private final ReentrantLock lock = new ReentrantLock();

    /// Named, and its tail not read yet. Guarded by lock.
    private final Map<String, JournalRef> unread = new LinkedHashMap<>();

    /// Of those, the ones whose tail is gone or damaged, and how. Guarded by lock.
    private final Map<String, Exception> unreadable = new LinkedHashMap<>();

    /// Everything that is named, by key. Guarded by lock.
    private final Map<String, JournalRef> known = new LinkedHashMap<>();

    /// By base offset; those of different journals may overlap. Guarded by lock.
    private final Map<PartitionId, TreeMap<Long, List<Piece>>> pieces = new HashMap<>();

    JournalIndex(ShardId shard, PackIndexCache packs, Executor threads) {
        this.shard = shard;
        this.packs = packs;
        this.threads = threads;
    }

    /// Takes in what a checkpoint of the shard names. Journals that it does not name and that end
    /// at or below it are forgotten. Does not block.
    public void checkpointed(ShardCheckpoint checkpoint) {
        lock.lock();
        try {
            Set<String> named = new HashSet<>();
            for (JournalRef journal : checkpoint.journals()) {
                named.add(journal.key());
                if (known.putIfAbsent(journal.key(), journal) == null) {
                    unread.put(journal.key(), journal);
                }
            }
            List<String> dropped = new ArrayList<>();
            known.forEach((key, journal) -> {
                if (!named.contains(key)
                        && !(isOwn(key) && journal.endIndex() > checkpoint.endIndex())) {
                    dropped.add(key);
                }
            });
            dropped.forEach(known::remove);
            dropped.forEach(unread::remove);
            dropped.forEach(unreadable::remove);
            Map<PartitionId, Long> archived = new HashMap<>();
            checkpoint.partitions().forEach(p -> archived.put(p.id(), p.archivedEnd()));
            pieces.forEach((id, of) -> dropPieces(of, archived.getOrDefault(id, 0L)));
            pieces.values().removeIf(TreeMap::isEmpty);
        } finally {
            lock.unlock();
        }
    }

    private void dropPieces(TreeMap<Long, List<Piece>> of, long archivedEnd) {
        of.values()
                .forEach(list ->
                        list.removeIf(piece ->
                                piece.endOffset() <= archivedEnd
                                        || !known.containsKey(piece.pack().key())));
        of.values().removeIf(List::isEmpty);
    }

    private boolean isOwn(String key) {
        return switch (BucketKeys.parse(key)) {
            case ObjectName.Journal journal -> journal.shard().equals(shard);
            case ObjectName.RollUp rollUp -> rollUp.shard().equals(shard);
            default -> false;
        };
    }

    private static int generationOf(String key) {
        return switch (BucketKeys.parse(key)) {
            case ObjectName.Journal journal -> journal.shard().generation();
            case ObjectName.RollUp rollUp -> rollUp.shard().generation();
            default -> throw new IllegalArgumentException("not a journal: object=" + key);
        };
    }

    /// Takes in a journal that was just stored. Does not block.
    public void journalStored(JournalRef journal, PackIndex index) {
        packs.keep(PackRef.of(journal), index);
        add(journal, index);
    }

    private void add(JournalRef journal, PackIndex index) {
        int generation = generationOf(journal.key());
        PackRef pack = PackRef.of(journal);
        lock.lock();
        try {
            boolean isNew = known.put(journal.key(), journal) == null;
            boolean wasUnread = unread.remove(journal.key()) != null;
            unreadable.remove(journal.key());
            if (!isNew && !wasUnread) {
                return;
            }
            for (PackSection section : index.sections()) {
                if (section.hasRecords()) {
                    pieces.computeIfAbsent(section.partition(), _ -> new TreeMap<>())
                            .computeIfAbsent(section.baseOffset(), _ -> new ArrayList<>(1))
                            .add(
                                    new Piece(
                                            section.baseOffset(),
                                            section.endOffset(),
                                            section.maxTimestampMs(),
                                            pack,
                                            generation));
                }
            }
        } finally {
            lock.unlock();
        }
    }

    /// Whether every named journal is known by its sections.
    boolean isRead() {
        lock.lock();
        try {
            return unread.isEmpty();
        } finally {
            lock.unlock();
        }
    }

    /// Reads the tails that were not read yet, several at a time. Blocks. A journal that is gone or
    /// damaged does not keep others from being read: see [#checkReadable].
    void read() throws ObjectStoreException {
        List<JournalRef> missing;
        lock.lock();
        try {
            missing = List.copyOf(unread.values());
        } finally {
            lock.unlock();
        }
        List<CompletableFuture<Boolean>> reads = new ArrayList<>(missing.size());
        for (JournalRef journal : missing) {
            tails.acquireUninterruptibly();
            CompletableFuture<Boolean> read = new CompletableFuture<>();
            reads.add(read);
            threads.execute(() -> readTail(journal, read));
        }
        for (CompletableFuture<Boolean> read : reads) {
            Loads.await(read);
        }
    }

    private void readTail(JournalRef journal, CompletableFuture<Boolean> read) {
        try {
            read.complete(
                    loads.get(
                            journal.key(),
                            () -> {
                                add(journal, packs.load(PackRef.of(journal)));
                                return true;
                            }));
        } catch (ObjectStoreException.NotFound | CorruptObjectException failure) {
            lock.lock();
            try {
                unreadable.put(journal.key(), failure);
            } finally {
                lock.unlock();
            }
            read.complete(false);
        } catch (ObjectStoreException | RuntimeException failure) {
            read.completeExceptionally(failure);
        } finally {
            tails.release();
        }
    }

    /// Throws what kept a journal from being read, if there is one: asked when an offset is found
    /// in none of the others.
    void checkReadable() throws ObjectStoreException {
        lock.lock();
        try {
            for (Exception failure : unreadable.values()) {
                switch (failure) {
                    case ObjectStoreException gone ->
                            throw new ObjectStoreException.NotFound(
                                    String.valueOf(gone.getMessage()), gone);
                    default ->
                            throw new CorruptObjectException(
                                    String.valueOf(failure.getMessage()), failure);
                }
            }
        } finally {
            lock.unlock();
        }
    }

    /// The piece that holds an offset; empty when none of those read does. Where an older
    /// generation and a newer one overlap, the older ends at `olderEnd`.
    ///
    /// @param generation the newest; pieces of older ones count up to `olderEnd` only
    Optional<Piece> pieceAt(PartitionId partition, long offset, int generation, long olderEnd) {
        lock.lock();
        try {
            TreeMap<Long, List<Piece>> of = pieces.get(partition);
            if (of == null) {
                return Optional.empty();
            }
            for (List<Piece> same : of.headMap(offset, true).descendingMap().values()) {
                for (Piece piece : same) {
                    Piece clipped = clip(piece, generation, olderEnd);
                    if (clipped.endOffset() > offset) {
                        return Optional.of(clipped);
                    }
                }
            }
            return Optional.empty();
        } finally {
            lock.unlock();
        }
    }

    /// The first piece of the newest generation that begins behind an offset.
    Optional<Piece> pieceAfter(PartitionId partition, long offset, int generation) {
        lock.lock();
        try {
            TreeMap<Long, List<Piece>> of = pieces.get(partition);
            if (of == null) {
                return Optional.empty();
            }
            for (List<Piece> same : of.tailMap(offset, false).values()) {
                for (Piece piece : same) {
                    if (piece.generation() == generation) {
                        return Optional.of(piece);
                    }
                }
            }
            return Optional.empty();
        } finally {
            lock.unlock();
        }
    }

    private static Piece clip(Piece piece, int generation, long olderEnd) {
        return piece.generation() >= generation || piece.endOffset() <= olderEnd
                ? piece
                : new Piece(
                        piece.baseOffset(),
                        olderEnd,
                        piece.maxTimestampMs(),
                        piece.pack(),
                        piece.generation());
    }

    /// Journals that are named.
    int journals() {
        lock.lock();
        try {
            return known.size();
        } finally {
            lock.unlock();
        }
    }
}
