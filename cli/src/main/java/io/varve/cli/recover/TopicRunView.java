// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.recover;

import io.varve.cli.recover.PlanView.Found;
import io.varve.cli.shell.Table;
import io.varve.recovery.RestoredTopic;
import java.util.List;
import java.util.SortedMap;

/// What a restore of topics did, as it is printed.
///
/// @param clusterId, generation of the cluster that has them now
/// @param seconds from the start of the command until all were open
/// @param lost nothing: a run refuses when something is
record TopicRunView(
        String clusterId,
        int generation,
        List<Topic> topics,
        double seconds,
        List<Found> lost,
        List<Found> notes) {
    record Topic(
            String topic,
            String topicId,
            String fromTopic,
            String fromTopicId,
            SortedMap<String, String> configs,
            List<Partition> partitions) {
        static Topic of(RestoredTopic topic) {
            return new Topic(
                    topic.name(),
                    topic.id().toString(),
                    topic.fromName(),
                    topic.fromId().toString(),
                    topic.configs(),
                    topic.partitions().stream().map(Partition::of).toList());
        }
    }

    /// @param abortedTransactions that were open at the end, and end with a marker now
    record Partition(
            int partition,
            long logStartOffset,
            long endOffset,
            long records,
            long bytes,
            int abortedTransactions) {
        static Partition of(RestoredTopic.Partition partition) {
            return new Partition(
                    partition.id().partition(),
                    partition.logStart(),
                    partition.endOffset(),
                    partition.records(),
                    partition.bytes(),
                    partition.aborted());
        }
    }

    String text() {
        Table table = new Table("TOPIC", "PARTITION", "LOG-START", "END", "RECORDS", "BYTES");
        topics.forEach(topic ->
                topic.partitions()
                        .forEach(p ->
                                table.row(
                                        topic.topic(),
                                        p.partition(),
                                        p.logStartOffset(),
                                        p.endOffset(),
                                        p.records(),
                                        p.bytes())));
        return table + "open after " + seconds + " s\n" + ReportText.notes(notes);
    }
}
