// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.server;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.varve.broker.cold.ColdTier;
import io.varve.broker.network.NetworkCounters;
import io.varve.broker.network.RequestTimes;
import io.varve.broker.partition.HotCounters;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.LongConsumer;
import java.util.function.ToDoubleFunction;
import org.apache.kafka.common.protocol.ApiKeys;

/// The broker's metrics: all of them are on the page docs/metrics.md. Counts and states are read
/// when they are asked for; only times are measured as they pass. Thread-safe.
final class BrokerMetrics implements AutoCloseable {
    /// Upper ends of the buckets of times.
    static final Duration[] BUCKETS = {
        Duration.ofMillis(1),
        Duration.ofMillis(2),
        Duration.ofMillis(5),
        Duration.ofMillis(10),
        Duration.ofMillis(20),
        Duration.ofMillis(50),
        Duration.ofMillis(100),
        Duration.ofMillis(200),
        Duration.ofMillis(500),
        Duration.ofSeconds(1),
        Duration.ofSeconds(2),
        Duration.ofSeconds(5),
        Duration.ofSeconds(10)
    };

    private final PrometheusMeterRegistry registry =
            new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final JvmGcMetrics gc = new JvmGcMetrics();
    private final BucketMetrics bucket = new BucketMetrics(registry);

    BrokerMetrics() {
        new JvmMemoryMetrics().bindTo(registry);
        new JvmThreadMetrics().bindTo(registry);
        new ProcessorMetrics().bindTo(registry);
        gc.bindTo(registry);
    }

    PrometheusMeterRegistry registry() {
        return registry;
    }

    BucketMetrics bucket() {
        return bucket;
    }

    // --- times

    /// Hears how long each commit of a shard took.
    LongConsumer commitTimes(int shard) {
        Timer timer =
                Timer.builder("varve_shard_commit")
                        .tag("shard", Integer.toString(shard))
                        .description(
                                "time from handing a frame to Raft to its being applied on the leader")
                        .serviceLevelObjectives(BUCKETS)
                        .register(registry);
        return nanos -> timer.record(nanos, TimeUnit.NANOSECONDS);
    }

    /// A key is shown from its first request on.
    RequestTimes requestTimes() {
        Map<ApiKeys, Timer> timers = new ConcurrentHashMap<>();
        return (api, nanos) ->
                timers.computeIfAbsent(api, this::requestTimer).record(nanos, TimeUnit.NANOSECONDS);
    }

    private Timer requestTimer(ApiKeys api) {
        return Timer.builder("varve_request")
                .tag("api", api.name)
                .description(
                        "time from a whole request to its response being sent, waiting for records included")
                .serviceLevelObjectives(BUCKETS)
                .register(registry);
    }

    // --- counts and states

    void network(NetworkCounters network) {
        gauge("varve_connections", network, NetworkCounters::connectionsOpen, "connections open");
        counter(
                "varve_connections_accepted",
                network,
                NetworkCounters::connectionsAccepted,
                "connections accepted");
        counter(
                "varve_connections_refused",
                network,
                NetworkCounters::connectionsRefused,
                "connections closed at once because there were too many");
        counter(
                "varve_malformed_requests",
                network,
                NetworkCounters::malformed,
                "connections closed because of bytes that are no request");
        counter(
                "varve_network_received_bytes",
                network,
                NetworkCounters::bytesIn,
                "bytes of requests");
        counter(
                "varve_network_sent_bytes",
                network,
                NetworkCounters::bytesOut,
                "bytes of responses");
    }

    void reads(HotCounters hot, ColdTier cold) {
        tierReads("local", hot, HotCounters::reads, HotCounters::bytes);
        tierReads("bucket", cold, c -> c.counters().reads(), c -> c.counters().bytesServed());
        counter(
                "varve_tier_read_failures",
                cold,
                c -> c.counters().readFailures(),
                "reads that the bucket's tier could not answer");
        counter(
                "varve_cache_hits",
                cold,
                c -> c.counters().memoryHits() + c.counters().diskHits(),
                "chunks found in the cache");
        counter(
                "varve_cache_misses",
                cold,
                c -> c.counters().misses(),
                "chunks fetched from the bucket");
        gauge("varve_cache_bytes", cold, ColdTier::cacheBytes, "bytes in the disk cache");
    }

