// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.archiver.StepResult;
import io.varve.broker.api.WriteAdmission.Verdict;
import io.varve.broker.server.DiskMeter.DiskSpace;
import io.varve.broker.server.DiskPressure.Level;
import io.varve.manifest.ShardId;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Levels of a disk of 1,000 bytes with marks at 750 and 900 and a reserve of 20.
final class DiskPressureTest {
    private static final int TOTAL = 1_000;

    private final ListedShard kept = new ListedShard(new ShardId(1, 1, 0));
    private final ListedShard late = new ListedShard(new ShardId(1, 2, 0));
    private long usable = TOTAL;
    private boolean broken;
    @TempDir Path folder;
    private DiskPressure pressure;

    @BeforeEach
    void open() {
        pressure =
                new DiskPressure(
                        () -> {
                            if (broken) {
                                throw new IOException("told to");
                            }
                            return new DiskSpace(TOTAL, usable);
                        },
                        new DiskBallast(folder.resolve("ballast")),
                        new DiskPressure.Marks(0.75, 0.90, 20, 3, Duration.ofSeconds(30)),
                        List.of(kept, late));
    }

    /// A shard that says what the test wants.
    private static final class ListedShard implements DiskPressure.ShardArchive {
        private final ShardId id;
        private Duration lag = Duration.ZERO;
        private int checkpoints;

        ListedShard(ShardId id) {
            this.id = id;
        }

        @Override
        public ShardId id() {
            return id;
        }

        @Override
        public Duration lag() {
            return lag;
        }

        @Override
        public void checkpointNow() {
            checkpoints++;
        }
    }

    private Level used(long bytes) {
        usable = TOTAL - bytes;
        assertThat(pressure.step()).isInstanceOf(StepResult.Idle.class);
        return pressure.level();
    }

    @Test
    void eachMarkIsALevelAndALevelIsLeftABitBelowIt() {
        assertThat(used(749)).isEqualTo(Level.ROOM);
        assertThat(pressure.underPressure()).isFalse();
        assertThat(used(750)).isEqualTo(Level.LOW);
        assertThat(pressure.underPressure()).isTrue();
        assertThat(used(741)).isEqualTo(Level.LOW);
        assertThat(used(739)).isEqualTo(Level.ROOM);
        assertThat(used(900)).isEqualTo(Level.HIGH);
        assertThat(used(950)).isEqualTo(Level.SCARCE);
        assertThat(used(980)).isEqualTo(Level.SCARCE);
        assertThat(used(981)).isEqualTo(Level.FULL);
        assertThat(used(961)).isEqualTo(Level.FULL);
        assertThat(used(960)).isEqualTo(Level.SCARCE);
        assertThat(used(941)).isEqualTo(Level.SCARCE);
        assertThat(used(939)).isEqualTo(Level.HIGH);
        assertThat(used(0)).isEqualTo(Level.ROOM);
    }

    @Test
    void onlyProducersOfShardsThatAreNotArchivedAreSlowedAndThenRefused() {
        late.lag = Duration.ofSeconds(31);
        kept.lag = Duration.ofSeconds(30);

        used(899);
        assertThat(pressure.of(late.id(), 0)).isInstanceOf(Verdict.Admitted.class);
        used(900);
        assertThat(pressure.of(late.id(), 0)).isEqualTo(new Verdict.Slowed(DiskPressure.PAUSE));
        used(950);
        assertThat(pressure.of(late.id(), 0))
                .isInstanceOfSatisfying(
                        Verdict.Refused.class,
                        refused -> {
                            assertThat(refused.error()).isEqualTo(Errors.KAFKA_STORAGE_ERROR);
                            assertThat(refused.message()).contains("usedShare=0.950");
                        });
        assertThat(pressure.of(kept.id(), 0)).isInstanceOf(Verdict.Admitted.class);
        assertThat(pressure.shardsBehind()).isEqualTo(1);
        assertThat(pressure.slowed()).isEqualTo(1);
        assertThat(pressure.refused()).isEqualTo(1);

        late.lag = Duration.ZERO;
        for (int look = 0; look < 10; look++) {
            used(950);
        }
        assertThat(pressure.of(late.id(), 0)).isInstanceOf(Verdict.Admitted.class);
    }

    @Test
    void aFullDiskRefusesEverybodyUntilThereIsSpace() {
        used(990);
        assertThat(pressure.of(kept.id(), 0)).isInstanceOf(Verdict.Refused.class);

        used(500);
        assertThat(pressure.of(kept.id(), 0)).isInstanceOf(Verdict.Admitted.class);
    }

    @Test
    void theBallastGoesWhenANewTermHasNoRoomAndComesBackWithTwiceTheReserve() {
        Path ballast = folder.resolve("ballast");
        used(961);
        assertThat(ballast).doesNotExist();
        used(960);
        assertThat(ballast).hasSize(6);

        used(997);
        assertThat(pressure.hasRoomForNewTerm()).isTrue();
        assertThat(ballast).exists();
        used(998);
        assertThat(pressure.hasRoomForNewTerm()).isFalse();
        assertThat(ballast).doesNotExist();

        used(992); // it was released
        assertThat(pressure.full()).isTrue();
        assertThat(pressure.hasRoomForNewTerm()).isTrue();
        assertThat(ballast).doesNotExist();
        used(1_000);
        assertThat(pressure.hasRoomForNewTerm()).isFalse();

        used(900);
        assertThat(ballast).hasSize(6);
    }

    @Test
    void whatWasAdmittedSinceTheLastLooksCountsAsWritten() {
        used(500);

        assertThat(pressure.of(kept.id(), 479)).isInstanceOf(Verdict.Admitted.class);
        assertThat(pressure.of(kept.id(), 1)).isInstanceOf(Verdict.Admitted.class);
        assertThat(pressure.of(kept.id(), 1)).isInstanceOf(Verdict.Refused.class);

        used(500); // nothing of it has reached the disk yet
        assertThat(pressure.of(kept.id(), 1)).isInstanceOf(Verdict.Refused.class);
        used(500);
        assertThat(pressure.of(kept.id(), 480)).isInstanceOf(Verdict.Admitted.class);
        assertThat(pressure.level()).isEqualTo(Level.ROOM);
    }

    @Test
    void theErrorIsOneThatClientsTryAgainAfter() {
        used(990);

        Verdict.Refused refused = (Verdict.Refused) pressure.of(kept.id(), 0);
        assertThat(refused.error().exception())
                .isInstanceOf(org.apache.kafka.common.errors.RetriableException.class);
    }

    @Test
    void underPressureTheFloorIsRaisedAtOnceAndThenNowAndAgain() {
        used(500);
        assertThat(kept.checkpoints).isZero();

        used(800);
        assertThat(kept.checkpoints).isEqualTo(1);
        for (int look = 0; look < 100; look++) {
            used(800);
        }
        assertThat(kept.checkpoints).isEqualTo(2);
        assertThat(late.checkpoints).isEqualTo(2);
    }

    @Test
    void aDiskThatCannotBeAskedLeavesTheLevelAsItWas() {
        used(800);
        broken = true;

        assertThat(pressure.step()).isInstanceOf(StepResult.Failed.class);
        assertThat(pressure.level()).isEqualTo(Level.LOW);
    }
}
