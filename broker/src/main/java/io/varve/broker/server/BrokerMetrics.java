// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.server;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.varve.archiver.JobStatus;
import io.varve.archiver.ShardArchiver.ArchiveStatus;
import io.varve.broker.cold.ColdTier;
import io.varve.objectstore.CountingObjectStore;
import io.varve.objectstore.StoreOperation;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.ToDoubleFunction;

/// The broker's metrics, all read when they are asked for. Thread-safe.
final class BrokerMetrics implements AutoCloseable {
    private static final List<String> JOBS =
            List.of(
                    "journaler",
                    "checkpointer",
                    "segmenter",
                    "retention",
                    "collector",
                    "trash",
                    "topics");

    private final PrometheusMeterRegistry registry =
            new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final JvmGcMetrics gc = new JvmGcMetrics();

    BrokerMetrics(CountingObjectStore store, ColdTier cold, List<ShardRuntime> shards) {
        new JvmMemoryMetrics().bindTo(registry);
        new JvmThreadMetrics().bindTo(registry);
        new ProcessorMetrics().bindTo(registry);
        gc.bindTo(registry);
        bucket(store);
        reads(cold);
        shards.forEach(this::archive);
    }

    PrometheusMeterRegistry registry() {
        return registry;
    }

    private void bucket(CountingObjectStore store) {
        for (StoreOperation operation : StoreOperation.values()) {
            String op = operation.name().toLowerCase(Locale.ROOT);
            FunctionCounter.builder(
                            "varve_bucket_requests",
                            store,
                            s -> s.counts().of(operation).requests())
                    .tag("op", op)
                    .description("requests to the bucket")
                    .register(registry);
            FunctionCounter.builder(
                            "varve_bucket_failures",
                            store,
                            s -> s.counts().of(operation).failures())
                    .tag("op", op)
                    .description("requests to the bucket that failed")
                    .register(registry);
        }
        FunctionCounter.builder("varve_bucket_sent_bytes", store, s -> s.counts().bytesIn())
                .description("bytes put into the bucket")
                .register(registry);
        FunctionCounter.builder("varve_bucket_read_bytes", store, s -> s.counts().bytesOut())
                .description("bytes read from the bucket")
                .register(registry);
    }

    private void reads(ColdTier cold) {
        FunctionCounter.builder("varve_tier_read_requests", cold, c -> c.counters().reads())
                .tag("tier", "bucket")
                .description("reads of clients that the cold tier answered")
                .register(registry);
        FunctionCounter.builder(
                        "varve_cache_hits",
                        cold,
                        c -> c.counters().memoryHits() + c.counters().diskHits())
                .description("chunks found in the cache")
                .register(registry);
        FunctionCounter.builder("varve_cache_misses", cold, c -> c.counters().misses())
                .description("chunks fetched from the bucket")
                .register(registry);
        Gauge.builder("varve_cache_bytes", cold, ColdTier::cacheBytes)
                .description("bytes in the disk cache")
                .register(registry);
    }

    private void archive(ShardRuntime shard) {
        String number = Integer.toString(shard.shard().id().shard());
        gauge(
                shard,
                number,
                "varve_archive_lag_seconds",
                "age of the oldest acknowledged record that is not in the bucket",
                status -> status.lagMs() / 1e3);
        gauge(
                shard,
                number,
                "varve_archive_lag_bytes",
                "record bytes that are not in the bucket",
                ArchiveStatus::lagBytes);
        Gauge.builder("varve_shard_applied_index", shard, s -> s.shard().appliedEndIndex())
                .tag("shard", number)
                .description("end of the Raft entries that are applied")
                .register(registry);
        Gauge.builder("varve_shard_floor_index", shard, s -> s.shard().floorEnd())
                .tag("shard", number)
                .description("end of what the newest verified checkpoint covers")
                .register(registry);
        for (String job : JOBS) {
            Gauge.builder(
                            "varve_job_last_success_timestamp_seconds",
                            shard,
                            s -> lastSuccess(s, job))
                    .tag("job", job)
                    .tag("shard", number)
                    .description("when a job last did its work, or found none to do")
                    .register(registry);
        }
    }

    private void gauge(
            ShardRuntime shard,
            String number,
            String name,
            String description,
            ToDoubleFunction<ArchiveStatus> value) {
        Gauge.builder(name, shard, s -> status(s).map(value::applyAsDouble).orElse(0.0))
                .tag("shard", number)
                .description(description)
                .register(registry);
    }

    private static Optional<ArchiveStatus> status(ShardRuntime shard) {
        return shard.archiving().running().map(running -> running.archiver().status());
    }

    private static double lastSuccess(ShardRuntime shard, String job) {
        return status(shard).map(ArchiveStatus::jobs).orElse(List.of()).stream()
                        .filter(status -> status.name().equals(job))
                        .mapToLong(JobStatus::lastSuccessMs)
                        .max()
                        .orElse(0)
                / 1e3;
    }

    @Override
    public void close() {
        gc.close();
        registry.close();
    }
}
