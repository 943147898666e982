// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.governed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class AdaptiveRateTest {
    private static final long SECOND = 1_000_000_000;

    private final AdaptiveRate rate = new AdaptiveRate(100, 0);

    /// Takes what there is until then, and counts it.
    private static int use(AdaptiveRate from, long startNs, long endNs) {
        int used = 0;
        for (long now = startNs; now < endNs; now += SECOND / 1_000) {
            while (from.hasToken(now)) {
                from.take(now);
                used++;
            }
        }
        return used;
    }

    @Test
    void oneSecondsWorthIsSavedAndThenTheRateIsKept() {
        assertThat(use(rate, 0, 10 * SECOND)).isBetween(1_098, 1_100);
        assertThat(use(rate, 100 * SECOND, 101 * SECOND))
                .as("never more than that")
                .isBetween(198, 200);
    }

    @Test
    void aTokenIsThereWhenItWasSaidToCome() {
        use(rate, 0, 1);
        long delay = rate.delayNs(1);

        assertThat(delay).isBetween(1L, SECOND / 100);
        assertThat(rate.hasToken(delay - 1_000)).isFalse();
        assertThat(rate.hasToken(1 + delay)).isTrue();
    }

    @Test
    void throttlingHalvesWhatWasUsedAndForgetsWhatWasSaved() {
        for (int i = 0; i < 40; i++) {
            rate.take(SECOND + i);
        }
        rate.throttled(SECOND + 50);

        assertThat(rate.perSecond(SECOND + 50)).isEqualTo(20);
        assertThat(rate.hasToken(SECOND + 50)).isFalse();
        assertThat(rate.delayNs(SECOND + 50)).isBetween(1L, SECOND / 20);
    }

    @Test
    void answersOfTheSameSecondCutOnce() {
        use(rate, 0, 2 * SECOND);
        for (int i = 0; i < 64; i++) {
            rate.throttled(2 * SECOND + i);
        }
        assertThat(rate.perSecond(2 * SECOND + 64)).isCloseTo(50, within(1.0));

        use(rate, 2 * SECOND + 64, 3 * SECOND + 1);
        rate.throttled(3 * SECOND + 1);
        assertThat(rate.perSecond(3 * SECOND + 1)).isBetween(20.0, 27.0);
    }

    @Test
    void recoveryIsGradualAndComplete() {
        AdaptiveRate service = new AdaptiveRate(1_000, 0);
        use(service, 0, SECOND);
        service.throttled(SECOND);
        assertThat(service.perSecond(SECOND)).isBetween(490.0, 500.0);

        double last = service.perSecond(SECOND);
        int seconds = 0;
        while (last < 1_000) {
            seconds++;
            double next = service.perSecond(SECOND + seconds * SECOND);
            assertThat(next).isGreaterThan(last).isLessThanOrEqualTo(last * 1.05 + 1.001);
            last = next;
        }
        assertThat(seconds).isBetween(12, 15);
        assertThat(service.perSecond(3_600 * SECOND)).isEqualTo(1_000);
    }

    @Test
    void aStoreThatAlwaysThrottlesIsStillAskedOnceASecond() {
        for (int second = 1; second < 100; second++) {
            rate.throttled(second * SECOND);
        }

        assertThat(rate.perSecond(99 * SECOND)).isEqualTo(AdaptiveRate.FLOOR_PER_SECOND);
        assertThat(rate.delayNs(99 * SECOND)).isLessThanOrEqualTo(2 * SECOND);
    }

    @Test
    void anUnlimitedRateGivesWayAsWell() {
        AdaptiveRate unlimited = new AdaptiveRate(GovernorLimits.UNLIMITED_REQUESTS, 0);
        for (int i = 0; i < 200; i++) {
            unlimited.take(SECOND);
        }
        unlimited.throttled(SECOND);

        assertThat(unlimited.perSecond(SECOND)).isEqualTo(100);
        assertThat(unlimited.perSecond(400 * SECOND)).isEqualTo(GovernorLimits.UNLIMITED_REQUESTS);
    }

    @Test
    void moreThanASecondsWorthIsNeverOwed() {
        for (int i = 0; i < 10_000; i++) {
            rate.take(0);
        }
        assertThat(rate.delayNs(0)).isBetween(SECOND, 2 * SECOND);
    }
}
