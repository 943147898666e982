// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.faults.history;

import java.util.Map;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/// One line of a history: what a client was told, or began to do. Times are nanoseconds since the
/// history began. Immutable.
public sealed interface Event {
    long atNs();

    /// A record that a producer hands over. Its bytes follow from the seed and these names.
    record Sent(long atNs, int producer, TopicPartition partition, long sequence)
            implements Event {}

    record Acknowledged(
            long atNs, int producer, TopicPartition partition, long sequence, long offset)
            implements Event {}

    /// The producer gave up: the record may be there or not, once.
    record Unknown(long atNs, int producer, TopicPartition partition, long sequence, String error)
            implements Event {}

    /// The broker said for certain that it is not there.
    record Refused(long atNs, int producer, TopicPartition partition, long sequence, String error)
            implements Event {}

    /// A record that a reader got, every byte of which was compared.
    ///
    /// @param session what the offsets of follow each other: a reader between two seeks, or a
    ///   member's hold on a partition
    record Read(
            long atNs,
            String session,
            TopicPartition partition,
            long offset,
            int producer,
            long sequence)
            implements Event {}

    /// A record whose bytes are not those of its name.
    record Damaged(long atNs, String session, String what) implements Event {}

    /// A client met an error that no fault excuses.
    record Failed(long atNs, String client, String error) implements Event {}

    /// A group's member got a partition, and begins there.
    record Assigned(
            long atNs, String group, String session, TopicPartition partition, long position)
            implements Event {}

    /// A commit of a group begins, or is answered; its outcome is unknown until then.
    record Commit(
            long atNs,
            String group,
            String session,
            Map<TopicPartition, Long> offsets,
            Outcome outcome,
            @Nullable String error)
            implements Event {
        public Commit {
            offsets = Map.copyOf(offsets);
        }
    }

    /// How an operation goes.
    enum Outcome {
        INVOKE,
        OK,
        FAIL,
        UNKNOWN
    }

    /// What a source said of a partition; what one source says may not go back.
    ///
    /// @param beganNs when it was asked
    /// @param source a broker's life, or the cluster
    /// @param figures by name, for instance `highWatermark`
    record Sampled(
            long atNs,
            long beganNs,
            String source,
            TopicPartition partition,
            Map<String, Long> figures)
            implements Event {
        public Sampled {
            figures = Map.copyOf(figures);
        }
    }

    /// Something that the scenario did.
    record Step(long atNs, String what) implements Event {}
}
