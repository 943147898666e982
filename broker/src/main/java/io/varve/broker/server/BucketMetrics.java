// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.server;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.varve.objectstore.CostEstimate;
import io.varve.objectstore.RequestListener;
import io.varve.objectstore.RequestMeter;
import io.varve.objectstore.StoreOperation;
import io.varve.objectstore.governed.Priority;
import io.varve.objectstore.governed.StoreGovernor;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.ToDoubleFunction;

/// The metrics of the bucket: its requests as they are answered, who waits for it, what it costs.
/// An operation and a status are shown from their first request on. Thread-safe.
final class BucketMetrics implements RequestListener {
    private final MeterRegistry registry;
    private final RequestMeter meter = new RequestMeter();
    private final Map<StoreOperation, Timer> timers = new ConcurrentHashMap<>();
    private final Set<Answer> shown = ConcurrentHashMap.newKeySet();

    private record Answer(StoreOperation operation, int status) {}

    BucketMetrics(MeterRegistry registry) {
        this.registry = registry;
        counter("varve_bucket_sent_bytes", RequestMeter::sentBytes, "bytes put into the bucket");
        counter("varve_bucket_read_bytes", RequestMeter::readBytes, "bytes read from the bucket");
    }

    private void counter(String name, ToDoubleFunction<RequestMeter> count, String description) {
        FunctionCounter.builder(name, meter, count).description(description).register(registry);
    }

    /// Counts what this is told of, and the bytes that it is told itself.
    RequestMeter meter() {
        return meter;
    }

    @Override
    public void answered(StoreOperation operation, int status, long elapsedNs) {
        meter.answered(operation, status, elapsedNs);
        if (shown.add(new Answer(operation, status))) {
            FunctionCounter.builder(
                            "varve_bucket_requests", meter, m -> m.requests(operation, status))
                    .tag("op", name(operation))
                    .tag("code", status == 0 ? "none" : Integer.toString(status))
                    .description(
                            "requests to the bucket, each attempt by itself, by the status of HTTP")
                    .register(registry);
        }
        timers.computeIfAbsent(operation, this::timer).record(elapsedNs, TimeUnit.NANOSECONDS);
    }

    private Timer timer(StoreOperation operation) {
        return Timer.builder("varve_bucket_request")
                .tag("op", name(operation))
                .description("time from sending a request to the head of its answer")
                .serviceLevelObjectives(BrokerMetrics.BUCKETS)
                .register(registry);
    }

    private static String name(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }

    /// Who waits for the bucket.
    void governor(StoreGovernor governor) {
        for (Priority priority : Priority.values()) {
            gauge(
                    "varve_bucket_calls_waiting",
                    priority,
                    governor,
                    g -> g.waiting(priority),
                    "calls that wait for their turn");
            gauge(
                    "varve_bucket_calls_in_flight",
                    priority,
                    governor,
                    g -> g.inFlight(priority),
                    "calls that the bucket works on");
            FunctionCounter.builder(
                            "varve_bucket_waited_seconds",
                            governor,
                            g -> g.waitedNs(priority) / 1e9)
                    .tag("priority", name(priority))
                    .description("how long all calls that went had waited")
                    .register(registry);
            FunctionCounter.builder(
                            "varve_bucket_calls_refused", governor, g -> g.refused(priority))
                    .tag("priority", name(priority))
                    .description("calls whose turn did not come in time")
                    .register(registry);
        }
        Gauge.builder("varve_bucket_request_rate_limit", governor, StoreGovernor::requestsPerSecond)
                .description("requests per second that are allowed now")
                .strongReference(true)
                .register(registry);
        FunctionCounter.builder("varve_bucket_throttled", governor, StoreGovernor::throttled)
                .description("answers that asked for fewer requests")
                .register(registry);
    }

    private void gauge(
            String name,
            Priority priority,
            StoreGovernor governor,
            ToDoubleFunction<StoreGovernor> value,
            String description) {
        Gauge.builder(name, governor, value)
                .tag("priority", name(priority))
                .description(description)
                .strongReference(true)
                .register(registry);
    }

    /// What is stored, and what it costs.
    ///
    /// @param storedBytes of the shards that this broker leads
    /// @param clock milliseconds, as the estimate was made with
    void costs(CostEstimate estimate, LongSupplier storedBytes, LongSupplier clock) {
        Gauge.builder("varve_bucket_stored_bytes", storedBytes, LongSupplier::getAsLong)
                .description("bytes in the bucket of the shards that this broker leads")
                .strongReference(true)
                .register(registry);
        Gauge.builder(
                        "varve_bucket_cost_estimate_usd",
                        estimate,
                        e -> e.monthlyUsd(storedBytes.getAsLong(), clock.getAsLong()))
                .description(
                        "US dollars a month: storage of those shards, and this broker's requests of the last hour")
                .strongReference(true)
                .register(registry);
    }
}
