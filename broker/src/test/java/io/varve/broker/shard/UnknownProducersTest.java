// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.shard;

import static io.varve.broker.shard.ShardBroker.P0;
import static org.assertj.core.api.Assertions.assertThat;

import io.varve.manifest.state.BatchFacts;
import java.util.Random;
import org.junit.jupiter.api.Test;

class UnknownProducersTest {
    private static final long NOW_MS = TestBatches.TIME_MS;
    private static final int RANDOM_PRODUCERS = 2_000;
    private static final int IN_FLIGHT = 5;

    private final UnknownProducers unknown = new UnknownProducers();

    @Test
    void whoBeginsAtZeroIsTakenAtOnce() {
        assertThat(mayBeginWith(0)).isTrue();
    }

    @Test
    void whoBeginsInTheMiddleIsTakenWhenItComesAgain() {
        assertThat(mayBeginWith(7)).isFalse();
        assertThat(mayBeginWith(7)).isTrue();
    }

    @Test
    void ofSeveralThatWereAskedTheEarliestIsTakenFirst() {
        assertThat(mayBeginWith(7)).isFalse();
        assertThat(mayBeginWith(3)).isFalse();
        assertThat(mayBeginWith(7)).isFalse();
        assertThat(mayBeginWith(3)).isTrue();
    }

    @Test
    void oneThatItsProducerGaveUpStandsInNobodysWayForLong() {
        assertThat(mayBeginWith(3)).isFalse();
        long later = NOW_MS + UnknownProducers.PATIENCE.toMillis();
        assertThat(unknown.mayBeginWith(P0, batch(5, 7), later - 1)).isFalse();
        assertThat(unknown.mayBeginWith(P0, batch(5, 7), later)).isFalse();
        assertThat(unknown.mayBeginWith(P0, batch(5, 7), later + 100)).isTrue();
    }

    @Test
    void producersDoNotKnowOfEachOther() {
        assertThat(mayBeginWith(7)).isFalse();
        assertThat(unknown.mayBeginWith(P0, batch(6, 7), NOW_MS)).isFalse();
    }

    @Test
    void soManyAreRememberedAndWhoWasForgottenIsAskedOnceMore() {
        assertThat(mayBeginWith(7)).isFalse();
        for (int other = 0; other < 10_000; other++) {
            assertThat(unknown.mayBeginWith(P0, batch(100 + other, 7), NOW_MS)).isFalse();
        }
        assertThat(mayBeginWith(7)).isFalse();
        assertThat(mayBeginWith(7)).isTrue();
        assertThat(unknown.mayBeginWith(P0, batch(100 + 9_999, 7), NOW_MS)).isTrue();
    }

    @Test
    void theOrderOfAConnectionSurvivesWhenTheLeaderBecomesReadyAmongItsBatches() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        for (int producer = 0; producer < RANDOM_PRODUCERS; producer++) {
            assertThat(firstTaken(producer, random.nextInt(3 * IN_FLIGHT)))
                    .as("first batch that was taken: seed=%d, producer=%d", seed, producer)
                    .isZero();
        }
    }

    /// What the partition begins with when a producer sends its first batches again and again, in
    /// order, and the leader refuses what arrives before it is ready.
    private int firstTaken(int producer, int arrivalsBeforeReady) {
        int arrived = 0;
        while (true) {
            for (int sequence = 0; sequence < IN_FLIGHT; sequence++) {
                if (arrived++ >= arrivalsBeforeReady
                        && unknown.mayBeginWith(P0, batch(producer, sequence), NOW_MS)) {
                    return sequence;
                }
            }
        }
    }

    private boolean mayBeginWith(int sequence) {
        return unknown.mayBeginWith(P0, batch(5, sequence), NOW_MS);
    }

    private static BatchFacts batch(long producerId, int sequence) {
        return new BatchFacts(
                0,
                1,
                100,
                NOW_MS,
                producerId,
                (short) 0,
                sequence,
                false,
                BatchFacts.Kind.DATA,
                -1);
    }
}
