// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.config;

import java.util.List;
import java.util.Map;

/// Redpanda's names for ideas that have a key here with the same meaning and unit. Where the unit
/// or the meaning differs there is no alias: a wrong value taken in silence is worse than an error
/// that names the nearest key.
final class RedpandaNames {
    private RedpandaNames() {}

    /// Aliases of broker keys, by canonical name.
    static final Map<String, List<String>> BROKER =
            Map.ofEntries(
                    Map.entry("node.id", List.of("node_id", "broker.id")),
                    Map.entry("broker.rack", List.of("rack")),
                    Map.entry("log.dirs", List.of("data_directory", "log.dir")),
                    Map.entry("num.partitions", List.of("default_topic_partitions")),
                    Map.entry("default.replication.factor", List.of("default_topic_replications")),
                    Map.entry("auto.create.topics.enable", List.of("auto_create_topics_enabled")),
                    Map.entry("super.users", List.of("superusers")),
                    Map.entry("message.max.bytes", List.of("kafka_batch_max_bytes")),
                    Map.entry(
                            "log.retention.ms", List.of("log_retention_ms", "delete_retention_ms")),
                    Map.entry("log.retention.bytes", List.of("retention_bytes")),
                    Map.entry(
                            "log.local.retention.ms", List.of("retention_local_target_ms_default")),
                    Map.entry(
                            "log.local.retention.bytes",
                            List.of("retention_local_target_bytes_default")),
                    Map.entry("log.cleanup.policy", List.of("log_cleanup_policy")),
                    Map.entry("compression.type", List.of("log_compression_type")),
                    Map.entry("log.message.timestamp.type", List.of("log_message_timestamp_type")),
                    Map.entry(
                            "log.message.timestamp.before.max.ms",
                            List.of("log_message_timestamp_before_max_ms")),
                    Map.entry(
                            "log.message.timestamp.after.max.ms",
                            List.of("log_message_timestamp_after_max_ms")),
                    Map.entry(
                            "archive.segment.bytes",
                            List.of("log.segment.bytes", "log_segment_size")),
                    Map.entry("cache.bytes", List.of("cloud_storage_cache_size")),
                    Map.entry("cache.dir", List.of("cloud_storage_cache_directory")),
                    Map.entry("offsets.topic.num.partitions", List.of("group_topic_partitions")),
                    Map.entry(
                            "group.initial.rebalance.delay.ms",
                            List.of("group_initial_rebalance_delay")),
                    Map.entry(
                            "group.min.session.timeout.ms",
                            List.of("group_min_session_timeout_ms")),
                    Map.entry(
                            "group.max.session.timeout.ms",
                            List.of("group_max_session_timeout_ms")),
                    Map.entry(
                            "transactional.id.expiration.ms",
                            List.of("transactional_id_expiration_ms")));

    /// Aliases of topic keys, by canonical name.
    static final Map<String, List<String>> TOPIC =
            Map.of(
                    "local.retention.ms", List.of("retention.local.target.ms"),
                    "local.retention.bytes", List.of("retention.local.target.bytes"),
                    "remote.storage.enable",
                            List.of("redpanda.remote.read", "redpanda.remote.write"),
                    "archive.paused", List.of("remote.log.copy.disable"));
}
