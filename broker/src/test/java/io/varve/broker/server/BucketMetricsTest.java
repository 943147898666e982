// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.varve.objectstore.BucketSettings;
import io.varve.objectstore.CostEstimate;
import io.varve.objectstore.StoreOperation;
import io.varve.objectstore.StorePrices;
import io.varve.objectstore.governed.GovernorLimits;
import io.varve.objectstore.governed.Priority;
import io.varve.objectstore.governed.StoreGovernor;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class BucketMetricsTest {
    private static final long HOUR_MS = 3_600_000;

    private final PrometheusMeterRegistry registry =
            new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final BucketMetrics metrics = new BucketMetrics(registry);

    @AfterEach
    void close() {
        registry.close();
    }

    private double value(String series) {
        return registry.scrape()
                .lines()
                .filter(line -> line.startsWith(series + " "))
                .mapToDouble(line -> Double.parseDouble(line.substring(series.length() + 1)))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no such series: " + series));
    }

    @Test
    void eachAttemptIsShownByOperationAndStatus() {
        metrics.answered(StoreOperation.PUT, 200, 30_000_000);
        metrics.answered(StoreOperation.PUT, 503, 1_000_000);
        metrics.answered(StoreOperation.PUT, 503, 1_000_000);
        metrics.answered(StoreOperation.GET, 0, 2_000_000_000);

        assertThat(value("varve_bucket_requests_total{code=\"200\",op=\"put\"}")).isEqualTo(1);
        assertThat(value("varve_bucket_requests_total{code=\"503\",op=\"put\"}")).isEqualTo(2);
        assertThat(value("varve_bucket_requests_total{code=\"none\",op=\"get\"}")).isEqualTo(1);
        assertThat(value("varve_bucket_request_seconds_count{op=\"put\"}")).isEqualTo(3);
        assertThat(value("varve_bucket_request_seconds_bucket{op=\"put\",le=\"0.02\"}"))
                .isEqualTo(2);
        assertThat(value("varve_bucket_request_seconds_sum{op=\"get\"}")).isEqualTo(2);
    }

    @Test
    void whatIsPutIsSentAndWhatIsGotIsRead() {
        metrics.meter().sent(500);
        metrics.meter().read(3);

        assertThat(value("varve_bucket_sent_bytes_total")).isEqualTo(500);
        assertThat(value("varve_bucket_read_bytes_total")).isEqualTo(3);
    }

    @Test
    void whoWaitsAndHowFastTheBucketIsAskedIsShown() throws Exception {
        StoreGovernor governor =
                new StoreGovernor(
                        GovernorLimits.of("s3://b", BucketSettings.NONE.rates()), System::nanoTime);
        metrics.governor(governor);
        StoreGovernor.Permit permit = governor.acquire(Priority.READ, 0);
        governor.answered(StoreOperation.GET, 429, 1);

        assertThat(value("varve_bucket_calls_in_flight{priority=\"read\"}")).isEqualTo(1);
        assertThat(value("varve_bucket_calls_waiting{priority=\"journal\"}")).isZero();
        assertThat(value("varve_bucket_calls_refused_total{priority=\"background\"}")).isZero();
        assertThat(value("varve_bucket_waited_seconds_total{priority=\"read\"}")).isNotNegative();
        assertThat(value("varve_bucket_throttled_total")).isEqualTo(1);
        assertThat(value("varve_bucket_request_rate_limit")).isLessThan(1_000);
        permit.release(0);
    }

    @Test
    void theCostIsThatOfWhatIsStoredAndOfTheLastHour() {
        AtomicLong nowMs = new AtomicLong();
        CostEstimate estimate =
                new CostEstimate(
                        StorePrices.of("s3", Map.of("price.put-per-thousand", "10")),
                        metrics.meter()::snapshot,
                        0);
        metrics.costs(estimate, () -> 100L << 30, nowMs::get);
        for (int i = 0; i < 100; i++) {
            metrics.answered(StoreOperation.PUT, 200, 1);
        }
        nowMs.set(HOUR_MS);

        assertThat(value("varve_bucket_stored_bytes")).isEqualTo(100L << 30);
        assertThat(value("varve_bucket_cost_estimate_usd")).isCloseTo(2.3 + 730, within(0.001));
    }
}
