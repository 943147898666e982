// SPDX-License-Identifier: Apache-2.0
package io.varve.manifest.metadata;

import io.varve.manifest.PartitionId;
import io.varve.manifest.state.EpochStart;
import io.varve.manifest.state.PartitionState.ManifestRef;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.metadata.ConfigRecord;
import org.apache.kafka.image.ConfigurationsImage;
import org.apache.kafka.server.common.ApiMessageAndVersion;

/// How a partition of a restored topic opens: with records, which are all in segment objects. Part
/// of the metadata next to the topic itself, so that whoever is controller opens it so, and no
/// other way. Immutable.
///
/// As [ShardRow]: a config of a resource whose type no client can name.
///
/// @param baseEpoch leader epochs of new records are above it
/// @param manifest the version that names the segments; none when there are no records
/// @param epochs leader epochs of the records
public record RestoredRow(
        int baseEpoch,
        long logStart,
        long endOffset,
        ManifestRef manifest,
        List<EpochStart> epochs) {
    private static final ConfigResource.Type TYPE = ConfigResource.Type.UNKNOWN;
    private static final String RESOURCE_PREFIX = "restored-";

    public RestoredRow {
        epochs = List.copyOf(epochs);
        if (baseEpoch < 0 || logStart < 0 || endOffset < logStart) {
            throw new IllegalArgumentException(
                    "bad restored partition: baseEpoch="
                            + baseEpoch
                            + ", logStart="
                            + logStart
                            + ", endOffset="
                            + endOffset);
        }
        if (endOffset > logStart && !manifest.exists()) {
            throw new IllegalArgumentException(
                    "restored records without a manifest: logStart="
                            + logStart
                            + ", endOffset="
                            + endOffset);
        }
    }

    /// The row of a partition; empty for one that opens without records, as most do.
    ///
    /// @throws IllegalArgumentException it cannot be read
    public static Optional<RestoredRow> of(ConfigurationsImage configs, PartitionId id) {
        Properties rows = configs.configProperties(resource(id.topicId()));
        return Optional.ofNullable(rows.getProperty(String.valueOf(id.partition())))
                .map(RestoredRow::fromLine);
    }

    /// The record that makes the metadata hold the row.
    public ApiMessageAndVersion record(PartitionId id) {
        return record(id.topicId(), String.valueOf(id.partition()), Optional.of(toLine()));
    }

    /// The records that make the metadata forget the rows of a topic.
    public static List<ApiMessageAndVersion> forgotten(ConfigurationsImage configs, Uuid topicId) {
        List<ApiMessageAndVersion> records = new ArrayList<>();
        configs.configProperties(resource(topicId))
                .stringPropertyNames()
                .forEach(name -> records.add(record(topicId, name, Optional.empty())));
        return records;
    }

    private static ConfigResource resource(Uuid topicId) {
        return new ConfigResource(TYPE, RESOURCE_PREFIX + topicId);
    }

    private static ApiMessageAndVersion record(
            Uuid topicId, String partition, Optional<String> line) {
        return new ApiMessageAndVersion(
                new ConfigRecord()
                        .setResourceType(TYPE.id())
                        .setResourceName(RESOURCE_PREFIX + topicId)
                        .setName(partition)
                        .setValue(line.orElse(null)),
                (short) 0);
    }

    /// `baseEpoch=5 logStart=0 end=12 manifest=1/2 epochs=1@0,2@7`.
    public String toLine() {
        return "baseEpoch="
                + baseEpoch
                + " logStart="
                + logStart
                + " end="
                + endOffset
                + " manifest="
                + manifest.generation()
                + "/"
                + manifest.version()
                + " epochs="
                + String.join(
                        ",",
                        epochs.stream()
                                .map(start -> start.epoch() + "@" + start.startOffset())
                                .toList());
    }

    /// @throws IllegalArgumentException the line is no row; the message holds it
    public static RestoredRow fromLine(String line) {
        Map<String, String> fields = new HashMap<>();
        for (String part : line.split(" ", -1)) {
            int equals = part.indexOf('=');
            if (equals < 1) {
                throw new IllegalArgumentException("no restored row: " + line);
            }
            fields.put(part.substring(0, equals), part.substring(equals + 1));
        }
        String[] manifest = pair(field(fields, "manifest", line), "/", line);
        List<EpochStart> epochs = new ArrayList<>();
        for (String epoch : field(fields, "epochs", line).split(",", -1)) {
            if (!epoch.isEmpty()) {
                String[] parts = pair(epoch, "@", line);
                epochs.add(new EpochStart(Integer.parseInt(parts[0]), Long.parseLong(parts[1])));
            }
        }
        return new RestoredRow(
                Integer.parseInt(field(fields, "baseEpoch", line)),
                Long.parseLong(field(fields, "logStart", line)),
                Long.parseLong(field(fields, "end", line)),
                new ManifestRef(Integer.parseInt(manifest[0]), Long.parseLong(manifest[1])),
                epochs);
    }

    private static String[] pair(String text, String between, String line) {
        String[] parts = text.split(between, -1);
        if (parts.length != 2) {
            throw new IllegalArgumentException("no restored row: " + line);
        }
        return parts;
    }

    private static String field(Map<String, String> fields, String name, String line) {
        String value = fields.get(name);
        if (value == null) {
            throw new IllegalArgumentException(
                    "no restored row: missing=" + name + ", line=" + line);
        }
        return value;
    }
}
