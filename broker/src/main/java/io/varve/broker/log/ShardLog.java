// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.log;

import io.varve.broker.log.PartitionSpans.Served;
import io.varve.manifest.PartitionId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;

/// All frames of one shard on this broker's disk.
///
/// Raft alone says which frame is valid: frames are found by (term, index), nothing is dropped
/// because of its place, and nothing is ever cut off. What Raft applied becomes rows, by which
/// record batches are found. See docs/formats/shard-log-v1.md.
///
/// Threads: [#append] and [#close] belong to one thread, the appender; [#flush] to anyone, also
/// while an append runs; [#committed] and [#committedOther] to one thread, the apply thread;
/// everything else to anyone. Reads touch the disk unless the frame is one of the last ones, and
/// should run on threads that nobody interrupts: Java closes a file that an interrupted thread uses
/// (readers open it again; sends by [HotLease#channel] fail).
///
/// A failed append or flush is final: everything that could throw [ShardLogFailedException] does
/// from then on.
public final class ShardLog implements AutoCloseable {
    private final ShardLogSettings settings;
    private final DiskFiles disk;
    private final LongSupplier nanoClock;
    private final LogTally tally = new LogTally();
    private final LogFiles files;
    private final HotRows rows = new HotRows();
    private final IndexFiles indexFiles;
    private final FrameCache cache;
    private final SpareFiles spares;
    private final CommittedFrames committed;
    private final LogWriter writer;
    private final List<DamagedFrameException> damages;

    private ShardLog(
            DiskFiles disk,
            ShardLogSettings settings,
            LongSupplier nanoClock,
            RandomGenerator random,
            Executor background,
            ShardLogStart.Found found)
            throws IOException {
        this.settings = settings;
        this.disk = disk;
        this.nanoClock = nanoClock;
        this.damages = List.copyOf(found.damages());
        this.files = new LogFiles(settings.openFilesMax());
        this.indexFiles = new IndexFiles(disk);
        this.cache = new FrameCache(settings.cacheBytes());
        AtomicLong number = new AtomicLong(found.numberMax());
        this.spares =
                new SpareFiles(
                        disk, settings, background, number::incrementAndGet, tally.spareFailures);
        this.committed = new CommittedFrames(files, rows, indexFiles, background, tally);
        this.writer =
                new LogWriter(
                        disk,
                        settings,
                        spares,
                        number::incrementAndGet,
                        random,
                        tally,
                        new WriterListener());
        for (LogFile file : found.files()) {
            files.add(file);
            if (file.index() instanceof MappedIndex) {
                rows.load(file);
            } else {
                committed.began(file);
            }
        }
        for (String name : found.spares()) {
            spares.found(name);
        }
        spares.prepare();
    }

    private final class WriterListener implements LogWriter.Listener {
        @Override
        public void began(LogFile file) {
            files.add(file);
            committed.began(file);
        }

        @Override
        public void flushed(LogFile file) {
            committed.flushed();
        }
    }

    /// Opens the log of a directory and finds every frame in it. Costs a scan of the files that
    /// have no index file: those of which not everything was applied when the process ended.
    ///
    /// @param nanoClock for the grace of readers; only grows
    /// @param random tells lives of a file apart
    /// @param background writes index files and prepares files; what it refuses is tried again
    ///   later
    /// @throws io.varve.manifest.VersionTooNewException a later Varve wrote it
    public static ShardLog open(
            DiskFiles disk,
            ShardLogSettings settings,
            LongSupplier nanoClock,
            RandomGenerator random,
            Executor background)
            throws IOException {
        return new ShardLog(
                disk, settings, nanoClock, random, background, ShardLogStart.read(disk));
    }

    // --- writing

    /// Writes a frame behind the last one, into the page cache: durable after the next [#flush]. A
    /// frame of the same index and another term stays where it is.
    ///
    /// @param table, body from position to limit, left alone
    /// @param cached whether they are kept in memory, as they are, so that nothing may change their
    ///   bytes any more
    public FrameLocation append(
            long term, long index, ByteBuffer table, ByteBuffer body, boolean cached)
            throws ShardLogFailedException {
        FrameLocation at = writer.append(term, index, table, body);
        if (cached) {
            cache.add(at.file(), at.position(), table, body);
        }
        return at;
    }

