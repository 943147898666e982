// SPDX-License-Identifier: Apache-2.0
package io.varve.manifest.metadata;

import io.varve.manifest.CorruptObjectException;
import java.nio.ByteBuffer;
import java.util.List;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.ObjectSerializationCache;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.metadata.MetadataRecordSerde;
import org.apache.kafka.server.common.ApiMessageAndVersion;

/// Bytes of metadata records: Kafka's MetadataRecordSerde (frame version, record type, record
/// version, fields). Stateless.
public final class MetadataRecords {
    private MetadataRecords() {}

    /// One record's value.
    public static byte[] serialize(ApiMessageAndVersion record) {
        ObjectSerializationCache cache = new ObjectSerializationCache();
        ByteBuffer buffer =
                ByteBuffer.allocate(MetadataRecordSerde.INSTANCE.recordSize(record, cache));
        MetadataRecordSerde.INSTANCE.write(record, cache, new ByteBufferAccessor(buffer));
        return buffer.array();
    }

    /// The record of a value.
    ///
    /// @throws CorruptObjectException when the bytes are not exactly one record of a type and
    ///   version that is known
    public static ApiMessageAndVersion deserialize(ByteBuffer value) {
        ByteBuffer bytes = value.duplicate();
        try {
            return MetadataRecordSerde.INSTANCE.read(
                    new ByteBufferAccessor(bytes), bytes.remaining());
        } catch (RuntimeException e) {
            throw new CorruptObjectException(
                    "unreadable metadata record: length=" + value.remaining(), e);
        }
    }

    /// One uncompressed record batch (base offset 0, no producer) whose values are these records:
    /// what the controller appends to `__cluster_metadata`, whole or not at all.
    ///
    /// @param records at least one
    /// @param timeMs timestamp of every record, UTC milliseconds
    public static ByteBuffer batch(List<ApiMessageAndVersion> records, long timeMs) {
        if (records.isEmpty()) {
            throw new IllegalArgumentException("no metadata records: a batch holds at least one");
        }
        SimpleRecord[] values =
                records.stream()
                        .map(record -> new SimpleRecord(timeMs, null, serialize(record)))
                        .toArray(SimpleRecord[]::new);
        return MemoryRecords.withRecords(
                        (byte) 2, 0L, Compression.NONE, TimestampType.CREATE_TIME, values)
                .buffer();
    }
}
