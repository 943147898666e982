// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.bucket;

import io.varve.cli.shell.Output;
import io.varve.manifest.batch.BatchHeader;
import io.varve.recovery.PartitionPlan;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.Record;
import org.jspecify.annotations.Nullable;

/// Prints the records of batches, as `varve consume` does; what transactions wrote for themselves
/// is left out. Owner: one command.
final class RecordPrinter {
    private final Output output;
    private final PartitionPlan partition;
    private final long from;
    private final long max;
    private long printed;

    /// @param from records below are left out
    /// @param max how many are printed
    RecordPrinter(Output output, PartitionPlan partition, long from, long max) {
        this.output = output;
        this.partition = partition;
        this.from = from;
        this.max = max;
    }

    /// One line of JSON.
    record Line(
            String topic,
            int partition,
            long offset,
            String timestamp,
            @Nullable String key,
            @Nullable String value,
            Map<String, @Nullable String> headers) {}

    /// @return whether more are wanted
    boolean take(BatchHeader batch) {
        if (!batch.isControl()) {
            for (Record each : MemoryRecords.readableRecords(batch.bytes()).records()) {
                if (each.offset() >= from
                        && each.offset() < partition.endOffset()
                        && printed < max) {
                    print(each);
                    printed++;
                }
            }
        }
        return printed < max;
    }

    private void print(Record each) {
        Line line = line(each);
        String value = line.value() == null ? "" : line.value();
        output.out().println(output.json() ? Output.toJsonLine(line) : value);
    }

    private Line line(Record each) {
        Map<String, @Nullable String> headers = new LinkedHashMap<>();
        for (Header header : each.headers()) {
            headers.put(
                    header.key(),
                    header.value() == null ? null : text(ByteBuffer.wrap(header.value())));
        }
        return new Line(
                partition.topicName(),
                partition.id().partition(),
                each.offset(),
                Instant.ofEpochMilli(each.timestamp()).toString(),
                each.hasKey() ? text(each.key()) : null,
                each.hasValue() ? text(each.value()) : null,
                headers);
    }

    private static String text(ByteBuffer bytes) {
        return StandardCharsets.UTF_8.decode(bytes).toString();
    }
}