    /// Makes every frame durable whose [#append] had returned.
    public void flush() throws ShardLogFailedException {
        writer.flush();
    }

    /// Why the log refuses everything, if it does.
    public Optional<ShardLogFailedException> failure() {
        return writer.failure();
    }

    // --- frames

    /// Where the frame of a Raft entry is. One that a scan found damaged is found too; reading it
    /// tells.
    public Optional<FrameLocation> find(long term, long index) {
        return files.find(term, index);
    }

    /// Where the frame of a Raft entry is, unless a scan found it damaged.
    public Optional<FrameLocation> findWhole(long term, long index) {
        return files.findWhole(term, index);
    }

    /// @throws DamagedFrameException the bytes are not what was written
    /// @throws FrameGoneException the file was freed meanwhile
    public FrameTable readTable(FrameLocation at) throws IOException {
        writer.checkUsable();
        Optional<ByteBuffer> inMemory = cache.table(at);
        if (inMemory.isPresent()) {
            return FrameReads.decode(inMemory.get(), at);
        }
        return inside(
                at.file(), file -> FrameReads.table(files.readerOf(file), file.identity(), at));
    }

    /// @return read only; valid for ever
    /// @throws DamagedFrameException the bytes are not what was written
    /// @throws FrameGoneException the file was freed meanwhile
    public ByteBuffer readBody(FrameLocation at) throws IOException {
        writer.checkUsable();
        Optional<ByteBuffer> inMemory = cache.body(at);
        if (inMemory.isPresent()) {
            tally.cacheHits.increment();
            return inMemory.get();
        }
        tally.diskReads.increment();
        return inside(
                at.file(), file -> FrameReads.body(files.readerOf(file), file.identity(), at));
    }

    private interface Reading<T> {
        T in(LogFile file) throws IOException;
    }

    private <T> T inside(long number, Reading<T> reading) throws IOException {
        LogFile file = files.get(number);
        if (file == null || !file.enter()) {
            throw new FrameGoneException(number);
        }
        try {
            return reading.in(file);
        } catch (NoSuchFileException e) {
            throw new FrameGoneException(number);
        } finally {
            file.exit();
        }
    }

    /// Lowest Raft index of all frames on disk, or empty when there is none.
    public OptionalLong firstIndex() {
        return files.oldestFirst().stream()
                .mapToLong(LogFile::lowestIndex)
                .filter(index -> index != Long.MAX_VALUE)
                .min();
    }

    /// Number of the newest file, or empty when there is none.
    public OptionalLong newestFile() {
        return files.oldestFirst().stream().mapToLong(LogFile::number).max();
    }

    /// Lowest Raft index of the files that have no index file: their rows are only those that
    /// [#committed] made. Empty when there is none.
    public OptionalLong firstIndexWithoutRows() {
        return files.oldestFirst().stream()
                .filter(file -> file.index() instanceof OpenIndex)
                .mapToLong(LogFile::lowestIndex)
                .filter(index -> index != Long.MAX_VALUE)
                .min();
    }

    /// What the scan at start could not read, with file and position. Frames behind damage are
    /// found all the same.
    public List<DamagedFrameException> damages() {
        return damages;
    }

    // --- committed entries

    /// A frame was applied: its slices get rows. Indexes come in order; one that came before
    /// changes nothing.
    ///
    /// @param table the frame's
    /// @param kept those slices of it, in order, that count; may be none
    /// @return false when the frame is not on disk or is damaged: it gets no rows
    public boolean committed(long term, long index, FrameTable table, FrameTable kept)
            throws ShardLogFailedException {
        writer.checkUsable();
        return committed.committed(term, index, table, kept);
    }

    /// A frame was applied of which every slice counts.
    public boolean committed(long term, long index, FrameTable table)
            throws ShardLogFailedException {
        return committed(term, index, table, table);
    }

    /// An entry was applied that is no frame of ours.
    public void committedOther(long term, long index) throws ShardLogFailedException {
        writer.checkUsable();
        committed.committedOther(term, index);
    }

    /// Term of a committed entry, or empty when it is not known here any more.
    public OptionalLong termAt(long index) {
        return committed
                .entryOf(index)
                .map(entry -> OptionalLong.of(entry.term()))
                .orElse(OptionalLong.empty());
    }

