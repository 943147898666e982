// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.server;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.errors.TransactionalIdAuthorizationException;
import org.apache.kafka.common.message.ApiVersionsRequestData;
import org.apache.kafka.common.message.InitProducerIdRequestData;
import org.apache.kafka.common.message.InitProducerIdResponseData;
import org.apache.kafka.common.message.ListOffsetsRequestData;
import org.apache.kafka.common.message.ListOffsetsRequestData.ListOffsetsPartition;
import org.apache.kafka.common.message.ListOffsetsRequestData.ListOffsetsTopic;
import org.apache.kafka.common.message.MetadataRequestData;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.message.ProduceRequestData.PartitionProduceData;
import org.apache.kafka.common.message.ProduceRequestData.TopicProduceData;
import org.apache.kafka.common.message.ProduceResponseData.PartitionProduceResponse;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MemoryRecordsBuilder;
import org.apache.kafka.common.requests.ApiVersionsResponse;
import org.apache.kafka.common.requests.InitProducerIdResponse;
import org.apache.kafka.common.requests.ListOffsetsRequest;
import org.apache.kafka.common.requests.ListOffsetsResponse;
import org.apache.kafka.common.requests.MetadataResponse;
import org.apache.kafka.common.requests.ProduceResponse;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Wrong bytes from raw sockets against a whole broker: each gets the answer that Kafka gives, or
/// loses its connection where Kafka closes it; nothing of it is appended, and the broker serves on.
final class BadInputTest {
    private static final int PRODUCE_VERSION = 11;
    private static final int REQUEST_BYTES_MAX = 2 << 20;
    private static final long HOUR_MS = 3_600_000;

    @TempDir static Path directory;
    private static RunningBroker running;

    @BeforeAll
    static void start() throws Exception {
        running =
                RunningBroker.start(
                        directory,
                        Map.of(
                                "socket.request.max.bytes",
                                Integer.toString(REQUEST_BYTES_MAX),
                                "connections.max.idle.ms",
                                "1500",
                                "max.connections.per.ip",
                                "60"));
        running.createTopic("t", Map.of("message.timestamp.before.max.ms", "3600000"));
        running.createTopic("small", Map.of("max.message.bytes", "1000"));
        running.createTopic("keyed", Map.of("cleanup.policy", "compact"));
    }

    @AfterAll
    static void stop() {
        running.close();
    }

    /// After each piece of bad input: the broker serves a good client, holds none of it, and did
    /// not want to end.
    @AfterEach
    void servesOn() throws Exception {
        try (RawClient good = new RawClient(running.broker.kafka())) {
            for (String topic : List.of("t", "small", "keyed")) {
                long end = endOf(good, topic);
                PartitionProduceResponse answer = produce(good, topic, batch("k", 1, now()));
                assertThat(Errors.forCode(answer.errorCode())).isEqualTo(Errors.NONE);
                assertThat(answer.baseOffset()).isEqualTo(end);
                assertThat(end).as(topic).isEqualTo(goodOnes(topic));
                appended.add(topic);
            }
        }
        assertThat(running.ends).isEmpty();
    }

    private static final List<String> appended = new ArrayList<>();

    private static long goodOnes(String topic) {
        return appended.stream().filter(topic::equals).count();
    }

    // --- bytes that are no request

