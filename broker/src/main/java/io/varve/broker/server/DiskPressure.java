// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.server;

import io.varve.archiver.StepResult;
import io.varve.broker.api.DataDirectoryView;
import io.varve.broker.api.WriteAdmission;
import io.varve.broker.config.BrokerConfig;
import io.varve.broker.raft.RaftSettings;
import io.varve.broker.server.DiskMeter.DiskSpace;
import io.varve.manifest.ShardId;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.HashSet;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import org.apache.kafka.common.protocol.Errors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// How full the disk is, and what follows from it. Nothing is lost at any level: reads, metadata
/// and group offsets go on, and each level ends by itself when space is back.
///
/// ```
/// ROOM --disk.low.watermark--> LOW --disk.high.watermark--> HIGH --half of the rest--> SCARCE --reserve--> FULL
///      all below the floor may go,  producers of shards that     ... and are           all producers
///      checkpoints at once          are not archived are slowed  refused               are refused
/// ```
///
/// A level is left when the used share is [#HYSTERESIS] below its mark (the last: when twice the
/// reserve is free). A shard counts as not archived when its oldest record that is in no journal is
/// older than some intervals: the bucket is away, or too slow for what is written. The reserve is
/// room for what is never pushed back, so that a full disk ends the process (a failed write is
/// final) only when others fill it. At FULL shards that this broker leads go to others that have
/// room ([LeaderDuties]), and those that others lead take nothing more; they catch up afterwards.
/// When others took the reserve too, the [DiskBallast] goes, so that they still can.
///
/// Producers are refused with KAFKA_STORAGE_ERROR: the Java client and librdkafka both try again
/// after it and know that nothing was stored; after THROTTLING_QUOTA_EXCEEDED librdkafka gives up.
///
/// Owner of [#step]: one thread; everything else thread-safe.
final class DiskPressure implements WriteAdmission {
    private static final Logger LOG = LoggerFactory.getLogger(DiskPressure.class);

    static final double HYSTERESIS = 0.01;
    static final Duration PAUSE = Duration.ofSeconds(1);
    private static final long LOOK_WITH_ROOM_MS = 1_000;

    /// More than a broker writes from one look to the next.
    private static final long MUCH_ROOM_BYTES = 4L << 30;

    /// Under pressure, or where little is left.
    private static final long LOOK_MS = 100;

    private static final int LOOKS_BETWEEN_LAGS = 10;
    private static final int LOOKS_BETWEEN_CHECKPOINTS = 100;

    /// A shard that is so many `archive.interval.ms` late is not archived.
    private static final long INTERVALS_BEHIND = 6;

    /// Of a small disk, the reserve is no more than this part.
    private static final int RESERVE_PARTS = 10;

    /// A new term writes on each replica of a shard a segment of Raft's log, and its small files.
    private static final long NEW_TERM_BYTES = RaftSettings.SEGMENT_BYTES + (128 << 10);

    /// The ballast is so many times what a new term needs: while it is looked for a new leader,
    /// this broker writes on.
    private static final int BALLAST_TERMS = 2;

    private final DiskMeter disk;
    private final DiskBallast ballast;
    private final Marks marks;
    private final Collection<? extends ShardArchive> shards;
    private final LongAdder slowed = new LongAdder();
    private final LongAdder refused = new LongAdder();
    private final AtomicLong admittedSinceLook = new AtomicLong();
    private int looks;
    private volatile long admittedBeforeLook;
    private volatile Optional<DiskSpace> looked = Optional.empty();
    private volatile Level level = Level.ROOM;
    private volatile Set<ShardId> behind = Set.of();

    DiskPressure(
            DiskMeter disk,
            DiskBallast ballast,
            Marks marks,
            Collection<? extends ShardArchive> shards) {
        this.disk = disk;
        this.ballast = ballast;
        this.marks = marks;
        this.shards = shards;
    }

    /// @param low, high `disk.low.watermark`, `disk.high.watermark`
    /// @param reserveBytes less than this left: everybody is refused
    /// @param newTermBytes less than this left: no shard is handed over
    /// @param behindAfter age of an unarchived record from which its shard counts as not archived
    record Marks(
            double low, double high, long reserveBytes, long newTermBytes, Duration behindAfter) {
        /// The reserve holds the files that each shard writes and prepares next.
        static Marks of(BrokerConfig config, int shards) {
            BrokerConfig.HotTier hot = config.hotTier();
            return new Marks(
                    hot.lowWatermark(),
                    hot.highWatermark(),
                    2 * hot.fileBytes() * shards,
                    NEW_TERM_BYTES * shards,
                    Duration.ofMillis(INTERVALS_BEHIND * config.archive().intervalMs()));
        }
    }

    /// What temporary files leave of a large disk: more than what ends [Level#FULL].
    static long temporaryReserveBytes(BrokerConfig config, int shards) {
        return 3 * Marks.of(config, shards).reserveBytes();
    }

    enum Level {
        ROOM(0),
        LOW(1),
        HIGH(2),
        SCARCE(3),
        FULL(4);

        /// As the metric shows it.
        final int number;

        Level(int number) {
            this.number = number;
        }
    }

    /// A shard's archiving, as seen from here.
    interface ShardArchive {
        ShardId id();

        /// Age of the oldest committed record that is in no journal; 0 when there is none.
        Duration lag();

        /// Raises the floor to what is journaled, as soon as it can: only below it files may go.
        void checkpointNow();
    }

