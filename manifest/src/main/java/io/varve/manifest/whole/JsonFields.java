// SPDX-License-Identifier: Apache-2.0
package io.varve.manifest.whole;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.varve.manifest.CorruptObjectException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.apache.kafka.common.Uuid;

/// Reads the members of one JSON object, strictly: a missing member, one of another type and one
/// that nobody asked for are all [CorruptObjectException]. A format that gains a member gets a new
/// version. Owner: the caller's thread.
public final class JsonFields {
    private final ObjectNode node;
    private final String object;
    private final Set<String> read = new HashSet<>();

    JsonFields(ObjectNode node, String object) {
        this.node = node;
        this.object = object;
    }

    private JsonNode member(String name, Predicate<JsonNode> type, String typeName) {
        JsonNode value = node.get(name);
        read.add(name);
        if (value == null || !type.test(value)) {
            throw corrupt("bad member: name=" + name + ", expected=" + typeName);
        }
        return value;
    }

    private boolean has(String name) {
        return node.has(name);
    }

    public String text(String name) {
        return member(name, JsonNode::isTextual, "text").textValue();
    }

    /// Empty when the member is not there.
    public Optional<String> optionalText(String name) {
        return has(name) ? Optional.of(text(name)) : Optional.empty();
    }

    public long i64(String name) {
        return member(
                        name,
                        value -> value.isIntegralNumber() && value.canConvertToLong(),
                        "64-bit integer")
                .longValue();
    }

    public int i32(String name) {
        return member(
                        name,
                        value -> value.isIntegralNumber() && value.canConvertToInt(),
                        "32-bit integer")
                .intValue();
    }

    public boolean flag(String name) {
        return member(name, JsonNode::isBoolean, "true or false").booleanValue();
    }

    /// 32 bits as 8 hex digits.
    public int hex32(String name) {
        return parsed(name, HexFormat::fromHexDigits);
    }

    /// 64 bits as 16 hex digits.
    public long hex64(String name) {
        return parsed(name, HexFormat::fromHexDigitsToLong);
    }

    /// A Kafka id in its usual text form.
    public Uuid uuid(String name) {
        return parsed(name, Uuid::fromString);
    }

    private <T> T parsed(String name, Function<String, T> parser) {
        String text = text(name);
        return checked(() -> parser.apply(text));
    }

    /// An array of objects.
    public <T> List<T> list(String name, Function<JsonFields, T> each) {
        ArrayNode array = (ArrayNode) member(name, JsonNode::isArray, "array");
        List<T> values = new ArrayList<>(array.size());
        for (JsonNode element : array) {
            if (!(element instanceof ObjectNode row)) {
                throw corrupt("bad element: name=" + name);
            }
            JsonFields fields = new JsonFields(row, object);
            values.add(checked(() -> each.apply(fields)));
            fields.end();
        }
        return values;
    }

    /// An object inside this one.
    public <T> T inner(String name, Function<JsonFields, T> reader) {
        JsonFields fields =
                new JsonFields((ObjectNode) member(name, JsonNode::isObject, "object"), object);
        T value = checked(() -> reader.apply(fields));
        fields.end();
        return value;
    }

    /// As [#inner]; empty when the member is not there.
    public <T> Optional<T> optionalInner(String name, Function<JsonFields, T> reader) {
        return has(name) ? Optional.of(inner(name, reader)) : Optional.empty();
    }

    /// An object whose members are all texts.
    public SortedMap<String, String> texts(String name) {
        JsonNode map = member(name, JsonNode::isObject, "object");
        SortedMap<String, String> texts = new TreeMap<>();
        map.properties()
                .forEach(entry -> {
                    if (!entry.getValue().isTextual()) {
                        throw corrupt(
                                "bad member: name="
                                        + name
                                        + "."
                                        + entry.getKey()
                                        + ", expected=text");
                    }
                    texts.put(entry.getKey(), entry.getValue().textValue());
                });
        return texts;
    }

    /// Every member must have been read; a value that a record refuses counts as damage.
    public <T> T finish(Supplier<T> value) {
        T made = checked(value);
        end();
        return made;
    }

    private void end() {
        for (String name : (Iterable<String>) node::fieldNames) {
            if (!read.contains(name)) {
                throw corrupt("unknown member: name=" + name);
            }
        }
    }

    private <T> T checked(Supplier<T> value) {
        try {
            return value.get();
        } catch (IllegalArgumentException e) {
            throw new CorruptObjectException(
                    "bad value: object=" + object + ", " + e.getMessage(), e);
        }
    }

    public CorruptObjectException corrupt(String fact) {
        return new CorruptObjectException(fact + ", object=" + object);
    }
}
