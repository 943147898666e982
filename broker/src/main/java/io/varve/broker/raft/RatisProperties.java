// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.raft;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.ratis.RaftConfigKeys;
import org.apache.ratis.conf.RaftProperties;
import org.apache.ratis.grpc.GrpcConfigKeys;
import org.apache.ratis.rpc.SupportedRpcType;
import org.apache.ratis.server.RaftServerConfigKeys;
import org.apache.ratis.util.SizeInBytes;
import org.apache.ratis.util.TimeDuration;

/// Ratis's settings. Each line that is not Ratis's default has its reason.
final class RatisProperties {
    /// Pending writes of a group. Ratis leaks permits when it refuses beyond these, so the shard
    /// writer's own bounds are far below.
    static final int WRITE_ELEMENT_LIMIT = 4096;

    private static final long WRITE_BYTE_LIMIT = 64L << 20;

    /// Largest entries that the limit for bytes leaves room for: the shard writer has at most its
    /// own bound in flight, which is no less than an entry, and one entry more.
    private static final int ENTRIES_WITHIN_LIMIT = 3;

    /// A full queue blocks with the division's monitor held, heartbeats too: above the limits for
    /// writes.
    private static final int QUEUE_ELEMENT_LIMIT = 2 * WRITE_ELEMENT_LIMIT;

    private RatisProperties() {}

    static RaftProperties of(RaftSettings settings) {
        RaftProperties p = new RaftProperties();
        // The only transport with TLS, install notifications and ReadIndex.
        RaftConfigKeys.Rpc.setType(p, SupportedRpcType.GRPC);
        GrpcConfigKeys.Server.setHost(p, settings.host());
        GrpcConfigKeys.Server.setPort(p, settings.port());
        RaftServerConfigKeys.setStorageDir(p, List.of(settings.directory().toFile()));
        timeouts(p, settings);
        log(p, settings);
        appender(p, settings);
        snapshots(p);
        return p;
    }

    private static void timeouts(RaftProperties p, RaftSettings settings) {
        RaftServerConfigKeys.Rpc.setTimeoutMin(p, ratis(settings.electionTimeoutMin()));
        RaftServerConfigKeys.Rpc.setTimeoutMax(p, ratis(settings.electionTimeoutMax()));
        RaftServerConfigKeys.Rpc.setFirstElectionTimeoutMin(
                p, ratis(settings.firstElectionTimeoutMin()));
        RaftServerConfigKeys.Rpc.setFirstElectionTimeoutMax(
                p, ratis(settings.firstElectionTimeoutMax()));
        // By default a pause of a minute (a suspended machine) closes the server for good.
        RaftServerConfigKeys.setCloseThreshold(p, TimeDuration.valueOf(1, TimeUnit.DAYS));
        // No write is ever sent twice to Ratis: without this every replica remembers each one for a
        // minute.
        RaftServerConfigKeys.RetryCache.setExpiryTime(p, TimeDuration.valueOf(0, TimeUnit.SECONDS));
        RaftServerConfigKeys.Write.setElementLimit(p, WRITE_ELEMENT_LIMIT);
        RaftServerConfigKeys.Write.setByteLimit(p, SizeInBytes.valueOf(writeByteLimit(settings)));
    }

    private static long writeByteLimit(RaftSettings settings) {
        return Math.max(WRITE_BYTE_LIMIT, ENTRIES_WITHIN_LIMIT * (long) settings.entryBytesMax());
    }

    private static void log(RaftProperties p, RaftSettings settings) {
        // The header waits for the data and for its flush: a header without data cannot exist.
        RaftServerConfigKeys.Log.StateMachineData.setSync(p, true);
        // The bytes are cached by the shard log; Ratis's own cache holds headers.
        RaftServerConfigKeys.Log.StateMachineData.setCachingEnabled(p, true);
        // Both acknowledge what is not on disk.
        RaftServerConfigKeys.Log.setUnsafeFlushEnabled(p, false);
        RaftServerConfigKeys.Log.setAsyncFlushEnabled(p, false);
        // Off: an extra entry per commit.
        RaftServerConfigKeys.Log.setLogMetadataEnabled(p, false);
        // On: a follower appends a batch only after the last one is flushed.
        RaftServerConfigKeys.Log.setAppendEntriesComposeEnabled(p, false);
        RaftServerConfigKeys.Log.setForceSyncNum(p, 128);
        // Files of the shard log are freed in steps of a Raft segment; headers are small.
        RaftServerConfigKeys.Log.setSegmentSizeMax(
                p, SizeInBytes.valueOf(RaftSettings.SEGMENT_BYTES));
        // Whole: on a full disk a header that needs new space ends the process, and one segment has
        // room for about two thousand.
        RaftServerConfigKeys.Log.setPreallocatedSize(
                p, SizeInBytes.valueOf(RaftSettings.SEGMENT_BYTES));
        RaftServerConfigKeys.Log.setSegmentCacheNumMax(p, 2);
        RaftServerConfigKeys.Log.setSegmentCacheSizeMax(p, SizeInBytes.valueOf("8MB"));
        RaftServerConfigKeys.Log.setQueueElementLimit(p, QUEUE_ELEMENT_LIMIT);
        RaftServerConfigKeys.Log.setQueueByteLimit(
                p, SizeInBytes.valueOf(2 * writeByteLimit(settings)));
        RaftServerConfigKeys.Log.setWriteBufferSize(
                p, SizeInBytes.valueOf(settings.entryBytesMax() + (1L << 20)));
        // A replica with a damaged log is replaced: dropping the rest could drop what was
        // acknowledged.
        RaftServerConfigKeys.Log.setCorruptionPolicy(
                p, RaftServerConfigKeys.Log.CorruptionPolicy.EXCEPTION);
    }

    private static void appender(RaftProperties p, RaftSettings settings) {
        RaftServerConfigKeys.Log.Appender.setBufferByteLimit(
                p, SizeInBytes.valueOf(settings.entryBytesMax()));
        // The default sleeps seconds: a follower that returns would stay stale that long.
        RaftServerConfigKeys.Log.Appender.setRetryPolicy(p, "1ms,10, 100ms,100000");
        GrpcConfigKeys.setMessageSizeMax(
                p, SizeInBytes.valueOf(settings.entryBytesMax() + (2L << 20)));
        GrpcConfigKeys.setFlowControlWindow(p, SizeInBytes.valueOf("8MB"));
        GrpcConfigKeys.Server.setLeaderOutstandingAppendsMax(p, 32);
        // Heartbeats do not queue behind data.
        GrpcConfigKeys.Server.setHeartbeatChannel(p, true);
    }

    private static void snapshots(RaftProperties p) {
        // A replica that is too far behind is told, and takes its checkpoint from the bucket.
        RaftServerConfigKeys.Log.Appender.setInstallSnapshotEnabled(p, false);
        RaftServerConfigKeys.Log.setPurgeUptoSnapshotIndex(p, true);
        RaftServerConfigKeys.Log.setPurgeGap(p, 1);
        RaftServerConfigKeys.Snapshot.setAutoTriggerEnabled(p, false);
        RaftServerConfigKeys.Snapshot.setTriggerWhenStopEnabled(p, false);
    }

    private static TimeDuration ratis(Duration duration) {
        return TimeDuration.valueOf(duration.toMillis(), TimeUnit.MILLISECONDS);
    }
}