    /// Committed entries in [fromIndex, endIndex), every index, in order, wherever their frames
    /// are. Ends early at `bytesMax` of bodies (after at least one entry), and before the first
    /// entry that is not known here: empty when that is `fromIndex`.
    ///
    /// @throws DamagedFrameException a frame's table is not what was written
    public List<CommittedEntry> framesFrom(long fromIndex, long endIndex, long bytesMax)
            throws IOException {
        writer.checkUsable();
        List<CommittedEntry> entries = new ArrayList<>();
        long bytes = 0;
        for (long index = fromIndex; index < endIndex; index++) {
            Optional<FileIndex.Entry> entry = committed.entryOf(index);
            if (entry.isEmpty()) {
                break;
            }
            FrameLocation frame = entry.get().frame();
            bytes += frame == null ? 0 : frame.bodyLength();
            if (bytes > bytesMax && !entries.isEmpty()) {
                break;
            }
            FrameTable table = frame == null ? null : keptOf(readTable(frame), entry.get().kept());
            entries.add(new CommittedEntry(entry.get().term(), index, frame, table));
        }
        return entries;
    }

    private static FrameTable keptOf(
            FrameTable table, @org.jspecify.annotations.Nullable BitSet kept) {
        if (kept == null) {
            return table;
        }
        return new FrameTable(
                table.writerTerm(),
                table.leaderTimeMs(),
                kept.stream().mapToObj(table.slices()::get).toList());
    }

    // --- rows

    /// The row that holds an offset, if it is served from here.
    public Optional<HotRange> row(PartitionId id, long offset) {
        return rowsFrom(id, offset, 1).stream().findFirst();
    }

    /// Rows from the one that holds `offset` on, without a hole, until their bytes reach `bytesMax`
    /// (at least one row; the last may exceed it). Empty when the offset is not served from here.
    public List<HotRange> rowsFrom(PartitionId id, long offset, long bytesMax) {
        return rows.from(id, offset, bytesMax);
    }

    /// The first row served from here with a record of that time or later.
    public Optional<HotRange> rowForTimestamp(PartitionId id, long timestampMs) {
        return rows.atTime(id, timestampMs);
    }

    /// First offset served from here: from it on to [#hotEnd] there is no hole. Empty when nothing
    /// is. After a restart the rows of entries below the floor may be missing where their index
    /// file was not written yet, so [#hotEnd] may lie below the high watermark until the next
    /// record comes.
    public OptionalLong hotStart(PartitionId id) {
        return rows.start(id);
    }

    /// End (exclusive) of what is served from here. Empty when nothing is.
    public OptionalLong hotEnd(PartitionId id) {
        Optional<Served> served = rows.served(id);
        return served.isEmpty() ? OptionalLong.empty() : OptionalLong.of(served.get().end());
    }

    /// Nothing below `offset` is served any more, whatever the files still hold. Only moves up; not
    /// kept on disk.
    public void setHotStart(PartitionId id, long offset) {
        rows.moveStart(id, offset);
    }

    /// The partition left this shard: none of its rows is served any more.
    public void forget(PartitionId id) {
        rows.forget(id);
    }

    /// Bytes of the partition's rows that are served from here.
    public long localBytes(PartitionId id) {
        OptionalLong start = rows.start(id);
        return start.isEmpty() ? 0 : rows.bytesFrom(id, start.getAsLong());
    }

    /// Bytes of the partition's rows in all files, served or not.
    public long heldBytes(PartitionId id) {
        return rows.heldBytes(id);
    }

    /// The right to read a range, or empty when its file was freed meanwhile.
    ///
    /// @throws IOException the file cannot be opened
    public Optional<HotLease> lease(HotRange range) throws IOException {
        writer.checkUsable();
        LogFile file = files.get(range.file());
        if (file == null || !file.enter()) {
            return Optional.empty();
        }
        try {
            // Opened now: the name may be gone when the lease is used.
            files.readerOf(file);
            return Optional.of(new HotLease(this, file, range));
        } catch (IOException e) {
            file.exit();
            if (e instanceof NoSuchFileException) {
                return Optional.empty();
            }
            throw e;
        }
    }

    Optional<FileChannel> channelOf(LogFile file) throws IOException {
        return files.readerOf(file).channel();
    }

