// SPDX-License-Identifier: Apache-2.0
package io.varve.manifest.metadata;

import io.varve.manifest.CorruptObjectException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.metadata.FeatureLevelRecord;
import org.apache.kafka.common.metadata.MetadataRecordType;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.image.MetadataDelta;
import org.apache.kafka.image.MetadataImage;
import org.apache.kafka.image.MetadataProvenance;
import org.apache.kafka.image.writer.ImageWriterOptions;
import org.apache.kafka.image.writer.RecordListWriter;
import org.apache.kafka.server.common.ApiMessageAndVersion;
import org.apache.kafka.server.common.MetadataVersion;

/// The image that the records of `__cluster_metadata` fold into.
///
/// Equal records in equal order give equal images, on every replica, in the archiver's shadow and
/// in a restore. An image itself never changes; it can be kept and read by any thread. A call that
/// throws leaves the fold as it was.
///
/// Owner: whoever applies the records (one thread). [#image()] is safe from any thread.
public final class MetadataFold {
    private volatile MetadataImage image;

    private MetadataFold(MetadataImage image) {
        this.image = image;
    }

    /// What a cluster without any record knows.
    public static MetadataFold empty() {
        return new MetadataFold(MetadataImage.EMPTY);
    }

    /// The fold that wrote these [#records()]. Its provenance (offset, epoch) is that of an empty
    /// image until the next batch: a checkpoint says elsewhere where it ends.
    ///
    /// @throws CorruptObjectException when a record cannot be read or does not fit what stands
    ///   before it
    public static MetadataFold from(List<byte[]> records) {
        MetadataDelta delta = new MetadataDelta.Builder().setImage(MetadataImage.EMPTY).build();
        replayInto(delta, records);
        return new MetadataFold(delta.apply(MetadataProvenance.EMPTY));
    }

    /// Adds a fold's [#records()] to a delta, for whoever must know what a jump to them changes
    /// ([MetadataDelta#finishSnapshot()] then drops what they do not name).
    ///
    /// @throws CorruptObjectException when a record cannot be read or does not fit what stands
    ///   before it
    public static void replayInto(MetadataDelta delta, List<byte[]> records) {
        for (byte[] record : records) {
            replayOne(delta, MetadataRecords.deserialize(ByteBuffer.wrap(record)).message());
        }
    }

    /// A second fold that goes its own way from here.
    public MetadataFold fork() {
        return new MetadataFold(image);
    }

    /// What a replay changed: [MetadataDelta#image()] of the delta is the image before.
    public record Change(MetadataDelta delta, MetadataImage image) {}

    /// Applies whole record batches of `__cluster_metadata`, in order; the buffer's position is
    /// left alone. Control batches are passed over. The image's provenance becomes the last batch's
    /// last offset, leader epoch and largest timestamp.
    ///
    /// @throws CorruptObjectException when a record cannot be read or does not fit the image; then
    ///   nothing is applied
    public Change replay(ByteBuffer batches) {
        MetadataDelta delta = new MetadataDelta.Builder().setImage(image).build();
        MetadataProvenance provenance = image.provenance();
        MemoryRecords records = MemoryRecords.readableRecords(batches.duplicate());
        if (records.validBytes() != records.sizeInBytes()) {
            throw new CorruptObjectException(
                    "metadata is no run of whole batches: bytes="
                            + records.sizeInBytes()
                            + ", whole="
                            + records.validBytes());
        }
        for (MutableRecordBatch batch : records.batches()) {
            if (!batch.isControlBatch()) {
                replayBatch(delta, batch);
            }
            provenance =
                    new MetadataProvenance(
                            batch.lastOffset(),
                            batch.partitionLeaderEpoch(),
                            batch.maxTimestamp(),
                            true);
        }
        MetadataImage next = delta.apply(provenance);
        image = next;
        return new Change(delta, next);
    }

    /// The image after everything replayed so far.
    public MetadataImage image() {
        return image;
    }

    /// Records, each serialized by [MetadataRecords], from which [#from(List)] makes the same
    /// image.
    public List<byte[]> records() {
        MetadataImage now = image;
        boolean versionKnown = now.features().metadataVersion().isPresent();
        RecordListWriter writer = new RecordListWriter();
        now.write(
                writer,
                new ImageWriterOptions.Builder(
                                versionKnown
                                        ? now.features().metadataVersionOrThrow()
                                        : MetadataVersion.LATEST_PRODUCTION)
                        .setEligibleLeaderReplicasEnabled(now.features().isElrEnabled())
                        .build());
        List<byte[]> records = new ArrayList<>();
        for (ApiMessageAndVersion record : writer.records()) {
            if (versionKnown || !isMetadataVersion(record.message())) {
                records.add(MetadataRecords.serialize(record));
            }
        }
        return records;
    }

    private static void replayBatch(MetadataDelta delta, MutableRecordBatch batch) {
        for (Record record : batch) {
            if (!record.hasValue()) {
                throw new CorruptObjectException(
                        "metadata record without a value: offset=" + record.offset());
            }
            replayOne(delta, MetadataRecords.deserialize(record.value()).message());
        }
    }

    private static void replayOne(MetadataDelta delta, ApiMessage message) {
        if (MetadataRecordType.fromId(message.apiKey()) == MetadataRecordType.NO_OP_RECORD) {
            return;
        }
        try {
            delta.replay(message);
        } catch (RuntimeException e) {
            throw new CorruptObjectException(
                    "metadata record does not fit the image: record=" + message, e);
        }
    }

    private static boolean isMetadataVersion(ApiMessage message) {
        return message instanceof FeatureLevelRecord feature
                && feature.name().equals(MetadataVersion.FEATURE_NAME);
    }
}
