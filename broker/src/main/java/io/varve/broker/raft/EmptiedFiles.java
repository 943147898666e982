// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.raft;

import io.varve.broker.log.DurableFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.apache.ratis.server.RaftServerConfigKeys;
import org.apache.ratis.server.raftlog.segmented.LogSegment;
import org.apache.ratis.server.raftlog.segmented.LogSegmentPath;
import org.apache.ratis.util.SizeInBytes;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Mends what a disk without a byte left did to a group's own small files: Ratis 3.3.0 renames an
/// empty file over them (`AtomicFileOutputStream.close()` after a write that failed), and does not
/// open the group again. Stateless.
///
/// - `raft-meta` held the last term and the vote in it. No vote may be given twice, so the group
///   begins in a term that it cannot have voted in, with its vote given to itself.
/// - `raft-meta.conf` repeats the members that the log names; without it they come from the log, or
///   from the leader.
final class EmptiedFiles {
    private static final Logger LOG = LoggerFactory.getLogger(EmptiedFiles.class);

    /// Terms after that of the last entry that are taken for possible: each is an election of which
    /// no entry came here. One takes a second or more, so these fill a day.
    private static final long TERMS_AHEAD = 100_000;

    private EmptiedFiles() {}

    /// Call before the groups are opened.
    static void mend(RaftSettings settings) throws IOException {
        if (!Files.isDirectory(settings.directory())) {
            return;
        }
        List<Path> groups;
        try (Stream<Path> folders = Files.list(settings.directory())) {
            groups = folders.toList();
        }
        for (Path group : groups) {
            mend(group.resolve("current"), settings);
        }
    }

    private static void mend(Path current, RaftSettings settings) throws IOException {
        Path members = current.resolve("raft-meta.conf");
        if (isEmptied(members)) {
            Files.delete(members);
            LOG.warn("a full disk emptied a list of members, the log names them: file={}", members);
        }
        Path metadata = current.resolve("raft-meta");
        if (isEmptied(metadata)) {
            long term = lastTerm(current, settings.entryBytesMax()) + TERMS_AHEAD;
            String text = "term=" + term + "\nvotedFor=" + settings.self() + "\n";
            DurableFile.replace(
                    metadata,
                    current.resolve("raft-meta.tmp"),
                    text.getBytes(StandardCharsets.ISO_8859_1));
            LOG.warn(
                    "a full disk emptied the term and vote of a group, it begins in a later term: file={}, term={}",
                    metadata,
                    term);
        }
    }

    private static boolean isEmptied(Path file) {
        return Files.isRegularFile(file) && file.toFile().length() == 0;
    }

    /// Of the newest entry in the log.
    private static long lastTerm(Path current, int entryBytesMax) throws IOException {
        List<LogSegmentPath> segments;
        try (Stream<Path> files = Files.list(current)) {
            segments = files.map(LogSegmentPath::matchLogSegment).filter(Objects::nonNull).toList();
        }
        long[] last = {-1};
        for (LogSegmentPath segment : segments) {
            var _ =
                    LogSegment.readSegmentFile(
                            segment.getPath().toFile(),
                            segment.getStartEnd(),
                            SizeInBytes.valueOf(entryBytesMax),
                            RaftServerConfigKeys.Log.CorruptionPolicy.WARN_AND_RETURN,
                            null,
                            entry -> last[0] = Math.max(last[0], entry.getTerm()));
        }
        if (last[0] < 0) {
            throw new IOException(
                    "a full disk emptied the term and vote of a group, and its log has no entry to tell a later term from: directory="
                            + current
                            + "; move the shard's directories away, the other replicas make it anew");
        }
        return last[0];
    }
}
