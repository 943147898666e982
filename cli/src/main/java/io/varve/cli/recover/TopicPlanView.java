// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.recover;

import io.varve.cli.recover.PlanView.Found;
import io.varve.cli.recover.PlanView.Partition;
import io.varve.cli.shell.Table;
import io.varve.recovery.TopicSource;
import java.time.Instant;
import java.util.List;
import java.util.SortedMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// What a restore of topics would bring back, as it is printed.
///
/// @param bytes that a run reads, and about what it writes
/// @param lost what cannot come back; a run refuses then
/// @param notes findings that lose nothing
record TopicPlanView(
        String bucket, List<Topic> topics, long bytes, List<Found> lost, List<Found> notes) {
    /// @param deleted it is not alive in that cluster
    /// @param deletedAt ISO-8601 UTC; null when it is alive or its deletion is under way
    record Topic(
            String topic,
            String topicId,
            boolean deleted,
            @Nullable String deletedAt,
            SortedMap<String, String> configs,
            List<Partition> partitions) {
        static Topic of(TopicSource source) {
            return new Topic(
                    source.topic().name(),
                    source.topic().id().toString(),
                    source.deleted(),
                    source.deletedAt().map(Instant::toString).orElse(null),
                    source.topic().configs(),
                    source.topic().partitions().stream().map(Partition::of).toList());
        }
    }

    static TopicPlanView of(String bucket, List<TopicSource> sources) {
        return new TopicPlanView(
                bucket,
                sources.stream().map(Topic::of).toList(),
                sources.stream().mapToLong(TopicSource::bytes).sum(),
                Found.all(sources.stream().flatMap(source -> source.lost().stream())),
                Found.all(
                        sources.stream()
                                .flatMap(source -> source.findings().stream())
                                .filter(finding -> !finding.isLoss())));
    }

    String text() {
        StringBuilder text = new StringBuilder();
        for (Topic topic : topics) {
            text.append("topic ").append(topic.topic()).append('.').append(topic.topicId());
            text.append(topic.deleted() ? ", deleted" : ", alive");
            String at = topic.deletedAt();
            text.append(at == null ? "" : " at " + at).append('\n');
        }
        Table table =
                new Table("TOPIC", "PARTITION", "LOG-START", "END", "ARCHIVED-BYTES", "OPEN-TXNS");
        Stream<Topic> all = topics.stream();
        all.forEach(topic ->
                topic.partitions()
                        .forEach(p ->
                                table.row(
                                        topic.topic(),
                                        p.partition(),
                                        p.logStartOffset(),
                                        p.endOffset(),
                                        p.archivedBytes(),
                                        p.openTransactions())));
        return text.append(table)
                .append("bytes to read: ")
                .append(bytes)
                .append('\n')
                .append(ReportText.lost(lost))
                .append(ReportText.notes(notes))
                .toString();
    }
}
