// SPDX-License-Identifier: Apache-2.0
package io.varve.manifest.metadata;

import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.metadata.ConfigRecord;
import org.apache.kafka.image.ConfigurationsImage;
import org.apache.kafka.server.common.ApiMessageAndVersion;

/// All data shards of a cluster, by number: what [ShardRow]s the metadata holds. Immutable.
///
/// Kafka's metadata has no record for shards; a row is a config of a resource whose type no client
/// can name (decision 0008).
public record ShardTable(SortedMap<Integer, ShardRow> rows) {
    /// No client may alter or describe resources of this type.
    private static final ConfigResource.Type TYPE = ConfigResource.Type.UNKNOWN;

    private static final String RESOURCE_PREFIX = "shard-";
    private static final String KEY = "shard";

    public static final ShardTable EMPTY = new ShardTable(new TreeMap<>());

    public ShardTable {
        rows = Collections.unmodifiableSortedMap(new TreeMap<>(rows));
    }

    /// @throws IllegalArgumentException a row cannot be read
    public static ShardTable of(ConfigurationsImage configs) {
        SortedMap<Integer, ShardRow> rows = new TreeMap<>();
        configs.resourceData()
                .forEach((resource, data) -> {
                    String line = data.data().get(KEY);
                    if (isShard(resource) && line != null) {
                        int number =
                                Integer.parseInt(
                                        resource.name().substring(RESOURCE_PREFIX.length()));
                        rows.put(number, ShardRow.fromLine(number, line));
                    }
                });
        return new ShardTable(rows);
    }

    private static boolean isShard(ConfigResource resource) {
        return resource.type() == TYPE && resource.name().startsWith(RESOURCE_PREFIX);
    }

    /// The record that makes the metadata hold a row.
    public static ApiMessageAndVersion record(ShardRow row) {
        return new ApiMessageAndVersion(
                new ConfigRecord()
                        .setResourceType(TYPE.id())
                        .setResourceName(RESOURCE_PREFIX + row.number())
                        .setName(KEY)
                        .setValue(row.toLine()),
                (short) 0);
    }

    /// Whether a record is a row: a restore leaves them out, its shards are new.
    public static boolean isRow(ConfigRecord record) {
        return record.resourceType() == TYPE.id()
                && record.resourceName().startsWith(RESOURCE_PREFIX);
    }

    public Optional<ShardRow> row(int number) {
        return Optional.ofNullable(rows.get(number));
    }

    /// A number that no shard has.
    public int nextNumber() {
        return rows.isEmpty() ? 1 : rows.lastKey() + 1;
    }

    /// This table with a row more, or changed.
    public ShardTable with(ShardRow row) {
        Map<Integer, ShardRow> next = new TreeMap<>(rows);
        next.put(row.number(), row);
        return new ShardTable(new TreeMap<>(next));
    }
}
