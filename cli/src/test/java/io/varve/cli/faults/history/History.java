// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.faults.history;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.common.TopicPartition;

/// What all clients did and saw, in the order in which it was written down; also a file, a line of
/// JSON for each. Thread-safe.
public final class History implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final long beganNs = System.nanoTime();
    private final BufferedWriter file;
    private final List<Event> events = new ArrayList<>();

    private History(BufferedWriter file) {
        this.file = file;
    }

    public static History in(Path file) throws IOException {
        return new History(Files.newBufferedWriter(file));
    }

    /// Since it began.
    public long nowNs() {
        return System.nanoTime() - beganNs;
    }

    public void add(Event event) {
        String line = line(event);
        synchronized (events) {
            events.add(event);
            try {
                file.write(line);
                file.newLine();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /// All events so far.
    public List<Event> events() {
        synchronized (events) {
            return List.copyOf(events);
        }
    }

    /// How many events there are so far.
    public int size() {
        synchronized (events) {
            return events.size();
        }
    }

    /// Those after the first few.
    public List<Event> from(int first) {
        synchronized (events) {
            return List.copyOf(events.subList(first, events.size()));
        }
    }

    /// All events of a kind so far.
    public <E extends Event> List<E> of(Class<E> kind) {
        return events().stream().filter(kind::isInstance).map(kind::cast).toList();
    }

    /// Event to line. Operations of a producer are `send` with a type, as checkers of other systems
    /// write them.
    static String line(Event event) {
        ObjectNode node = JSON.createObjectNode().put("ns", event.atNs());
        switch (event) {
            case Event.Sent e -> record(node, "invoke", e.producer(), e.partition(), e.sequence());
            case Event.Acknowledged e ->
                    record(node, "ok", e.producer(), e.partition(), e.sequence())
                            .put("offset", e.offset());
            case Event.Unknown e ->
                    record(node, "unknown", e.producer(), e.partition(), e.sequence())
                            .put("error", e.error());
            case Event.Refused e ->
                    record(node, "fail", e.producer(), e.partition(), e.sequence())
                            .put("error", e.error());
            case Event.Read e ->
                    node.put("op", "read")
                            .put("session", e.session())
                            .put("partition", e.partition().toString())
                            .put("offset", e.offset())
                            .put("producer", e.producer())
                            .put("sequence", e.sequence());
            case Event.Damaged e ->
                    node.put("op", "damaged").put("session", e.session()).put("what", e.what());
            case Event.Failed e ->
                    node.put("op", "failed").put("client", e.client()).put("error", e.error());
            case Event.Assigned e ->
                    node.put("op", "assigned")
                            .put("group", e.group())
                            .put("session", e.session())
                            .put("partition", e.partition().toString())
                            .put("position", e.position());
            case Event.Commit e -> {
                node.put("op", "commit")
                        .put("type", e.outcome().name().toLowerCase(java.util.Locale.ROOT))
                        .put("group", e.group())
                        .put("session", e.session())
                        .put("error", e.error());
                node.set("offsets", JSON.valueToTree(named(e.offsets())));
            }
            case Event.Sampled e -> {
                node.put("op", "sample")
                        .put("beganNs", e.beganNs())
                        .put("source", e.source())
                        .put("partition", e.partition().toString());
                node.set("figures", JSON.valueToTree(new TreeMap<>(e.figures())));
            }
            case Event.Step e -> node.put("op", "step").put("what", e.what());
        }
        return node.toString();
    }

    private static ObjectNode record(
            ObjectNode node, String type, int producer, TopicPartition partition, long sequence) {
        return node.put("op", "send")
                .put("type", type)
                .put("producer", producer)
                .put("partition", partition.toString())
                .put("sequence", sequence);
    }

    private static Map<String, Long> named(Map<TopicPartition, Long> offsets) {
        Map<String, Long> named = new TreeMap<>();
        offsets.forEach((partition, offset) -> named.put(partition.toString(), offset));
        return named;
    }

    @Override
    public void close() throws IOException {
        synchronized (events) {
            file.close();
        }
    }
}