    @Test
    void aRequestCutShortGoesWithItsConnection() throws Exception {
        byte[] whole =
                RawClient.bytesOf(
                        ApiKeys.PRODUCE, PRODUCE_VERSION, 1, request("t", batch("k", 1, now())));
        for (int length : new int[] {1, 3, 40, whole.length - 1}) {
            try (RawClient client = new RawClient(running.broker.kafka())) {
                client.write(ByteBuffer.allocate(4).putInt(whole.length).array());
                client.write(java.util.Arrays.copyOf(whole, length));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, Integer.MIN_VALUE, 0, REQUEST_BYTES_MAX + 1, Integer.MAX_VALUE})
    void aLengthOutOfBoundsEndsTheConnection(int length) throws Exception {
        try (RawClient client = new RawClient(running.broker.kafka())) {
            client.write(ByteBuffer.allocate(4).putInt(length).array());

            assertThat(client.isClosedByBroker()).isTrue();
        }
    }

    @Test
    void aRequestThatIsShorterThanItsFieldsEndsTheConnection() throws Exception {
        byte[] whole =
                RawClient.bytesOf(
                        ApiKeys.PRODUCE, PRODUCE_VERSION, 1, request("t", batch("k", 1, now())));
        for (int length : new int[] {1, 7, 20, whole.length - 1}) {
            try (RawClient client = new RawClient(running.broker.kafka())) {
                client.frame(java.util.Arrays.copyOf(whole, length));

                assertThat(client.isClosedByBroker()).as("length=%d", length).isTrue();
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 9999, 4 /* LeaderAndIsr, gone in Kafka 4 */, 7})
    void anUnknownKeyEndsTheConnection(int key) throws Exception {
        try (RawClient client = new RawClient(running.broker.kafka())) {
            client.frame(
                    (byte) (key >> 8),
                    (byte) key,
                    (byte) 0,
                    (byte) 0,
                    (byte) 0,
                    (byte) 0,
                    (byte) 0,
                    (byte) 1,
                    (byte) -1,
                    (byte) -1);

            assertThat(client.isClosedByBroker()).isTrue();
        }
    }

    @ParameterizedTest
    @ValueSource(shorts = {-1, 2, 99})
    void anUnsupportedVersionEndsTheConnection(short version) throws Exception {
        try (RawClient client = new RawClient(running.broker.kafka())) {
            client.frame(
                    (byte) 0,
                    (byte) 0,
                    (byte) (version >> 8),
                    (byte) version,
                    (byte) 0,
                    (byte) 0,
                    (byte) 0,
                    (byte) 1,
                    (byte) -1,
                    (byte) -1);

            assertThat(client.isClosedByBroker()).isTrue();
        }
    }

    @Test
    void anUnknownVersionOfApiVersionsIsAnsweredInVersionZeroWithTheVersionsThereAre()
            throws Exception {
        try (RawClient client = new RawClient(running.broker.kafka())) {
            client.frame(new byte[] {0, 18, 0, 99, 0, 0, 0, 7, 0, 1, 'c', 0, 1, 2, 3, 4, 5});

            ByteBuffer answer = client.receive();
            assertThat(answer.getInt()).isEqualTo(7);
            assertThat(answer.getShort()).isEqualTo(Errors.UNSUPPORTED_VERSION.code());
            assertThat(answer.getInt()).isEqualTo(1);
            assertThat(answer.getShort()).isEqualTo(ApiKeys.API_VERSIONS.id);
            assertThat(answer.getShort()).isEqualTo(ApiKeys.API_VERSIONS.oldestVersion());
            assertThat(answer.getShort()).isEqualTo(ApiKeys.API_VERSIONS.latestVersion());
            assertThat(answer.hasRemaining()).isFalse();

            ApiVersionsResponse next =
                    client.ask(
                            ApiVersionsResponse.class,
                            ApiKeys.API_VERSIONS,
                            3,
                            new ApiVersionsRequestData()
                                    .setClientSoftwareName("raw")
                                    .setClientSoftwareVersion("1"));
            assertThat(next.data().errorCode()).isZero();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
                "\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003",
                "SSH-2.0-OpenSSH_9.2p1\r\n"
            })
    void anotherProtocolEndsTheConnection(String hello) throws Exception {
        try (RawClient client = new RawClient(running.broker.kafka())) {
            client.write(hello.getBytes(US_ASCII));

            assertThat(client.isClosedByBroker()).isTrue();
        }
    }

    @Test
    void aSlowSenderIsServed() throws Exception {
        byte[] request =
                RawClient.bytesOf(
                        ApiKeys.METADATA, 12, 3, new MetadataRequestData().setTopics(null));
        try (RawClient client = new RawClient(running.broker.kafka())) {
            for (byte part : ByteBuffer.allocate(4).putInt(request.length).array()) {
                client.write(part);
            }
            for (byte part : request) {
                client.write(part);
            }
            assertThat(client.receive().getInt()).isEqualTo(3);
        }
    }

    @Test
    void aSilentConnectionIsClosedEvenInsideARequest() throws Exception {
        try (RawClient silent = new RawClient(running.broker.kafka());
                RawClient half = new RawClient(running.broker.kafka())) {
            half.write((byte) 0, (byte) 0, (byte) 1, (byte) 0, (byte) 5);

            assertThat(silent.isClosedByBroker()).isTrue();
            assertThat(half.isClosedByBroker()).isTrue();
        }
    }

    @Test
    void oneAddressHasSoManyConnectionsAndNoMore() throws Exception {
        List<RawClient> clients = new ArrayList<>();
        try {
            int refused = 0;
            for (int i = 0; i < 61; i++) {
                clients.add(new RawClient(running.broker.kafka()));
            }
            for (RawClient client : clients) {
                try {
                    MetadataResponse _ =
                            client.ask(
                                    MetadataResponse.class,
                                    ApiKeys.METADATA,
                                    12,
                                    new MetadataRequestData().setTopics(List.of()));
                } catch (java.io.IOException closed) {
                    refused++;
                }
            }
            assertThat(refused).isBetween(1, 5);
        } finally {
            for (RawClient client : clients) {
                client.close();
            }
        }
        org.awaitility.Awaitility.await()
                .ignoreExceptions()
                .until(() -> {
                    try (RawClient again = new RawClient(running.broker.kafka())) {
                        return endOf(again, "t") >= 0;
                    }
                });
    }

    // --- batches that must not be stored

    @Test
    void aWrongChecksumIsCorrupt() throws Exception {
        ByteBuffer bytes = batch("k", 2, now()).buffer();
        bytes.put(bytes.limit() - 1, (byte) (bytes.get(bytes.limit() - 1) + 1));

        refused("t", MemoryRecords.readableRecords(bytes), Errors.CORRUPT_MESSAGE, "crc");
    }

    @ParameterizedTest
    @ValueSource(bytes = {0, 1})
    void theOldMessageFormatIsInvalidAsInKafka4(byte magic) throws Exception {
        MemoryRecordsBuilder builder =
                MemoryRecords.builder(
                        ByteBuffer.allocate(200),
                        magic,
                        Compression.NONE,
                        magic == 0 ? TimestampType.NO_TIMESTAMP_TYPE : TimestampType.CREATE_TIME,
                        0L);
        builder.append(magic == 0 ? -1 : now(), null, new byte[10]);

        refused("t", builder.build(), Errors.INVALID_RECORD, "magic version 2");
    }

    @Test
    void aPartitionWithoutRecordsIsInvalid() throws Exception {
        refused("t", MemoryRecords.EMPTY, Errors.INVALID_RECORD, "at least one record batch");
        refused("t", null, Errors.INVALID_RECORD, "no records");
    }

    @Test
    void twoBatchesForOnePartitionAreInvalid() throws Exception {
        ByteBuffer one = batch("k", 1, now()).buffer();
        ByteBuffer two = ByteBuffer.allocate(one.limit() * 2).put(one.duplicate()).put(one).flip();

        refused("t", MemoryRecords.readableRecords(two), Errors.INVALID_RECORD, "exactly one");
    }

    @Test
    void aBatchLargerThanItsTopicAllowsIsTooLarge() throws Exception {
        refused("small", valued(new byte[1000], now()), Errors.MESSAGE_TOO_LARGE, "max=1000");
        refused("t", valued(new byte[1 << 20], now()), Errors.MESSAGE_TOO_LARGE, "max=1048588");
    }

    @Test
    void aRequestLargerThanTheListenerReadsEndsTheConnection() throws Exception {
        try (RawClient client = new RawClient(running.broker.kafka())) {
            byte[] request =
                    RawClient.bytesOf(
                            ApiKeys.PRODUCE,
                            PRODUCE_VERSION,
                            1,
                            request("t", valued(new byte[REQUEST_BYTES_MAX], now())));
            assertThatThrownBy(
                            () -> {
                                client.frame(request);
                                client.receive();
                            })
                    .isInstanceOf(java.io.IOException.class);
        }
    }

    @Test
    void timestampsTooFarFromTheBrokersClockAreRefusedRecordByRecord() throws Exception {
        for (long wrong : new long[] {now() - 2 * HOUR_MS, now() + 2 * HOUR_MS}) {
            MemoryRecordsBuilder builder = builder();
            builder.append(now(), null, new byte[1]);
            builder.append(wrong, null, new byte[1]);

            PartitionProduceResponse answer =
                    refused("t", builder.build(), Errors.INVALID_TIMESTAMP, "invalid timestamp");

            assertThat(answer.recordErrors()).hasSize(1);
            assertThat(answer.recordErrors().getFirst().batchIndex()).isEqualTo(1);
            assertThat(answer.recordErrors().getFirst().batchIndexErrorMessage())
                    .startsWith(
                            "Timestamp " + wrong + " of message with offset 1 is out of range.");
        }
    }

    @Test
    void aCompactedTopicNamesTheRecordsWithoutKey() throws Exception {
        MemoryRecordsBuilder builder = builder();
        builder.append(now(), "k".getBytes(US_ASCII), new byte[1]);
        builder.append(now(), null, new byte[1]);
        builder.append(now(), null, new byte[1]);

        PartitionProduceResponse answer =
                refused("keyed", builder.build(), Errors.INVALID_RECORD, "2 record errors");

        assertThat(answer.recordErrors()).extracting("batchIndex").containsExactly(1, 2);
        assertThat(answer.recordErrors().getFirst().batchIndexErrorMessage())
                .startsWith("Compacted topic cannot accept message without key");
    }

    @Test
    void anUnknownTopicOrPartitionIsNamedSo() throws Exception {
        refused("none", batch("k", 1, now()), Errors.UNKNOWN_TOPIC_OR_PARTITION, "");
        try (RawClient client = new RawClient(running.broker.kafka())) {
            ProduceRequestData request = request("t", batch("k", 1, now()));
            request.topicData().iterator().next().partitionData().getFirst().setIndex(7);
            assertThat(Errors.forCode(send(client, request).errorCode()))
                    .isEqualTo(Errors.UNKNOWN_TOPIC_OR_PARTITION);
        }
    }

    @Test
    void whatIsGoodInARequestIsStoredAndWhatIsBadIsNot() throws Exception {
        ByteBuffer corrupt = batch("k", 1, now()).buffer();
        corrupt.put(corrupt.limit() - 1, (byte) (corrupt.get(corrupt.limit() - 1) + 1));
        ProduceRequestData request = request("t", MemoryRecords.readableRecords(corrupt));
        request.topicData()
                .add(
                        request("keyed", batch("k", 1, now()))
                                .topicData()
                                .iterator()
                                .next()
                                .duplicate());
        try (RawClient client = new RawClient(running.broker.kafka())) {
            ProduceResponse response =
                    client.ask(ProduceResponse.class, ApiKeys.PRODUCE, PRODUCE_VERSION, request);

            assertThat(
                            response.data().responses().stream()
                                    .map(topic ->
                                            topic.partitionResponses().getFirst().errorCode()))
                    .containsExactly(Errors.CORRUPT_MESSAGE.code(), Errors.NONE.code());
            appended.add("keyed");
        }
    }

    @Test
    void acksThatAreNoneOfTheThreeAreRefused() throws Exception {
        try (RawClient client = new RawClient(running.broker.kafka())) {
            assertThat(
                            Errors.forCode(
                                    send(
                                                    client,
                                                    request("t", batch("k", 1, now()))
                                                            .setAcks((short) 2))
                                            .errorCode()))
                    .isEqualTo(Errors.INVALID_REQUIRED_ACKS);
        }
    }

    @Test
    void aRefusalThatNobodyWaitsForEndsTheConnection() throws Exception {
        try (RawClient client = new RawClient(running.broker.kafka())) {
            client.frame(
                    RawClient.bytesOf(
                            ApiKeys.PRODUCE,
                            PRODUCE_VERSION,
                            1,
                            request("none", batch("k", 1, now())).setAcks((short) 0)));

            assertThat(client.isClosedByBroker()).isTrue();
        }
    }

    @Test
    void internalTopicsAreNotWrittenByClients() throws Exception {
        running.awaitOffsetsTopic();
        refused(
                "__consumer_offsets",
                batch("k", 1, now()),
                Errors.INVALID_TOPIC_EXCEPTION,
                "internal");
    }

    // --- transactions, which are not served yet

    @Test
    void aTransactionalProducerLearnsAtOnceThatThereAreNoTransactions() {
        Properties properties = new Properties();
        properties.putAll(running.client());
        properties.put("transactional.id", "tx");
        properties.put("max.block.ms", "20000");
        try (KafkaProducer<byte[], byte[]> producer =
                new KafkaProducer<>(
                        properties, new ByteArraySerializer(), new ByteArraySerializer())) {
            assertThatThrownBy(producer::initTransactions)
                    .isInstanceOf(TransactionalIdAuthorizationException.class);
        }
    }

    @Test
    void aTransactionalIdGetsNoProducerId() throws Exception {
        try (RawClient client = new RawClient(running.broker.kafka())) {
            InitProducerIdResponse response =
                    client.ask(
                            InitProducerIdResponse.class,
                            ApiKeys.INIT_PRODUCER_ID,
                            4,
                            new InitProducerIdRequestData()
                                    .setTransactionalId("tx")
                                    .setTransactionTimeoutMs(1000));
            InitProducerIdResponseData data = response.data();
            assertThat(Errors.forCode(data.errorCode()))
                    .isEqualTo(Errors.TRANSACTIONAL_ID_AUTHORIZATION_FAILED);
            assertThat(data.producerId()).isEqualTo(-1);
        }
    }

    private static PartitionProduceResponse refused(
            String topic, MemoryRecords records, Errors error, String message) throws Exception {
        try (RawClient client = new RawClient(running.broker.kafka())) {
            PartitionProduceResponse answer = produce(client, topic, records);
            assertThat(Errors.forCode(answer.errorCode())).isEqualTo(error);
            assertThat(answer.errorMessage()).contains(message);
            assertThat(answer.baseOffset()).isEqualTo(-1);
            // The connection is as good as before.
            assertThat(endOf(client, "t")).isEqualTo(goodOnes("t"));
            return answer;
        }
    }

    private static PartitionProduceResponse produce(
            RawClient client, String topic, MemoryRecords records) throws Exception {
        return send(client, request(topic, records));
    }

    private static PartitionProduceResponse send(RawClient client, ProduceRequestData request)
            throws Exception {
        ProduceResponse response =
                client.ask(ProduceResponse.class, ApiKeys.PRODUCE, PRODUCE_VERSION, request);
        return response.data().responses().iterator().next().partitionResponses().getFirst();
    }

    private static ProduceRequestData request(String topic, MemoryRecords records) {
        ProduceRequestData request =
                new ProduceRequestData().setAcks((short) -1).setTimeoutMs(20_000);
        request.topicData()
                .add(
                        new TopicProduceData()
                                .setName(topic)
                                .setPartitionData(
                                        List.of(
                                                new PartitionProduceData()
                                                        .setIndex(0)
                                                        .setRecords(records))));
        return request;
    }

    private static long endOf(RawClient client, String topic) throws Exception {
        ListOffsetsResponse response =
                client.ask(
                        ListOffsetsResponse.class,
                        ApiKeys.LIST_OFFSETS,
                        7,
                        new ListOffsetsRequestData()
                                .setReplicaId(-1)
                                .setTopics(
                                        List.of(
                                                new ListOffsetsTopic()
                                                        .setName(topic)
                                                        .setPartitions(
                                                                List.of(
                                                                        new ListOffsetsPartition()
                                                                                .setTimestamp(
                                                                                        ListOffsetsRequest
                                                                                                .LATEST_TIMESTAMP))))));
        var partition = response.data().topics().getFirst().partitions().getFirst();
        assertThat(Errors.forCode(partition.errorCode())).isEqualTo(Errors.NONE);
        return partition.offset();
    }

    private static MemoryRecordsBuilder builder() {
        return MemoryRecords.builder(
                ByteBuffer.allocate(1024), Compression.NONE, TimestampType.CREATE_TIME, 0L);
    }

    private static MemoryRecords batch(String key, int records, long timestampMs) {
        MemoryRecordsBuilder builder = builder();
        for (int i = 0; i < records; i++) {
            builder.append(timestampMs, key.getBytes(US_ASCII), new byte[10]);
        }
        return builder.build();
    }

    private static MemoryRecords valued(byte[] value, long timestampMs) {
        MemoryRecordsBuilder builder =
                MemoryRecords.builder(
                        ByteBuffer.allocate(value.length + 200),
                        Compression.NONE,
                        TimestampType.CREATE_TIME,
                        0L);
        builder.append(timestampMs, null, value);
        return builder.build();
    }

    private static long now() {
        return System.currentTimeMillis();
    }
}