    /// Looks at the disk.
    StepResult step() {
        DiskSpace now;
        try {
            now = disk.measure();
        } catch (IOException e) {
            return new StepResult.Failed("cannot ask how full the disk is", e);
        }
        admittedBeforeLook = admittedSinceLook.getAndSet(0);
        looked = Optional.of(now);
        become(levelOf(now), now);
        try {
            trim(now);
        } catch (IOException e) {
            return new StepResult.Failed("cannot hold or release the ballast", e);
        }
        if (level == Level.ROOM) {
            behind = Set.of();
            looks = 0;
            return new StepResult.Idle(
                    now.usableBytes() > MUCH_ROOM_BYTES ? LOOK_WITH_ROOM_MS : LOOK_MS);
        }
        if (looks % LOOKS_BETWEEN_CHECKPOINTS == 0) {
            shards.forEach(ShardArchive::checkpointNow);
        }
        if (looks % LOOKS_BETWEEN_LAGS == 0) {
            behind = findBehind(); // costs a look at every partition
        }
        looks++;
        return new StepResult.Idle(LOOK_MS);
    }

    private void trim(DiskSpace now) throws IOException {
        if (now.usableBytes() >= 2 * reserve(now)) {
            ballast.hold(BALLAST_TERMS * newTerm(now));
        } else if (now.usableBytes() < newTerm(now) && ballast.release()) {
            LOG.warn(
                    "others filled the disk, the ballast is released to hand the shards over: usableBytes={}",
                    now.usableBytes());
        }
    }

    private Level levelOf(DiskSpace now) {
        if (now.usableBytes() < reserve(now) * (level == Level.FULL ? 2 : 1)) {
            return Level.FULL;
        }
        return reached(Level.SCARCE, (marks.high() + 1) / 2, now)
                ? Level.SCARCE
                : reached(Level.HIGH, marks.high(), now)
                        ? Level.HIGH
                        : reached(Level.LOW, marks.low(), now) ? Level.LOW : Level.ROOM;
    }

    private long reserve(DiskSpace now) {
        return Math.min(marks.reserveBytes(), now.totalBytes() / RESERVE_PARTS);
    }

    /// On a disk so small that its reserve is, too, less must do.
    private long newTerm(DiskSpace now) {
        return Math.min(marks.newTermBytes(), reserve(now) / 4);
    }

    /// What is reached already is left a bit later.
    private boolean reached(Level each, double mark, DiskSpace now) {
        double slack = each.compareTo(level) <= 0 ? HYSTERESIS : 0;
        return now.usedShare() + slack >= mark;
    }

    private void become(Level next, DiskSpace why) {
        if (next != level) {
            LOG.warn(
                    "disk pressure: {} -> {}, usedShare={}, usableBytes={}",
                    level,
                    next,
                    share(why),
                    why.usableBytes());
            level = next;
        }
    }

    private Set<ShardId> findBehind() {
        Set<ShardId> found = new HashSet<>();
        for (ShardArchive shard : shards) {
            if (shard.lag().compareTo(marks.behindAfter()) > 0) {
                found.add(shard.id());
            }
        }
        return Set.copyOf(found);
    }

    @Override
    public Verdict of(ShardId shard, int bytes) {
        Level now = hasRoomFor(bytes) ? level : Level.FULL;
        boolean late = now.compareTo(Level.HIGH) >= 0 && behind.contains(shard);
        if (now == Level.FULL) {
            refused.increment();
            return refusal("disk of this broker is full");
        } else if (late && now == Level.SCARCE) {
            refused.increment();
            return refusal(
                    "disk of this broker is nearly full and the bucket does not take this topic's records");
        } else if (late) {
            slowed.increment();
            admittedSinceLook.addAndGet(bytes);
            return new Verdict.Slowed(PAUSE);
        }
        admittedSinceLook.addAndGet(bytes);
        return new Verdict.Admitted();
    }

    /// Between two looks a fast writer could use the reserve. What was admitted since the last look
    /// but one counts as not yet written: some of it may be on its way.
    private boolean hasRoomFor(int bytes) {
        long admitted = admittedBeforeLook + admittedSinceLook.get();
        return looked.map(now -> now.usableBytes() - admitted - bytes >= reserve(now)).orElse(true);
    }

    private Verdict.Refused refusal(String fact) {
        DiskSpace now = space();
        return new Verdict.Refused(
                Errors.KAFKA_STORAGE_ERROR,
                fact + ": usedShare=" + share(now) + ", usableBytes=" + now.usableBytes(),
                PAUSE);
    }

    private static String share(DiskSpace space) {
        return String.format(Locale.ROOT, "%.3f", space.usedShare());
    }

    /// Whether everything below the floor should go.
    boolean underPressure() {
        return level != Level.ROOM;
    }

    /// Whether shards that others lead should take nothing more.
    boolean full() {
        return level == Level.FULL;
    }

    /// Whether there is room for another term of the shards here. Where a disk has nothing left
    /// Ratis empties files of its own (`EmptiedFiles`).
    boolean hasRoomForNewTerm() {
        return looked.map(now -> now.usableBytes() >= newTerm(now)).orElse(true);
    }

    Level level() {
        return level;
    }

    /// As it was at the last look; nothing before the first.
    DiskSpace space() {
        return looked.orElse(new DiskSpace(0, 0));
    }

    DataDirectoryView asDirectory(Path path) {
        return new DataDirectoryView() {
            @Override
            public String path() {
                return path.toString();
            }

            @Override
            public long totalBytes() {
                return looked.map(DiskSpace::totalBytes).orElse(-1L);
            }

            @Override
            public long usableBytes() {
                return looked.map(DiskSpace::usableBytes).orElse(-1L);
            }
        };
    }

    /// Shards whose producers are pushed back, or will be.
    int shardsBehind() {
        return behind.size();
    }

    /// Partitions of produce requests that were slowed, and that were refused.
    long slowed() {
        return slowed.sum();
    }

    long refused() {
        return refused.sum();
    }
}
