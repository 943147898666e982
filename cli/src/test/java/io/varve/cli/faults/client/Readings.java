// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.faults.client;

import io.varve.cli.durability.SeededRecords;
import io.varve.cli.faults.history.Event;
import io.varve.cli.faults.history.History;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;

/// A record that was read, compared byte by byte and written down. Stateless.
final class Readings {
    private Readings() {}

    static void note(
            ConsumerRecord<byte[], byte[]> record,
            String session,
            SeededRecords records,
            History history) {
        try {
            SeededRecords.Name is = records.check(record);
            history.add(
                    new Event.Read(
                            history.nowNs(),
                            session,
                            new TopicPartition(record.topic(), record.partition()),
                            record.offset(),
                            is.producer(),
                            is.sequence()));
        } catch (AssertionError e) {
            history.add(
                    new Event.Damaged(history.nowNs(), session, String.valueOf(e.getMessage())));
        }
    }
}
