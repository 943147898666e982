// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.server;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.varve.archiver.JobStatus;
import io.varve.archiver.ShardArchiver.ArchiveStatus;
import io.varve.broker.log.ShardLogCounters;
import io.varve.broker.shard.Leadership;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.ToDoubleFunction;

/// The metrics of one shard on this broker. A status of the archive costs a look at every
/// partition, so that all meters of a scrape share one. Thread-safe.
final class ShardMetrics {
    static final String LAST_SUCCESS = "varve_job_last_success_timestamp_seconds";
    static final String LAST_SUCCESS_IS = "when a job last did its work, or found none to do";

    private static final List<String> JOBS =
            List.of(
                    "journaler",
                    "checkpointer",
                    "segmenter",
                    "retention",
                    "collector",
                    "trash",
                    "topics");
    private static final long STATUS_AGE_MAX_NS = TimeUnit.MILLISECONDS.toNanos(500);

    private final ShardRuntime shard;
    private final String number;
    private volatile Looked looked;

    private record Looked(long atNs, Optional<ArchiveStatus> status) {}

    ShardMetrics(ShardRuntime shard) {
        this.shard = shard;
        this.number = Integer.toString(shard.id().shard());
        this.looked = look();
    }

    private Looked look() {
        return new Looked(
                System.nanoTime(),
                shard.archiving().running().map(running -> running.archiver().status()));
    }

    private Optional<ArchiveStatus> status() {
        Looked last = looked;
        if (System.nanoTime() - last.atNs() > STATUS_AGE_MAX_NS) {
            last = look();
            looked = last;
        }
        return last.status();
    }

    void bindTo(MeterRegistry registry) {
        leadership(registry);
        archive(registry);
        log(registry);
    }

    private void leadership(MeterRegistry registry) {
        gauge(
                registry,
                "varve_shard_leader",
                s -> s.shard().leadership() instanceof Leadership.Ready ? 1 : 0,
                "1 when this broker leads the shard and takes writes");
        gauge(
                registry,
                "varve_shard_queue_requests",
                s -> s.shard().load().queuedRequests(),
                "appends and commands that wait for the shard's writer");
        gauge(
                registry,
                "varve_shard_queue_bytes",
                s -> s.shard().load().queuedBytes(),
                "their bytes");
        gauge(
                registry,
                "varve_shard_frames_in_flight",
                s -> s.shard().load().framesInFlight(),
                "frames handed to Raft and not applied");
        gauge(
                registry,
                "varve_shard_partitions",
                s -> s.shard().partitions().size(),
                "partitions that are open");
        gauge(
                registry,
                "varve_shard_applied_index",
                s -> s.shard().appliedEndIndex(),
                "end of the Raft entries that are applied");
        gauge(
                registry,
                "varve_shard_floor_index",
                s -> s.shard().floorEnd(),
                "end of what the newest verified checkpoint covers");
    }

    private void archive(MeterRegistry registry) {
        gauge(
                registry,
                "varve_archive_lag_seconds",
                _ -> status().map(status -> status.lagMs() / 1e3).orElse(0.0),
                "age of the oldest acknowledged record that is not in the bucket");
        gauge(
                registry,
                "varve_archive_lag_bytes",
                _ -> status().map(status -> (double) status.lagBytes()).orElse(0.0),
                "record bytes that are not in the bucket");
        for (String job : JOBS) {
            Gauge.builder(LAST_SUCCESS, this, metrics -> metrics.lastSuccess(job))
                    .tag("job", job)
                    .tag("shard", number)
                    .description(LAST_SUCCESS_IS)
                    .strongReference(true)
                    .register(registry);
        }
    }

    private double lastSuccess(String job) {
        return status().map(ArchiveStatus::jobs).orElse(List.of()).stream()
                        .filter(each -> each.name().equals(job))
                        .mapToLong(JobStatus::lastSuccessMs)
                        .max()
                        .orElse(0)
                / 1e3;
    }

    private void log(MeterRegistry registry) {
        gauge(
                registry,
                "varve_hot_disk_bytes",
                s -> s.log().diskBytes(),
                "size of the shard log's files, spares included");
        gauge(
                registry,
                "varve_hot_cache_bytes",
                s -> s.log().counters().cacheBytes(),
                "frames of the last seconds that are held in memory");
        counter(registry, "varve_shard_log_frames", ShardLogCounters::frames, "frames written");
        counter(
                registry,
                "varve_shard_log_written_bytes",
                ShardLogCounters::bytesWritten,
                "bytes written to the shard log");
        counter(
                registry,
                "varve_shard_log_flushes",
                ShardLogCounters::flushes,
                "flushes of the shard log");
        counter(
                registry,
                "varve_shard_log_files_freed",
                ShardLogCounters::filesFreed,
                "files of the shard log that were given up");
    }

    private void gauge(
            MeterRegistry registry,
            String name,
            ToDoubleFunction<ShardRuntime> value,
            String description) {
        Gauge.builder(name, shard, value)
                .tag("shard", number)
                .description(description)
                .strongReference(true)
                .register(registry);
    }

    private void counter(
            MeterRegistry registry,
            String name,
            ToDoubleFunction<ShardLogCounters> value,
            String description) {
        FunctionCounter.builder(name, shard, s -> value.applyAsDouble(s.log().counters()))
                .tag("shard", number)
                .description(description)
                .register(registry);
    }
}
