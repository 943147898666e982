// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.data;

import io.varve.cli.shell.ClusterAccess;
import io.varve.cli.shell.CommandFailure;
import io.varve.cli.shell.ExitCode;
import io.varve.cli.shell.Output;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `varve produce`
@Command(
        name = "produce",
        description =
                "Writes one record a line, from a file or standard input; returns when all are acknowledged.",
        footer = {"", "Example:  seq 1 1000 | varve produce orders"})
public final class ProduceCommand implements Callable<Integer> {
    @Mixin private final Output output = new Output();
    @Mixin private final ClusterAccess cluster = new ClusterAccess();

    @Parameters(index = "0", paramLabel = "TOPIC")
    private String topic = "";

    @Option(
            names = "--input",
            description = "file, or - for standard input (default)",
            paramLabel = "FILE",
            defaultValue = "-")
    private String input = "-";

    @Option(
            names = "--key-separator",
            description = "what divides key and value in a line (default: no key)",
            paramLabel = "TEXT")
    private @Nullable String keySeparator;

    /// What is printed.
    record Produced(String topic, long records, Map<Integer, Long> endOffsets) {}

    @Override
    public Integer call() throws CommandFailure {
        Properties properties = cluster.clientProperties();
        properties.putIfAbsent("linger.ms", "5");
        properties.putIfAbsent("max.block.ms", properties.getProperty("default.api.timeout.ms"));
        properties.putIfAbsent("delivery.timeout.ms", "60000");
        AtomicReference<@Nullable Exception> failure = new AtomicReference<>();
        Map<Integer, Long> ends =
                new TreeMap<>(); // the producer's one callback thread, then this one
        long records = 0;
        try (BufferedReader lines = open();
                KafkaProducer<byte[], byte[]> producer =
                        new KafkaProducer<>(
                                properties, new ByteArraySerializer(), new ByteArraySerializer())) {
            String line = lines.readLine();
            while (line != null && failure.get() == null) {
                var _ =
                        producer.send(
                                record(line),
                                (metadata, error) -> {
                                    if (error != null) {
                                        failure.compareAndSet(null, error);
                                    } else {
                                        ends.merge(
                                                metadata.partition(),
                                                metadata.offset() + 1,
                                                Math::max);
                                    }
                                });
                records++;
                line = lines.readLine();
            }
            producer.flush();
        } catch (IOException | org.apache.kafka.common.KafkaException e) {
            throw new CommandFailure(
                    "cannot produce: topic="
                            + topic
                            + ", --bootstrap="
                            + cluster.bootstrap()
                            + ": "
                            + e.getMessage(),
                    e);
        }
        Exception error = failure.get();
        if (error != null) {
            throw new CommandFailure(
                    "not all records were acknowledged: topic="
                            + topic
                            + ", --bootstrap="
                            + cluster.bootstrap()
                            + ": "
                            + error.getMessage(),
                    error);
        }
        output.print(
                new Produced(topic, records, ends),
                "produced " + records + " records to " + topic + "\n");
        return ExitCode.DONE;
    }

    private BufferedReader open() throws CommandFailure {
        if (input.equals("-")) {
            return new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        }
        try {
            return Files.newBufferedReader(Path.of(input));
        } catch (IOException e) {
            throw new CommandFailure("cannot read --input: " + input + ": " + e, e);
        }
    }

    private ProducerRecord<byte[], byte[]> record(String line) {
        String separator = keySeparator;
        int at = separator == null ? -1 : line.indexOf(separator);
        if (separator == null || at < 0) {
            return new ProducerRecord<>(topic, line.getBytes(StandardCharsets.UTF_8));
        }
        return new ProducerRecord<>(
                topic,
                line.substring(0, at).getBytes(StandardCharsets.UTF_8),
                line.substring(at + separator.length()).getBytes(StandardCharsets.UTF_8));
    }
}
