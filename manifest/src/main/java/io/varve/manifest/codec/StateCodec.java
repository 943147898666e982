// SPDX-License-Identifier: Apache-2.0
package io.varve.manifest.codec;

import io.varve.manifest.PartitionId;
import io.varve.manifest.ShardId;
import io.varve.manifest.state.AbortedTxn;
import io.varve.manifest.state.EpochStart;
import io.varve.manifest.state.ProducerBatch;
import io.varve.manifest.state.ProducerState;
import java.util.List;
import java.util.OptionalLong;
import org.apache.kafka.common.Uuid;

/// The values that packs and checkpoints share, as bytes.
///
/// ```
/// partition  topic id 16 | partition 4                     shard  generation 4 | shard 4 | incarnation 4
/// epoch      epoch 4 | start offset 8                      aborted  producer id 8 | first 8 | marker 8 | stable end 8
/// producer   id 8 | epoch 2 | coordinator epoch 4 | last time 8 | open 1 [| first offset 8] | count 4 | batches
/// batch      base sequence 4 | last sequence 4 | base offset 8 | last offset 8 | time 8
/// ```
public final class StateCodec {
    private static final int EPOCH_BYTES = 12;
    private static final int ABORTED_BYTES = 32;
    private static final int PRODUCER_BYTES_MIN = 27;
    private static final int BATCH_BYTES = 32;

    private StateCodec() {}

    public static void writePartition(ByteWriter out, PartitionId id) {
        out.i64(id.topicId().getMostSignificantBits())
                .i64(id.topicId().getLeastSignificantBits())
                .i32(id.partition());
    }

    public static PartitionId readPartition(ByteReader in) {
        Uuid topicId = new Uuid(in.i64(), in.i64());
        return new PartitionId(topicId, in.i32());
    }

    public static void writeShard(ByteWriter out, ShardId shard) {
        out.i32(shard.generation()).i32(shard.shard()).i32(shard.incarnation());
    }

    public static ShardId readShard(ByteReader in) {
        return new ShardId(in.i32(), in.i32(), in.i32());
    }

    public static void writeEpochs(ByteWriter out, List<EpochStart> epochs) {
        out.list(epochs, epoch -> out.i32(epoch.epoch()).i64(epoch.startOffset()));
    }

    public static List<EpochStart> readEpochs(ByteReader in) {
        return in.list(EPOCH_BYTES, () -> new EpochStart(in.i32(), in.i64()));
    }

    public static void writeAborted(ByteWriter out, List<AbortedTxn> aborted) {
        out.list(
                aborted,
                txn ->
                        out.i64(txn.producerId())
                                .i64(txn.firstOffset())
                                .i64(txn.markerOffset())
                                .i64(txn.lastStableOffset()));
    }

    public static List<AbortedTxn> readAborted(ByteReader in) {
        return in.list(ABORTED_BYTES, () -> new AbortedTxn(in.i64(), in.i64(), in.i64(), in.i64()));
    }

    public static void writeProducers(ByteWriter out, List<ProducerState> producers) {
        out.list(producers, producer -> writeProducer(out, producer));
    }

    private static void writeProducer(ByteWriter out, ProducerState producer) {
        out.i64(producer.producerId())
                .i16(producer.producerEpoch())
                .i32(producer.coordinatorEpoch())
                .i64(producer.lastTimestampMs())
                .u8(producer.openTxnFirstOffset().isPresent() ? 1 : 0);
        producer.openTxnFirstOffset().ifPresent(out::i64);
        out.list(
                producer.batches(),
                batch ->
                        out.i32(batch.baseSequence())
                                .i32(batch.lastSequence())
                                .i64(batch.baseOffset())
                                .i64(batch.lastOffset())
                                .i64(batch.timestampMs()));
    }

    public static List<ProducerState> readProducers(ByteReader in) {
        return in.list(PRODUCER_BYTES_MIN, () -> readProducer(in));
    }

    private static ProducerState readProducer(ByteReader in) {
        return new ProducerState(
                in.i64(),
                in.i16(),
                in.i32(),
                in.i64(),
                in.flag() ? OptionalLong.of(in.i64()) : OptionalLong.empty(),
                in.list(
                        BATCH_BYTES,
                        () -> new ProducerBatch(in.i32(), in.i32(), in.i64(), in.i64(), in.i64())));
    }
}
