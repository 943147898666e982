// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.network;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.util.ReferenceCountUtil;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.types.RawTaggedField;
import org.apache.kafka.common.record.internal.BaseRecords;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.RecordsSend;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.FetchResponse;
import org.apache.kafka.common.requests.RequestHeader;
import org.apache.kafka.common.requests.ResponseHeader;
import org.junit.jupiter.api.Test;

final class NettyWritableTest {
    @Test
    void writesVariableLengthNumbersAsKafkaDoes() {
        Random random = new Random(7);
        for (int i = 0; i < 10_000; i++) {
            long value = random.nextLong() >> random.nextInt(64);
            FetchResponseData data = new FetchResponseData().setSessionId((int) value);
            data.unknownTaggedFields()
                    .add(
                            new RawTaggedField(
                                    2 + (int) (value & 0xffffff), new byte[random.nextInt(300)]));
            RequestHeader header = new RequestHeader(ApiKeys.FETCH, (short) 17, "c", (int) value);

            ByteBuffer bytes = joined(header, FetchResponse.of(data));

            assertThat(bytes.getInt()).isEqualTo(bytes.remaining());
            ResponseHeader.parse(bytes, ApiKeys.FETCH.responseHeaderVersion((short) 17));
            assertThat(new FetchResponseData(new ByteBufferAccessor(bytes), (short) 17))
                    .isEqualTo(data);
        }
    }

    @Test
    void sendsRecordsWithoutCopyingThem() {
        ByteBuffer batch = records();
        FetchResponseData data =
                fetchOf(OutgoingRecords.ofBuffers(List.of(batch.duplicate(), batch.duplicate())));
        RequestHeader header = new RequestHeader(ApiKeys.FETCH, (short) 18, "c", 1);

        List<Object> pieces = encode(header, FetchResponse.of(data));

        assertThat(pieces).hasSize(4);
        batch.put(0, (byte) 99);
        assertThat(((ByteBuf) pieces.get(1)).getByte(0)).isEqualTo((byte) 99);
        assertThat(((ByteBuf) pieces.get(2)).getByte(0)).isEqualTo((byte) 99);
        pieces.forEach(ReferenceCountUtil::release);
    }

    @Test
    void readsBackAsTheSameRecords() {
        ByteBuffer batch = records();
        RequestHeader header = new RequestHeader(ApiKeys.FETCH, (short) 18, "c", 1);

        ByteBuffer bytes =
                joined(
                        header,
                        FetchResponse.of(
                                fetchOf(
                                        OutgoingRecords.ofBuffers(
                                                List.of(batch.duplicate(), batch.duplicate())))));

        bytes.getInt();
        FetchResponse response = (FetchResponse) AbstractResponse.parseResponse(bytes, header);
        MemoryRecords got =
                (MemoryRecords)
                        response.data().responses().getFirst().partitions().getFirst().records();
        assertThat(got.batches()).hasSize(2).allSatisfy(each -> each.ensureValid());
    }

    @Test
    void releasesRecordsOfAResponseThatCannotBeWritten() {
        AtomicInteger released = new AtomicInteger();
        OutgoingRecords records = new OutgoingRecords(List.of(), released::incrementAndGet);
        FetchResponseData data = fetchOf(records);
        // Its second partition holds records of a kind that nobody can send.
        data.responses()
                .getFirst()
                .partitions()
                .add(new FetchResponseData.PartitionData().setRecords(new UnsendableRecords()));

        assertThatThrownBy(() ->
                        encode(
                                new RequestHeader(ApiKeys.FETCH, (short) 18, "c", 1),
                                FetchResponse.of(data)))
                .isInstanceOf(UnsupportedOperationException.class);

        assertThat(released).hasValue(1);
    }

    private record UnsendableRecords() implements BaseRecords {
        @Override
        public int sizeInBytes() {
            return 0;
        }

        @Override
        public RecordsSend<? extends BaseRecords> toSend() {
            throw new UnsupportedOperationException();
        }
    }

    private static FetchResponseData fetchOf(OutgoingRecords records) {
        FetchResponseData data = new FetchResponseData();
        FetchResponseData.FetchableTopicResponse topic =
                new FetchResponseData.FetchableTopicResponse();
        topic.partitions().add(new FetchResponseData.PartitionData().setRecords(records));
        data.responses().add(topic);
        return data;
    }

    private static ByteBuffer records() {
        return MemoryRecords.withRecords(Compression.NONE, new SimpleRecord("v".getBytes(UTF_8)))
                .buffer();
    }

    private static List<Object> encode(RequestHeader header, AbstractResponse response) {
        return NettyWritable.encode(
                header.toResponseHeader(),
                response,
                header.apiVersion(),
                UnpooledByteBufAllocator.DEFAULT);
    }

    private static ByteBuffer joined(RequestHeader header, AbstractResponse response) {
        List<Object> pieces = encode(header, response);
        ByteBuf all =
                Unpooled.wrappedBuffer(
                        pieces.stream().map(ByteBuf.class::cast).toArray(ByteBuf[]::new));
        byte[] bytes = new byte[all.readableBytes()];
        all.readBytes(bytes);
        all.release();
        return ByteBuffer.wrap(bytes);
    }
}
