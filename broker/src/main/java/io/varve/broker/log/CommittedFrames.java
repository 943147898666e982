// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.log;

import java.io.IOException;
import java.util.BitSet;
import java.util.Iterator;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/// Turns committed frames into rows, and complete files into index files.
///
/// Owner: the apply thread. [#flushed] comes from whoever flushes, [#began] from the appender;
/// look-ups from any thread. Index files are written in the background, one at a time each.
final class CommittedFrames {
    /// Entries without a frame that wait for a file to be noted in. Far more than Raft writes
    /// between two frames; the oldest are forgotten beyond it.
    static final int WAITING_MAX = 65_536;

    private static final long NONE = -1;

    private final LogFiles files;
    private final HotRows rows;
    private final IndexFiles indexFiles;
    private final Executor background;
    private final LogTally tally;
    private final CopyOnWriteArrayList<LogFile> withoutIndexFile = new CopyOnWriteArrayList<>();
    private final ConcurrentSkipListMap<Long, Long> waitingTerms = new ConcurrentSkipListMap<>();
    private volatile long firstIndex = NONE;
    private volatile long lastIndex = NONE;

    CommittedFrames(
            LogFiles files,
            HotRows rows,
            IndexFiles indexFiles,
            Executor background,
            LogTally tally) {
        this.files = files;
        this.rows = rows;
        this.indexFiles = indexFiles;
        this.background = background;
        this.tally = tally;
    }

    /// A file that has no index file yet.
    void began(LogFile file) {
        withoutIndexFile.add(file);
    }

    void freed(LogFile file) {
        withoutIndexFile.remove(file);
    }

    /// @return false when the frame is not on disk, or is damaged
    boolean committed(long term, long index, FrameTable table, FrameTable kept) {
        boolean found = note(term, index, table, kept);
        passed(index);
        return found;
    }

    private boolean note(long term, long index, FrameTable table, FrameTable kept) {
        Optional<FrameLocation> whole = files.findWhole(term, index);
        Optional<FrameLocation> frame = whole.or(() -> files.find(term, index));
        LogFile file = frame.isEmpty() ? null : files.get(frame.get().file());
        if (file == null) {
            // Unknown from now on: nobody may take it for an entry without a frame.
            return false;
        }
        if (file.index() instanceof OpenIndex open && index > open.lastIndex()) {
            noteWaiting(open, index);
            open.addEntry(term, index, frame.orElseThrow(), keptSlices(table, kept));
            if (whole.isPresent()) {
                addRows(file, open, frame.orElseThrow(), kept);
            }
        }
        return whole.isPresent();
    }

    private void addRows(LogFile file, OpenIndex open, FrameLocation frame, FrameTable kept) {
        for (Slice slice : kept.slices()) {
            if (slice instanceof DataSlice data) {
                open.addRow(data, frame);
                rows.add(file, data);
            }
        }
    }

    private void noteWaiting(OpenIndex open, long before) {
        Iterator<Map.Entry<Long, Long>> waiting =
                waitingTerms.headMap(before).entrySet().iterator();
        while (waiting.hasNext()) {
            Map.Entry<Long, Long> entry = waiting.next();
            if (entry.getKey() > open.lastIndex()) {
                open.addEntry(entry.getValue(), entry.getKey(), null, null);
            }
            waiting.remove();
        }
    }

    /// Which slices of `table` are in `kept`, which is in the same order.
    ///
    /// @return null when all are
    private static @Nullable BitSet keptSlices(FrameTable table, FrameTable kept) {
        if (kept.slices().size() == table.slices().size()) {
            return null;
        }
        BitSet set = new BitSet(table.slices().size());
        int next = 0;
        for (int at = 0; at < table.slices().size() && next < kept.slices().size(); at++) {
            Slice slice = kept.slices().get(next);
            Slice candidate = table.slices().get(at);
            if (candidate.equals(slice)) {
                set.set(at);
                next++;
            }
        }
        if (next < kept.slices().size()) {
            throw new IllegalArgumentException(
                    "kept slices are not the frame's: kept="
                            + kept.slices().size()
                            + ", found="
                            + next);
        }
        return set;
    }

    /// A committed entry that is no frame of ours.
    void committedOther(long term, long index) {
        waitingTerms.put(index, term);
        passed(index);
    }

    private void passed(long index) {
        if (firstIndex == NONE) {
            firstIndex = index;
        }
        lastIndex = Math.max(lastIndex, index);
        while (waitingTerms.size() > WAITING_MAX) {
            waitingTerms.pollFirstEntry();
        }
        writeIndexFiles();
    }

    /// A file is complete and durable.
    void flushed() {
        writeIndexFiles();
    }

    private void writeIndexFiles() {
        for (LogFile file : withoutIndexFile) {
            if (isDecided(file) && file.beginIndexing()) {
                try {
                    background.execute(() -> writeIndexFile(file));
                } catch (RejectedExecutionException e) {
                    // The process is stopping.
                    file.indexingFailed();
                }
            }
        }
    }

    /// Complete, durable, and each of its frames was seen to be committed or passed over since the
    /// log was opened. A file that begins before the first index that Raft replayed keeps its
    /// frames in memory until it is freed: nobody says any more which of them count.
    private boolean isDecided(LogFile file) {
        long first = firstIndex;
        return file.isFlushed()
                && first != NONE
                && file.lowestIndex() >= first
                && file.highestIndex() <= lastIndex;
    }

    private void writeIndexFile(LogFile file) {
        if (!file.enter()) {
            return;
        }
        try {
            if (file.index() instanceof OpenIndex open) {
                IndexFiles.Mapped mapped = indexFiles.write(file, open);
                file.become(mapped.index(), mapped.arena());
                withoutIndexFile.remove(file);
                tally.directoriesWritten.increment();
            }
        } catch (IOException | RuntimeException e) {
            // The file is served from memory; the next commit tries again.
            tally.directoryFailures.increment();
            file.indexingFailed();
        } finally {
            HotRows.leave(file);
        }
    }

    /// Index of the newest entry that was applied, or empty.
    OptionalLong lastIndex() {
        long last = lastIndex;
        return last == NONE ? OptionalLong.empty() : OptionalLong.of(last);
    }

    Optional<FileIndex.Entry> entryOf(long index) {
        Optional<FileIndex.Entry> found = files.entryOf(index);
        if (found.isPresent()) {
            return found;
        }
        Long term = waitingTerms.get(index);
        return term == null
                ? files.entryOf(index)
                : Optional.of(new FileIndex.Entry(term, index, null, null));
    }
}
