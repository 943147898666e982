// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.config;

import java.util.Optional;
import java.util.OptionalLong;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.TimestampType;

/// What a topic's configuration comes to, with every default filled in. Immutable.
///
/// @param retentionMs, retentionBytes over both tiers, per partition; empty: for ever, without
///   bound
/// @param localRetentionMs, localRetentionBytes how much of that stays on local disk once it is
///   archived; never more than the former; empty: all
/// @param segmentBytes collected before a segment object is written, at most 512 MiB
/// @param maxMessageBytes largest batch
/// @param timestampBeforeMaxMs, timestampAfterMaxMs how far a CreateTime may be from the leader's
///   clock
/// @param compression the codec that stored batches get; empty: the producer's
/// @param compact, delete of `cleanup.policy`
/// @param minInsyncReplicas of the topic; at least 1
/// @param archivePaused no segment objects are written
public record TopicPolicy(
        OptionalLong retentionMs,
        OptionalLong retentionBytes,
        OptionalLong localRetentionMs,
        OptionalLong localRetentionBytes,
        long segmentBytes,
        int maxMessageBytes,
        TimestampType timestampType,
        long timestampBeforeMaxMs,
        long timestampAfterMaxMs,
        Optional<Compression> compression,
        boolean compact,
        boolean delete,
        long deleteRetentionMs,
        long minCompactionLagMs,
        long maxCompactionLagMs,
        int minInsyncReplicas,
        boolean archivePaused) {}