    private <T> void tierReads(
            String tier, T state, ToDoubleFunction<T> reads, ToDoubleFunction<T> bytes) {
        FunctionCounter.builder("varve_tier_read_requests", state, reads)
                .tag("tier", tier)
                .description("reads of clients, by the tier that answered")
                .register(registry);
        FunctionCounter.builder("varve_tier_read_bytes", state, bytes)
                .tag("tier", tier)
                .description("record bytes read by clients, by the tier that answered")
                .register(registry);
    }

    void disk(DiskPressure pressure) {
        gauge(
                "varve_disk_total_bytes",
                pressure,
                p -> p.space().totalBytes(),
                "size of the data directory's disk");
        gauge(
                "varve_disk_usable_bytes",
                pressure,
                p -> p.space().usableBytes(),
                "what is left of it");
        gauge(
                "varve_disk_pressure_level",
                pressure,
                p -> p.level().number,
                "0 room, 1 low (all that is archived may go), 2 high (producers are slowed), 3 scarce (refused), 4 full (all refused)");
        gauge(
                "varve_disk_pressure_shards",
                pressure,
                DiskPressure::shardsBehind,
                "shards that the bucket does not keep up with, under pressure");
        counter(
                "varve_produce_slowed",
                pressure,
                DiskPressure::slowed,
                "partitions of produce requests that were slowed for want of disk");
        counter(
                "varve_produce_refused",
                pressure,
                DiskPressure::refused,
                "partitions of produce requests that were refused for want of disk");
    }

    void ready(BooleanSupplier ready) {
        gauge(
                "varve_ready",
                ready,
                state -> state.getAsBoolean() ? 1 : 0,
                "1 when this broker serves");
    }

    /// As this broker's metadata has it.
    void cluster(ClusterStates states) {
        gauge(
                "varve_controller_active",
                states,
                ClusterStates::controllersHere,
                "1 when this broker is the controller");
        gauge(
                "varve_cluster_brokers",
                states,
                s -> s.now().brokers().size(),
                "brokers that are registered");
        gauge(
                "varve_cluster_brokers_silent",
                states,
                s -> s.now().brokers().stream().filter(broker -> !broker.alive()).count(),
                "of these, those that the controller does not hear");
        gauge(
                "varve_cluster_shards_without_leader",
                states,
                s -> s.now().shards().stream().filter(shard -> shard.leader() < 0).count(),
                "shards that take no writes");
        gauge(
                "varve_cluster_shards_under_replicated",
                states,
                s ->
                        s.now().shards().stream()
                                .filter(shard -> shard.inSync().size() < shard.replicas().size())
                                .count(),
                "shards with a replica that does not keep up");
    }

    void shard(ShardRuntime shard) {
        new ShardMetrics(shard).bindTo(registry);
    }

    /// Jobs that are no shard's archiver's.
    void loops(BackgroundLoops loops) {
        for (String name : loops.names()) {
            Gauge.builder(ShardMetrics.LAST_SUCCESS, loops, l -> l.lastSuccessMs(name) / 1e3)
                    .tag("job", name)
                    .tag("shard", "")
                    .description(ShardMetrics.LAST_SUCCESS_IS)
                    .strongReference(true)
                    .register(registry);
        }
    }

    private <T> void gauge(String name, T state, ToDoubleFunction<T> value, String description) {
        Gauge.builder(name, state, value)
                .description(description)
                .strongReference(true)
                .register(registry);
    }

    private <T> void counter(String name, T state, ToDoubleFunction<T> value, String description) {
        FunctionCounter.builder(name, state, value).description(description).register(registry);
    }

    @Override
    public void close() {
        gc.close();
        registry.close();
    }
}