    Optional<ByteBuffer> cached(HotRange range) {
        Optional<ByteBuffer> bytes = cache.range(range);
        if (bytes.isPresent()) {
            tally.cacheHits.increment();
        }
        return bytes;
    }

    ByteBuffer read(LogFile file, HotRange range) throws IOException {
        Optional<ByteBuffer> inMemory = cached(range);
        if (inMemory.isPresent()) {
            return inMemory.get();
        }
        tally.diskReads.increment();
        return FrameReads.batches(files.readerOf(file), range);
    }

    void leaseEnded(LogFile file) {
        file.leaseEnded(nanoClock.getAsLong());
        HotRows.leave(file);
    }

    // --- freeing

    /// Files of which every frame, dead ones included, has an index below `endIndex`; oldest first.
    /// Never the newest file. Whether they may go is the caller's to judge.
    public List<LogFileFacts> freeable(long endIndex) {
        List<LogFileFacts> facts = new ArrayList<>();
        for (LogFile file : files.oldestFirst()) {
            if (mayGo(file) && file.highestIndex() < endIndex && file.enter()) {
                try {
                    facts.add(factsOf(file));
                } finally {
                    HotRows.leave(file);
                }
            }
        }
        return facts;
    }

    private boolean mayGo(LogFile file) {
        return file.isFlushed() && !file.isIndexing() && !files.isNewest(file);
    }

    private static LogFileFacts factsOf(LogFile file) {
        FileIndex index = file.index();
        List<LogFileFacts.PartitionPart> parts = new ArrayList<>();
        for (PartitionId id : index.partitions()) {
            Rows of = index.rows(id).orElseThrow();
            parts.add(
                    new LogFileFacts.PartitionPart(
                            id,
                            of.baseOffset(0),
                            of.endOffset(of.count() - 1),
                            of.maxTimestampMs(),
                            of.bytes()));
        }
        return new LogFileFacts(file.number(), file.highestIndex(), file.sizeBytes(), parts);
    }

    /// Gives up a file that [#freeable] named. Its rows are gone at once; its bytes are overwritten
    /// later only if no reader has it or had it a short while ago, else the file is deleted, and
    /// its last reader closes it.
    ///
    /// @return false when it cannot go now: it is the newest, or its index is being written
    /// @throws IOException the directory could not be changed: the file may come back at the next
    ///   start, which does no harm
    public boolean free(long number) throws IOException {
        writer.checkUsable();
        LogFile file = files.get(number);
        if (file == null || !mayGo(file) || !file.beginFreeing()) {
            return false;
        }
        boolean indexed = file.index() instanceof MappedIndex;
        inside(
                number,
                going -> {
                    rows.remove(going);
                    return number;
                });
        files.remove(file);
        committed.freed(file);
        cache.forget(number);
        boolean reusable = file.markFreed(nanoClock.getAsLong(), settings.readGraceNs());
        if (reusable) {
            spares.recycle(file);
        } else {
            disk.delete(file.name());
        }
        if (indexed) {
            indexFiles.delete(number);
        }
        tally.filesFreed.increment();
        return true;
    }

    // --- figures

    /// Bytes of all files, spares included.
    public long diskBytes() {
        return files.oldestFirst().stream().mapToLong(LogFile::sizeBytes).sum()
                + spares.diskBytes();
    }

    long openReaders() {
        return files.oldestFirst().stream().filter(LogFile::hasReader).count();
    }

    public ShardLogCounters counters() {
        return new ShardLogCounters(
                tally.frames.sum(),
                tally.bytesWritten.sum(),
                tally.flushes.sum(),
                tally.fileSyncs.sum(),
                tally.directorySyncs.sum(),
                tally.filesExtended.sum(),
                tally.filesRecycled.sum(),
                tally.filesFreed.sum(),
                tally.directoriesWritten.sum(),
                tally.directoryFailures.sum(),
                tally.spareFailures.sum(),
                tally.cacheHits.sum(),
                tally.diskReads.sum(),
                cache.bytes(),
                files.oldestFirst().size(),
                diskBytes());
    }

    /// Closes the files; flushes nothing. Files that are leased are closed by their last reader.
    @Override
    public void close() throws IOException {
        writer.close();
        files.close(nanoClock.getAsLong());
    }
}
