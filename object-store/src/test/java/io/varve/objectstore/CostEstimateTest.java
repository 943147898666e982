// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class CostEstimateTest {
    private static final long GB = 1L << 30;
    private static final long MINUTE = 60_000;
    private static final long HOUR = 60 * MINUTE;

    private final RequestMeter meter = new RequestMeter();
    private final StorePrices prices = new StorePrices("test", 1, 0.1, 2, 0.5);
    private final CostEstimate estimate = new CostEstimate(prices, meter::snapshot, 0);

    private void requests(StoreOperation operation, int count) {
        for (int i = 0; i < count; i++) {
            meter.answered(operation, 200, 1);
        }
    }

    @Test
    void anHourIsTakenForAllHoursOfAMonth() {
        requests(StoreOperation.PUT, 60);
        requests(StoreOperation.LIST, 40);
        requests(StoreOperation.GET, 900);
        requests(StoreOperation.HEAD, 100);
        requests(StoreOperation.DELETE, 500);
        meter.read(GB);

        assertThat(estimate.monthlyUsd(3 * GB, HOUR))
                .isCloseTo(3 * 2 + 730 * (0.1 + 0.1 + 0.5), within(1e-6));
    }

    @Test
    void lessThanAnHourIsExtrapolatedAndAMomentIsNot() {
        requests(StoreOperation.PUT, 100);

        assertThat(estimate.monthlyUsd(GB, MINUTE - 1)).isEqualTo(2);
        assertThat(estimate.monthlyUsd(0, 6 * MINUTE)).isCloseTo(730 * 10 * 0.1, within(1e-6));
    }

    @Test
    void whatIsLongAgoDoesNotCountAnyMore() {
        requests(StoreOperation.PUT, 1_000);
        for (long now = 0; now <= 10 * HOUR; now += 15_000) {
            estimate.monthlyUsd(0, now);
        }
        assertThat(estimate.monthlyUsd(0, 10 * HOUR)).isZero();

        requests(StoreOperation.PUT, 100);
        assertThat(estimate.monthlyUsd(0, 10 * HOUR)).isCloseTo(73, within(2.0));
    }

    @Test
    void askedRarelyItGoesBackToItsLastLook() {
        assertThat(estimate.monthlyUsd(0, 5 * HOUR)).isZero();
        requests(StoreOperation.PUT, 1_000);

        assertThat(estimate.monthlyUsd(0, 10 * HOUR)).isCloseTo(730 * 0.2, within(1e-6));
    }

    @Test
    void anOwnServerCostsNothing() {
        requests(StoreOperation.PUT, 1_000);

        assertThat(
                        new CostEstimate(StorePrices.FREE, meter::snapshot, 0)
                                .monthlyUsd(100 * GB, HOUR))
                .isZero();
    }
}
