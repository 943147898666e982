// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.durability;

import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;

/// Records whose bytes are a pure function of seed, partition, producer and sequence: whoever reads
/// one can tell which it is, and whether all of it is right, without having kept anything.
/// Immutable.
///
/// @param sizeMin, sizeMax bytes of a value
public record SeededRecords(long seed, int sizeMin, int sizeMax) {
    private static final String HEADER = "origin";

    /// Which record it is.
    public record Name(int producer, long sequence) {}

    /// With the seed of `-Dsim.seed`, or a fresh one.
    public static SeededRecords of(int sizeMin, int sizeMax) {
        return new SeededRecords(
                Long.getLong("sim.seed", new SecureRandom().nextLong()), sizeMin, sizeMax);
    }

    public ProducerRecord<byte[], byte[]> record(
            TopicPartition partition, int producer, long sequence) {
        ProducerRecord<byte[], byte[]> record =
                new ProducerRecord<>(
                        partition.topic(),
                        partition.partition(),
                        key(producer, sequence),
                        value(partition, producer, sequence));
        record.headers().add(HEADER, partition.toString().getBytes(StandardCharsets.UTF_8));
        return record;
    }

    /// Which record it is, after a look at every byte of it.
    public Name check(ConsumerRecord<byte[], byte[]> record) {
        TopicPartition partition = new TopicPartition(record.topic(), record.partition());
        String where = partition + ", offset=" + record.offset() + ", sim.seed=" + seed;
        String[] key = new String(record.key(), StandardCharsets.UTF_8).split("/", -1);
        if (key.length != 2) {
            throw new AssertionError("key differs: " + where);
        }
        Name name = new Name(Integer.parseInt(key[0]), Long.parseLong(key[1]));
        if (!Arrays.equals(record.value(), value(partition, name.producer(), name.sequence()))) {
            throw new AssertionError("value differs: " + name + ", " + where);
        }
        Header header = record.headers().lastHeader(HEADER);
        if (header == null
                || !partition
                        .toString()
                        .equals(new String(header.value(), StandardCharsets.UTF_8))) {
            throw new AssertionError("header differs: " + name + ", " + where);
        }
        return name;
    }

    private static byte[] key(int producer, long sequence) {
        return (producer + "/" + sequence).getBytes(StandardCharsets.UTF_8);
    }

    private byte[] value(TopicPartition partition, int producer, long sequence) {
        long name = 31L * partition.toString().hashCode() + producer;
        SplittableRandom random =
                new SplittableRandom(seed ^ (name << 32) ^ (sequence * 0x9E3779B97F4A7C15L));
        byte[] value = new byte[random.nextInt(sizeMin, sizeMax + 1)];
        random.nextBytes(value);
        return value;
    }
}
