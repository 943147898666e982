// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.durability;

import java.io.DataInputStream;
import java.io.IOException;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.List;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.message.InitProducerIdRequestData;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.message.ProduceResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.InitProducerIdRequest;
import org.apache.kafka.common.requests.InitProducerIdResponse;
import org.apache.kafka.common.requests.ProduceRequest;
import org.apache.kafka.common.requests.ProduceResponse;
import org.apache.kafka.common.requests.RequestHeader;

/// An idempotent producer that sends a batch again on purpose, as a client does that never got its
/// answer. Owner: one thread.
final class RawProducer {
    private static final int TIMEOUT_MS = 20_000;

    private final long producerId;
    private final short epoch;
    private int correlationId;

    /// What the broker said to a batch.
    record Answer(short error, long baseOffset) {}

    private RawProducer(long producerId, short epoch) {
        this.producerId = producerId;
        this.epoch = epoch;
    }

    static RawProducer init(String bootstrap) throws IOException {
        RawProducer producer = new RawProducer(-1, (short) -1);
        InitProducerIdRequest request =
                new InitProducerIdRequest.Builder(
                                new InitProducerIdRequestData()
                                        .setTransactionalId(null)
                                        .setTransactionTimeoutMs(TIMEOUT_MS))
                        .build();
        InitProducerIdResponse response =
                (InitProducerIdResponse)
                        producer.send(bootstrap, ApiKeys.INIT_PRODUCER_ID, request);
        return new RawProducer(response.data().producerId(), response.data().producerEpoch());
    }

    /// Sends a batch of one record with this sequence.
    Answer produce(String bootstrap, TopicPartition partition, int sequence, byte[] value)
            throws Exception {
        MemoryRecords batch =
                MemoryRecords.withIdempotentRecords(
                        Compression.NONE,
                        producerId,
                        epoch,
                        sequence,
                        new SimpleRecord(1_700_000_000_000L + sequence, null, value));
        ProduceRequestData.TopicProduceDataCollection topics =
                new ProduceRequestData.TopicProduceDataCollection();
        topics.add(
                new ProduceRequestData.TopicProduceData()
                        .setTopicId(topicId(bootstrap, partition.topic()))
                        .setPartitionData(
                                List.of(
                                        new ProduceRequestData.PartitionProduceData()
                                                .setIndex(partition.partition())
                                                .setRecords(batch))));
        ProduceRequest request =
                ProduceRequest.builder(
                                new ProduceRequestData()
                                        .setAcks((short) -1)
                                        .setTimeoutMs(TIMEOUT_MS)
                                        .setTopicData(topics))
                        .build();
        ProduceResponse response = (ProduceResponse) send(bootstrap, ApiKeys.PRODUCE, request);
        ProduceResponseData.PartitionProduceResponse answer =
                response.data().responses().iterator().next().partitionResponses().getFirst();
        return new Answer(answer.errorCode(), answer.baseOffset());
    }

    private static Uuid topicId(String bootstrap, String topic) throws Exception {
        try (Admin admin = Cluster.admin(bootstrap)) {
            return admin.describeTopics(List.of(topic))
                    .topicNameValues()
                    .get(topic)
                    .get()
                    .topicId();
        }
    }

    private AbstractResponse send(String bootstrap, ApiKeys api, AbstractRequest request)
            throws IOException {
        int colon = bootstrap.lastIndexOf(':');
        RequestHeader header =
                new RequestHeader(api, request.version(), "raw-producer", ++correlationId);
        ByteBuffer bytes = request.serializeWithHeader(header);
        try (Socket socket =
                new Socket(
                        bootstrap.substring(0, colon),
                        Integer.parseInt(bootstrap.substring(colon + 1)))) {
            socket.setSoTimeout(TIMEOUT_MS);
            ByteBuffer framed = ByteBuffer.allocate(Integer.BYTES + bytes.remaining());
            framed.putInt(bytes.remaining()).put(bytes);
            socket.getOutputStream().write(framed.array());
            DataInputStream in = new DataInputStream(socket.getInputStream());
            byte[] answer = new byte[in.readInt()];
            in.readFully(answer);
            return AbstractResponse.parseResponse(ByteBuffer.wrap(answer), header);
        }
    }
}
