// SPDX-License-Identifier: Apache-2.0
package io.varve.bench;

import io.varve.manifest.partition.PartitionManifest;
import io.varve.manifest.partition.SegmentEntry;
import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.ObjectStores;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/// A Kafka consumer that reads a partition from its first offset, which only the bucket has, beside
/// plain reads of the segments' files and beside a consumer of the same records on local disk, in
/// turns: what a client gets of the cold read rate. `bench/cold-read.sh` starts the broker, loads
/// both topics and waits until local disk has dropped the one.
///
/// ```
/// ColdConsumeBench load BOOTSTRAP TOPIC RECORDS
/// ColdConsumeBench consume BOOTSTRAP BUCKET COLD_TOPIC HOT_TOPIC [RUNS] [drop]
/// ```
public final class ColdConsumeBench {
    private static final int RECORD_BYTES = 1024;
    private static final int BLOCK_BYTES = 1 << 20;
    private static final Duration POLL = Duration.ofSeconds(10);

    private ColdConsumeBench() {}

    public static void main(String[] arguments) throws Exception {
        switch (arguments[0]) {
            case "load" -> load(arguments[1], arguments[2], Long.parseLong(arguments[3]));
            case "consume" ->
                    consume(
                            arguments[1],
                            arguments[2],
                            arguments[3],
                            arguments[4],
                            arguments.length > 5 ? Integer.parseInt(arguments[5]) : 5,
                            arguments.length > 6 && arguments[6].equals("drop"));
            default -> throw new IllegalArgumentException("load or consume: " + arguments[0]);
        }
    }

    /// Records of 1 KiB of letters, in batches of up to 128 KiB, to partition 0.
    private static void load(String bootstrap, String topic, long records) {
        byte[] letters = new byte[1 << 20];
        Random random = new Random(7);
        for (int i = 0; i < letters.length; i++) {
            letters[i] = (byte) ('A' + random.nextInt(26));
        }
        Map<String, Object> configs =
                Map.of(
                        ProducerConfig.BOOTSTRAP_SERVERS_CONFIG,
                        bootstrap,
                        ProducerConfig.BATCH_SIZE_CONFIG,
                        128 << 10,
                        ProducerConfig.LINGER_MS_CONFIG,
                        5);
        try (KafkaProducer<byte[], byte[]> producer =
                new KafkaProducer<>(
                        configs, new ByteArraySerializer(), new ByteArraySerializer())) {
            for (long i = 0; i < records; i++) {
                byte[] value = new byte[RECORD_BYTES];
                System.arraycopy(
                        letters,
                        random.nextInt(letters.length - RECORD_BYTES),
                        value,
                        0,
                        RECORD_BYTES);
                var _ = producer.send(new ProducerRecord<>(topic, 0, null, value));
            }
        }
    }

    /// MB/s of one run.
    private record Rates(double plain, double cold, double hot) {}

    private static void consume(
            String bootstrap, String bucket, String topic, String hotTopic, int runs, boolean drop)
            throws Exception {
        try (ObjectStore store = ObjectStores.openExisting(bucket)) {
            PartitionManifest manifest = Archived.manifest(store, topic, 0);
            List<Path> files = Archived.files(store, manifest);
            long bytes = manifest.entries().stream().mapToLong(SegmentEntry::bytes).sum();
            long end = manifest.archivedEnd();
            List<Rates> all = new ArrayList<>();
            for (int run = 0; run <= runs; run++) {
                dropIf(drop, files);
                long plainNs = plainNs(files);
                dropIf(drop, files);
                long coldNs = consumerNs(bootstrap, topic, end);
                long hotNs = consumerNs(bootstrap, hotTopic, end);
                Rates rates =
                        new Rates(bytes * 1e3 / plainNs, bytes * 1e3 / coldNs, bytes * 1e3 / hotNs);
                if (run > 0) {
                    all.add(rates);
                }
                print(
                        run == 0 ? "warm-up" : String.valueOf(run),
                        drop,
                        bytes,
                        rates,
                        rates.cold() / rates.plain(),
                        rates.cold() / rates.hot());
            }
            print(
                    "median",
                    drop,
                    bytes,
                    new Rates(
                            Medians.of(all.stream().map(Rates::plain).toList()),
                            Medians.of(all.stream().map(Rates::cold).toList()),
                            Medians.of(all.stream().map(Rates::hot).toList())),
                    Medians.of(all.stream().map(r -> r.cold() / r.plain()).toList()),
                    Medians.of(all.stream().map(r -> r.cold() / r.hot()).toList()));
        }
    }

    private static void dropIf(boolean drop, List<Path> files)
            throws IOException, InterruptedException {
        if (drop) {
            PageCache.drop(files);
        }
    }

    private static void print(
            String run, boolean drop, long bytes, Rates rates, double toPlain, double toHot) {
        System.out.printf(
                Locale.ROOT,
                "workload=cold-consume run=%s page_cache=%s bytes=%d plain_mb_s=%.0f cold_mb_s=%.0f"
                        + " hot_mb_s=%.0f cold_to_plain=%.2f cold_to_hot=%.2f%n",
                run,
                drop ? "dropped" : "as-it-is",
                bytes,
                rates.plain(),
                rates.cold(),
                rates.hot(),
                toPlain,
                toHot);
    }

    /// One file after the other into one buffer, as `cat` does.
    private static long plainNs(List<Path> files) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocateDirect(BLOCK_BYTES);
        long startNs = System.nanoTime();
        for (Path file : files) {
            try (FileChannel channel = FileChannel.open(file)) {
                while (channel.read(buffer.clear()) >= 0) {}
            }
        }
        return System.nanoTime() - startNs;
    }

    /// A new consumer with default settings each time; the time begins when it knows the broker.
    private static long consumerNs(String bootstrap, String topic, long endOffset) {
        TopicPartition partition = new TopicPartition(topic, 0);
        Map<String, Object> configs =
                Map.of(
                        ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG,
                        bootstrap,
                        ConsumerConfig.AUTO_OFFSET_RESET_CONFIG,
                        "none");
        try (KafkaConsumer<byte[], byte[]> consumer =
                new KafkaConsumer<>(
                        configs, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            consumer.assign(List.of(partition));
            consumer.partitionsFor(topic);
            consumer.seek(partition, 0);
            long startNs = System.nanoTime();
            long next = 0;
            while (next < endOffset) {
                var records = consumer.poll(POLL).records(partition);
                if (records.isEmpty()) {
                    throw new IllegalStateException("no records: offset=" + next);
                }
                for (ConsumerRecord<byte[], byte[]> record : records) {
                    if (record.offset() != next) {
                        throw new IllegalStateException(
                                "offset=" + record.offset() + ", expected=" + next);
                    }
                    next++;
                }
            }
            return System.nanoTime() - startNs;
        }
    }
}
