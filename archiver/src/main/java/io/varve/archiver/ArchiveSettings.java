// SPDX-License-Identifier: Apache-2.0
package io.varve.archiver;

/// All numbers of the archiver. Segment size and age are not here: they are the topic's
/// ([ArchivePolicies]).
public record ArchiveSettings(
        Journals journals,
        Segments segments,
        Checkpoints checkpoints,
        Cleaning cleaning,
        BackOff backOff,
        StoreVerification verification) {

    private static final long SECOND_MS = 1_000;
    private static final long MINUTE_MS = 60 * SECOND_MS;
    private static final long HOUR_MS = 60 * MINUTE_MS;
    private static final long DAY_MS = 24 * HOUR_MS;

    /// What contract.md gives as defaults.
    public static ArchiveSettings defaults() {
        return new ArchiveSettings(
                new Journals(5 * SECOND_MS, 16 << 20, SECOND_MS / 4),
                new Segments(512L << 20, 5 * SECOND_MS, MINUTE_MS, 640L << 20),
                new Checkpoints(5 * MINUTE_MS, 64, DAY_MS),
                new Cleaning(
                        5 * MINUTE_MS, 5 * MINUTE_MS, 10 * MINUTE_MS, DAY_MS, HOUR_MS, 7 * DAY_MS),
                new BackOff(SECOND_MS / 10, 30 * SECOND_MS),
                StoreVerification.READ_BACK);
    }

    /// @param intervalMs a committed record waits at most this long for its journal to be put
    /// @param bytes record bytes in one journal (one larger frame may be its own journal); also
    ///   what the journaler holds in memory
    /// @param pollMs how often it looks for committed frames when nobody wakes it
    public record Journals(long intervalMs, int bytes, long pollMs) {
        public Journals {
            check(
                    intervalMs > 0 && bytes > 0 && pollMs > 0,
                    "bad journal settings",
                    intervalMs,
                    bytes,
                    pollMs);
        }
    }

    /// @param bytesMax most record bytes of one segment object, whatever a topic asks for. Bounds
    ///   temporary space too: one file at a time
    /// @param checkMs how often partitions are looked at
    /// @param retryMs how long a partition is left alone whose own bytes were damaged
    /// @param reserveBytes what a temporary file leaves of a large disk
    public record Segments(long bytesMax, long checkMs, long retryMs, long reserveBytes) {
        public Segments {
            check(
                    bytesMax > 0 && bytesMax <= 512L << 20 && checkMs > 0,
                    "bad segment settings",
                    bytesMax,
                    checkMs);
        }
    }

    /// @param intervalMs, journals a checkpoint is due so long after the last one, or after so many
    ///   journals, if there is at least one new journal
    /// @param producerExpiryMs idempotent producers that wrote nothing for so long are forgotten,
    ///   as apply does it
    public record Checkpoints(long intervalMs, int journals, long producerExpiryMs) {
        public Checkpoints {
            check(
                    intervalMs > 0 && journals > 0 && producerExpiryMs > 0,
                    "bad checkpoint settings",
                    intervalMs,
                    journals);
        }
    }

    /// @param retentionCheckMs how often retention looks at each partition
    /// @param clockSkewMaxMs time retention pauses while own time and the store's differ by more
    /// @param collectMs how often doomed objects are looked at
    /// @param orphanScanMs how often a partition's segment objects are listed to find orphans
    /// @param graceMs by the store's clock, between doom and deletion
    /// @param undeleteMs by the store's clock, between the deletion of a topic and that of its
    ///   objects
    public record Cleaning(
            long retentionCheckMs,
            long clockSkewMaxMs,
            long collectMs,
            long orphanScanMs,
            long graceMs,
            long undeleteMs) {
        /// A grace may begin so long before the put that makes it known: what takes longer, or is
        /// tried again later, is dated anew.
        static final long PUT_SLACK_MS = MINUTE_MS;

        public Cleaning {
            check(
                    retentionCheckMs > 0 && clockSkewMaxMs > 0 && collectMs > 0 && orphanScanMs > 0,
                    "bad cleaning settings",
                    retentionCheckMs,
                    clockSkewMaxMs,
                    collectMs,
                    orphanScanMs);
            check(graceMs >= 0 && undeleteMs >= 0, "negative grace", graceMs, undeleteMs);
        }
    }

    /// Pause after the n-th failure in a row: random between half and all of `firstMs * 2^(n-1)`,
    /// at most `maxMs`.
    public record BackOff(long firstMs, long maxMs) {
        public BackOff {
            check(firstMs > 0 && maxMs >= firstMs, "bad back-off", firstMs, maxMs);
        }
    }

    public ArchiveSettings withJournals(Journals journals) {
        return new ArchiveSettings(
                journals, segments, checkpoints, cleaning, backOff, verification);
    }

    public ArchiveSettings withSegments(Segments segments) {
        return new ArchiveSettings(
                journals, segments, checkpoints, cleaning, backOff, verification);
    }

    public ArchiveSettings withCheckpoints(Checkpoints checkpoints) {
        return new ArchiveSettings(
                journals, segments, checkpoints, cleaning, backOff, verification);
    }

    public ArchiveSettings withCleaning(Cleaning cleaning) {
        return new ArchiveSettings(
                journals, segments, checkpoints, cleaning, backOff, verification);
    }

    public ArchiveSettings withVerification(StoreVerification verification) {
        return new ArchiveSettings(
                journals, segments, checkpoints, cleaning, backOff, verification);
    }

    private static void check(boolean holds, String fact, Object... values) {
        if (!holds) {
            throw new IllegalArgumentException(
                    fact + ": values=" + java.util.Arrays.toString(values));
        }
    }
}
