// SPDX-License-Identifier: Apache-2.0
package io.varve.manifest.whole;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.varve.manifest.CorruptObjectException;
import io.varve.manifest.VersionTooNewException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import java.util.zip.CRC32C;

/// A JSON document that names its format and version and ends with a checksum of itself, and is
/// still plain JSON:
///
/// ```
/// {
///   "format" : "varve-manifest",
///   "formatVersion" : 1,
///   "entries" : [
///     {"base":0,"end":10},
///     {"base":10,"end":20}
///   ],
///   "crc32c" : "9a3b12f0"
/// }
/// ```
///
/// The checksum covers every byte in front of the comma that precedes its line; what follows has
/// one possible form. One line per member, one per element of an array of objects. Frozen for all
/// versions, so that "too new" can be told from "damaged".
public final class JsonDocument {
    private static final JsonMapper MAPPER =
            JsonMapper.builder()
                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                    .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                    .build();
    private static final String CRC_NAME = "crc32c";
    private static final String CRC_PREFIX = ",\n  \"crc32c\" : \"";
    private static final String CRC_SUFFIX = "\"\n}\n";
    private static final int CRC_DIGITS = 8;
    private static final int TRAILER_BYTES = CRC_PREFIX.length() + CRC_DIGITS + CRC_SUFFIX.length();

    private JsonDocument() {}

    /// An empty node to build a document or a row with.
    public static ObjectNode node() {
        return MAPPER.createObjectNode();
    }

    /// The bytes of a document.
    ///
    /// @param members what it says, in this order, without format, version and checksum
    public static byte[] write(String format, int version, ObjectNode members) {
        StringBuilder out =
                new StringBuilder("{\n  \"format\" : ")
                        .append(compact(members.textNode(format)))
                        .append(",\n  \"formatVersion\" : ")
                        .append(version);
        for (Map.Entry<String, JsonNode> member : members.properties()) {
            out.append(",\n  ").append(compact(members.textNode(member.getKey()))).append(" : ");
            render(out, member.getValue());
        }
        byte[] covered = out.toString().getBytes(StandardCharsets.UTF_8);
        byte[] trailer = trailer(covered, covered.length);
        byte[] all = Arrays.copyOf(covered, covered.length + trailer.length);
        System.arraycopy(trailer, 0, all, covered.length, trailer.length);
        return all;
    }

    private static void render(StringBuilder out, JsonNode value) {
        if (!(value instanceof ArrayNode array) || array.isEmpty() || !array.get(0).isObject()) {
            out.append(compact(value));
            return;
        }
        String separator = "[\n    ";
        for (JsonNode element : array) {
            out.append(separator).append(compact(element));
            separator = ",\n    ";
        }
        out.append("\n  ]");
    }

    private static byte[] trailer(byte[] bytes, int covered) {
        CRC32C crc = new CRC32C();
        crc.update(bytes, 0, covered);
        String digits = HexFormat.of().toHexDigits((int) crc.getValue());
        return (CRC_PREFIX + digits + CRC_SUFFIX).getBytes(StandardCharsets.US_ASCII);
    }

    /// Reads a document of the given format.
    ///
    /// @param newestVersion the newest version that the caller can read; older ones are the
    ///   caller's matter
    /// @throws CorruptObjectException checksum, syntax or format is wrong
    /// @throws VersionTooNewException intact, but of a later version
    public static JsonFields read(byte[] bytes, String object, String format, int newestVersion) {
        int covered = bytes.length - TRAILER_BYTES;
        if (covered < 0
                || !Arrays.equals(
                        Arrays.copyOfRange(bytes, covered, bytes.length),
                        trailer(bytes, covered))) {
            throw new CorruptObjectException(
                    "document checksum mismatch: object=" + object + ", bytes=" + bytes.length);
        }
        JsonFields fields = parse(new String(bytes, StandardCharsets.UTF_8), object);
        String found = fields.text("format");
        if (!found.equals(format)) {
            throw fields.corrupt(
                    "document of another format: format=" + found + ", expected=" + format);
        }
        int version = fields.i32("formatVersion");
        if (version > newestVersion) {
            throw new VersionTooNewException(object, version, newestVersion);
        }
        if (version < 1) {
            throw fields.corrupt("bad document version: version=" + version);
        }
        fields.text(CRC_NAME);
        return fields;
    }

    /// The checksum that a document carries: names exactly these bytes. Only for bytes that
    /// [#write] made or [#read] accepted.
    public static int crc(byte[] document) {
        int at = document.length - CRC_SUFFIX.length() - CRC_DIGITS;
        String digits = new String(document, at, CRC_DIGITS, StandardCharsets.US_ASCII);
        return HexFormat.fromHexDigits(digits);
    }

    /// One JSON object as a line, for values inside other formats.
    public static String compact(JsonNode node) {
        try {
            return MAPPER.writeValueAsString(node);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(
                    "json tree cannot be written: " + e.getOriginalMessage(), e);
        }
    }

    /// Reads one JSON object that carries no format of its own.
    ///
    /// @throws CorruptObjectException it is none
    public static JsonFields parse(String json, String object) {
        try {
            if (MAPPER.readTree(json) instanceof ObjectNode node) {
                return new JsonFields(node, object);
            }
            throw new CorruptObjectException("no json object: object=" + object);
        } catch (JsonProcessingException e) {
            throw new CorruptObjectException(
                    "bad json: object=" + object + ", " + e.getOriginalMessage(), e);
        }
    }
}
