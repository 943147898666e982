// SPDX-License-Identifier: Apache-2.0

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.LongDeserializer;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.kstream.Produced;

/// Counts words with a repartition topic and a changelog topic; stops, starts again on an empty state directory (so
/// that the changelog is read back), and counts on. Exits 0 if the counts are right.
public final class WordCount {
    private static final String INPUT = "streams-input-" + ProcessHandle.current().pid();
    private static final String OUTPUT = INPUT + "-counts";

    public static void main(String[] arguments) throws Exception {
        String bootstrap = arguments[0];
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
            admin.createTopics(List.of(new NewTopic(INPUT, 2, (short) 1), new NewTopic(OUTPUT, 2, (short) 1)))
                    .all()
                    .get();
        }
        Map<String, Long> expected = new TreeMap<>();
        for (int life = 0; life < 2; life++) {
            produce(bootstrap, expected);
            try (KafkaStreams streams = streams(bootstrap, arguments.length > 1 ? arguments[1] : null)) {
                streams.start();
                awaitCounts(bootstrap, expected);
            }
        }
        System.exit(0);
    }

    private static KafkaStreams streams(String bootstrap, String groupProtocol) throws Exception {
        Properties properties = new Properties();
        properties.put("application.id", INPUT + "-app");
        properties.put("bootstrap.servers", bootstrap);
        properties.put("default.key.serde", Serdes.StringSerde.class);
        properties.put("default.value.serde", Serdes.StringSerde.class);
        properties.put("auto.offset.reset", "earliest");
        properties.put("commit.interval.ms", "200");
        properties.put("replication.factor", "1");
        properties.put("state.dir", Files.createTempDirectory("streams-state-").toString());
        if (groupProtocol != null) {
            properties.put("group.protocol", groupProtocol);
        }
        StreamsBuilder builder = new StreamsBuilder();
        builder.<String, String>stream(INPUT)
                .flatMapValues(line -> Arrays.asList(line.split(" ")))
                .groupBy((key, word) -> word)
                .count()
                .toStream()
                .to(OUTPUT, Produced.with(Serdes.String(), Serdes.Long()));
        return new KafkaStreams(builder.build(), properties);
    }

    private static void produce(String bootstrap, Map<String, Long> expected) {
        Properties properties = new Properties();
        properties.put("bootstrap.servers", bootstrap);
        try (KafkaProducer<String, String> producer =
                new KafkaProducer<>(properties, new StringSerializer(), new StringSerializer())) {
            for (int i = 0; i < 1000; i++) {
                String words = "word" + i % 7 + " word" + i % 11;
                producer.send(new ProducerRecord<>(INPUT, Integer.toString(i), words));
                for (String word : words.split(" ")) {
                    expected.merge(word, 1L, Long::sum);
                }
            }
        }
    }

    private static void awaitCounts(String bootstrap, Map<String, Long> expected) {
        Map<String, Long> found = new HashMap<>();
        Properties properties = new Properties();
        properties.put("bootstrap.servers", bootstrap);
        properties.put("group.id", "reader-" + System.nanoTime());
        properties.put("auto.offset.reset", "earliest");
        long deadlineNs = System.nanoTime() + Duration.ofSeconds(60).toNanos();
        try (KafkaConsumer<String, Long> consumer =
                new KafkaConsumer<>(properties, new StringDeserializer(), new LongDeserializer())) {
            consumer.subscribe(List.of(OUTPUT));
            while (!found.equals(expected)) {
                for (ConsumerRecord<String, Long> record : consumer.poll(Duration.ofMillis(200))) {
                    found.put(record.key(), record.value());
                }
                if (System.nanoTime() > deadlineNs) {
                    System.err.println("kafka-streams: counted " + new TreeMap<>(found) + ", expected " + expected);
                    System.exit(1);
                }
            }
        }
    }
}
