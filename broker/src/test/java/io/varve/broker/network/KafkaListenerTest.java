// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.kafka.common.message.ApiVersionsResponseData;
import org.apache.kafka.common.message.MetadataRequestData;
import org.apache.kafka.common.message.MetadataResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.ApiVersionsRequest;
import org.apache.kafka.common.requests.ApiVersionsResponse;
import org.apache.kafka.common.requests.MetadataRequest;
import org.apache.kafka.common.requests.MetadataResponse;
import org.apache.kafka.common.requests.RequestHeader;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// Raw sockets against a listener whose handler is the test: what reaches the handler, what comes
/// back, who is closed.
final class KafkaListenerTest {
    private static final short METADATA_VERSION = 12;

    private final NetworkCounters counters = new NetworkCounters();
    private final List<CompletableFuture<AbstractResponse>> answers = new CopyOnWriteArrayList<>();
    private final List<Request> requests = new CopyOnWriteArrayList<>();
    private ConnectionQuota quota = new ConnectionQuota(1000, 1000);
    private KafkaListener listener;

    @AfterEach
    void closeListener() {
        if (listener != null) {
            listener.close();
        }
    }

    @Test
    void answersInTheOrderOfTheRequestsWhateverTheOrderOfTheAnswers() throws Exception {
        open(settings(10, 1 << 20));
        try (Client client = new Client()) {
            for (int i = 0; i < 5; i++) {
                client.send(metadata(i));
            }
            await().until(() -> answers.size() == 5);

            for (int i : new int[] {4, 2, 3, 1}) {
                answers.get(i).complete(metadataAnswer(i));
            }
            assertThat(client.hasInput()).isFalse();
            answers.get(0).complete(metadataAnswer(0));

            for (int i = 0; i < 5; i++) {
                assertThat(client.receiveMetadata(i).controllerId()).isEqualTo(i);
            }
        }
    }

    @Test
    void readsNoFurtherThanTheRequestsAllowedInFlight() throws Exception {
        open(settings(3, 1 << 20));
        try (Client client = new Client()) {
            for (int i = 0; i < 50; i++) {
                client.send(metadata(i));
            }
            await().until(() -> answers.size() == 3);

            for (int i = 0; i < 50; i++) {
                int answered = i;
                await().until(() -> answers.size() > answered);
                assertThat(answers.size()).isLessThanOrEqualTo(i + 3);
                answers.get(i).complete(metadataAnswer(i));
                assertThat(client.receiveMetadata(i).controllerId()).isEqualTo(i);
            }
        }
    }

    @Test
    void boundsTheBytesInFlightToo() throws Exception {
        open(settings(1000, 100));
        try (Client client = new Client()) {
            for (int i = 0; i < 50; i++) {
                client.send(metadata(i));
            }
            await().until(() -> !answers.isEmpty());
            assertThat(requests.stream().mapToInt(Request::sizeBytes).sum()).isLessThan(200);

            for (int i = 0; i < 50; i++) {
                int answered = i;
                await().until(() -> answers.size() > answered);
                answers.get(i).complete(metadataAnswer(i));
                client.receiveMetadata(i);
            }
        }
    }

    @Test
    void sendsNothingForARequestWithoutResponse() throws Exception {
        open(settings(10, 1 << 20));
        try (Client client = new Client()) {
            client.send(metadata(0));
            client.send(metadata(1));
            await().until(() -> answers.size() == 2);

            answers.get(0).complete(null);
            answers.get(1).complete(metadataAnswer(1));

            assertThat(client.receiveMetadata(1).controllerId()).isEqualTo(1);
        }
    }

    @Test
    void answersAFailureWithTheErrorOfTheRequest() throws Exception {
        open(settings(10, 1 << 20));
        try (Client client = new Client()) {
            client.send(metadata(0));
            await().until(() -> answers.size() == 1);

            answers.get(0).completeExceptionally(Errors.REQUEST_TIMED_OUT.exception());

            MetadataResponseData data = client.receiveMetadata(0);
            assertThat(data.topics().iterator().next().errorCode())
                    .isEqualTo(Errors.REQUEST_TIMED_OUT.code());
        }
    }

    @Test
    void answersApiVersionsOfAnUnknownVersionAsVersionZero() throws Exception {
        listener =
                KafkaListener.open(
                        settings(10, 1 << 20),
                        request -> {
                            ApiVersionsRequest body = (ApiVersionsRequest) request.body();
                            return CompletableFuture.completedFuture(
                                    body.hasUnsupportedRequestVersion()
                                            ? body.getErrorResponse(
                                                    0, Errors.UNSUPPORTED_VERSION.exception())
                                            : new ApiVersionsResponse(
                                                    new ApiVersionsResponseData()));
                        },
                        counters,
                        quota);
        try (Client client = new Client()) {
            // Header version 2, then a body that only a version of the future could read.
            client.sendRaw(new byte[] {0, 18, 0, 99, 0, 0, 0, 7, 0, 1, 'c', 0, 1, 2, 3, 4, 5});

            ByteBuffer response = client.receive();
            assertThat(response.getInt()).isEqualTo(7);
            assertThat(response.getShort()).isEqualTo(Errors.UNSUPPORTED_VERSION.code());
        }
    }

    @Test
    void closesOnlyTheConnectionThatSendsNonsense() throws Exception {
        long seed = Long.getLong("sim.seed", System.nanoTime());
        System.out.println("KafkaListenerTest seed: -Dsim.seed=" + seed);
        Random random = new Random(seed);
        listener =
                KafkaListener.open(
                        settings(10, 1 << 20),
                        request ->
                                CompletableFuture.completedFuture(
                                        request.body().getErrorResponse(new IOException("no"))),
                        counters,
                        quota);
        try (Client good = new Client()) {
            for (int round = 0; round < 300; round++) {
                byte[] bytes = new byte[random.nextInt(200)];
                random.nextBytes(bytes);
                if (round % 2 == 0 && bytes.length >= 12) {
                    // A plausible length, key and version, so that the nonsense gets further in.
                    ByteBuffer.wrap(bytes)
                            .putInt(bytes.length - 4)
                            .putShort((short) random.nextInt(95))
                            .putShort((short) random.nextInt(14));
                }
                try (Client bad = new Client()) {
                    bad.writeUnframed(bytes);
                }
                if (round % 30 == 0) {
                    good.send(metadata(round));
                    good.receiveMetadata(round);
                }
            }
            good.send(metadata(1));
            good.receiveMetadata(1);
            await().until(() -> counters.connectionsOpen() == 1);
        }
    }

    @Test
    void refusesConnectionsBeyondTheBound() throws Exception {
        quota = new ConnectionQuota(2, 10);
        open(settings(10, 1 << 20));
        try (Client first = new Client();
                Client second = new Client()) {
            first.send(metadata(0));
            second.send(metadata(0));
            await().until(() -> answers.size() == 2);

            try (Client third = new Client()) {
                assertThatThrownBy(third::receive).isInstanceOf(IOException.class);
            }
            assertThat(counters.connectionsRefused()).isEqualTo(1);
            assertThat(counters.connectionsOpen()).isEqualTo(2);
        }
        await().until(() -> counters.connectionsOpen() == 0);
    }

    @Test
    void refusesConnectionsOfOneAddressBeyondItsBoundOverAllListeners() throws Exception {
        quota = new ConnectionQuota(10, 2);
        open(settings(10, 1 << 20));
        try (KafkaListener other =
                KafkaListener.open(
                        settings(10, 1 << 20), _ -> new CompletableFuture<>(), counters, quota)) {
            try (Client first = new Client();
                    Client second = new Client(other, "127.0.0.1")) {
                await().until(() -> counters.connectionsOpen() == 2);

                try (Client third = new Client()) {
                    assertThatThrownBy(third::receive).isInstanceOf(IOException.class);
                }
                assertThat(counters.connectionsRefused()).isEqualTo(1);
                try (Client elsewhere = new Client(listener, "127.0.0.2")) {
                    elsewhere.send(metadata(0));
                    await().until(() -> answers.size() == 1);
                    assertThat(quota.addresses()).isEqualTo(2);
                }
                assertThat(first.hasInput()).isEqualTo(second.hasInput());
            }
            await().until(() -> quota.addresses() == 0);
            try (Client again = new Client()) {
                again.send(metadata(0));
                await().until(() -> answers.size() == 2);
            }
        }
    }

    @Test
    void closesAConnectionWhoseRequestStaysHalfSent() throws Exception {
        open(idleAfter(Duration.ofMillis(50)));
        try (Client half = new Client()) {
            half.writeUnframed(new byte[] {0, 0, 1, 0, 0, 3});

            assertThatThrownBy(half::receive).isInstanceOf(EOFException.class);
        }
        await().until(() -> counters.connectionsOpen() == 0);
    }

    @Test
    void readsARequestThatComesByteByByte() throws Exception {
        open(settings(10, 1 << 20));
        try (Client slow = new Client()) {
            ByteBuffer request = metadata(5);
            slow.writeUnframed(ByteBuffer.allocate(4).putInt(request.remaining()).array());
            while (request.hasRemaining()) {
                slow.writeUnframed(new byte[] {request.get()});
            }
            await().until(() -> answers.size() == 1);

            answers.get(0).complete(metadataAnswer(3));
            assertThat(slow.receiveMetadata(5).controllerId()).isEqualTo(3);
        }
    }

    @Test
    void doesNotReadAClientThatWasToldToWait() throws Exception {
        open(settings(10, 1 << 20));
        try (Client client = new Client()) {
            client.send(metadata(0));
            await().until(() -> answers.size() == 1);
            MetadataResponse wait = metadataAnswer(3);
            wait.data().setThrottleTimeMs(400);
            long before = System.nanoTime();
            answers.get(0).complete(wait);

            // The answer itself does not wait, but what the client sends then does.
            client.receiveMetadata(0);
            client.send(metadata(1));
            await().until(() -> answers.size() == 2);

            assertThat(Duration.ofNanos(System.nanoTime() - before))
                    .isGreaterThan(Duration.ofMillis(390));
            answers.get(1).complete(metadataAnswer(4));
            assertThat(client.receiveMetadata(1).controllerId()).isEqualTo(4);
        }
    }

    @Test
    void closesAConnectionThatIsIdleButNotOneThatWaitsForItsAnswer() throws Exception {
        open(idleAfter(Duration.ofMillis(50)));
        try (Client waits = new Client();
                Client idle = new Client()) {
            waits.send(metadata(0));
            assertThatThrownBy(idle::receive).isInstanceOf(EOFException.class);

            answers.get(0).complete(metadataAnswer(3));
            assertThat(waits.receiveMetadata(0).controllerId()).isEqualTo(3);
        }
    }

    @Test
    void keepsTheReceiveBufferAsLongAsTheHandlerHoldsIt() throws Exception {
        open(settings(10, 1 << 20));
        try (Client client = new Client()) {
            client.send(metadata(0));
            await().until(() -> answers.size() == 1);
            Request request = requests.get(0);
            request.retain();

            answers.get(0).complete(metadataAnswer(0));
            client.receiveMetadata(0);

            assertThat(request.isHeld()).isTrue();
            request.release();
            assertThat(request.isHeld()).isFalse();
        }
    }

    @Test
    void namesTheAddressThatIsTaken() throws Exception {
        open(settings(10, 1 << 20));
        int port = listener.localAddress().getPort();

        assertThatThrownBy(() ->
                        KafkaListener.open(
                                ListenerSettings.at("PLAINTEXT", "127.0.0.1", port),
                                _ -> new CompletableFuture<>(),
                                counters,
                                quota))
                .isInstanceOf(IOException.class)
                .hasMessageContaining(
                        "cannot listen: name=PLAINTEXT, host=127.0.0.1, port=" + port);
    }

    @Test
    void countsWhatItCarries() throws Exception {
        open(settings(10, 1 << 20));
        try (Client client = new Client()) {
            client.send(metadata(0));
            await().until(() -> answers.size() == 1);
            answers.get(0).complete(metadataAnswer(0));
            int received = client.receive().remaining();

            assertThat(counters.requests()).containsEntry(ApiKeys.METADATA, 1L);
            assertThat(counters.bytesIn()).isEqualTo(requests.get(0).sizeBytes());
            assertThat(counters.bytesOut()).isEqualTo(received + 4L);
        }
    }

    private void open(ListenerSettings settings) throws IOException {
        listener =
                KafkaListener.open(
                        settings,
                        request -> {
                            CompletableFuture<AbstractResponse> answer = new CompletableFuture<>();
                            requests.add(request);
                            answers.add(answer);
                            return answer;
                        },
                        counters,
                        quota);
    }

    private static ListenerSettings settings(int inFlight, int inFlightBytes) {
        return new ListenerSettings(
                "PLAINTEXT",
                "127.0.0.1",
                0,
                1 << 20,
                inFlight,
                inFlightBytes,
                Duration.ofMinutes(1),
                Duration.ofMinutes(1),
                2);
    }

    private static ListenerSettings idleAfter(Duration silence) {
        ListenerSettings base = settings(10, 1 << 20);
        return new ListenerSettings(
                base.name(),
                base.host(),
                0,
                base.requestBytesMax(),
                base.inFlightMax(),
                base.inFlightBytesMax(),
                silence,
                base.stallTimeout(),
                1);
    }

    private static ByteBuffer metadata(int correlationId) {
        MetadataRequest request =
                new MetadataRequest(
                        new MetadataRequestData()
                                .setTopics(
                                        List.of(
                                                new MetadataRequestData.MetadataRequestTopic()
                                                        .setName("t"))),
                        METADATA_VERSION);
        return WireRequests.serialize(
                new RequestHeader(ApiKeys.METADATA, METADATA_VERSION, "test", correlationId),
                request.data());
    }

    private static MetadataResponse metadataAnswer(int controllerId) {
        return new MetadataResponse(
                new MetadataResponseData().setControllerId(controllerId), METADATA_VERSION);
    }

    /// A blocking client on a socket.
    private final class Client implements AutoCloseable {
        private final Socket socket;
        private final DataInputStream in;
        private final DataOutputStream out;

        Client() throws IOException {
            this(listener, "127.0.0.1");
        }

        Client(KafkaListener to, String from) throws IOException {
            socket =
                    new Socket(
                            to.localAddress().getAddress(),
                            to.localAddress().getPort(),
                            InetAddress.getByName(from),
                            0);
            socket.setSoTimeout(20_000);
            in = new DataInputStream(socket.getInputStream());
            out = new DataOutputStream(socket.getOutputStream());
        }

        void send(ByteBuffer request) throws IOException {
            byte[] bytes = new byte[request.remaining()];
            request.get(bytes);
            sendRaw(bytes);
        }

        void sendRaw(byte[] frame) throws IOException {
            ByteBuffer whole =
                    ByteBuffer.allocate(4 + frame.length).putInt(frame.length).put(frame);
            out.write(whole.array());
            out.flush();
        }

        void writeUnframed(byte[] bytes) throws IOException {
            out.write(bytes);
            out.flush();
        }

        boolean hasInput() throws IOException {
            return in.available() > 0;
        }

        ByteBuffer receive() throws IOException {
            byte[] bytes = new byte[in.readInt()];
            in.readFully(bytes);
            return ByteBuffer.wrap(bytes);
        }

        MetadataResponseData receiveMetadata(int correlationId) throws IOException {
            AbstractResponse response =
                    AbstractResponse.parseResponse(
                            receive(),
                            new RequestHeader(
                                    ApiKeys.METADATA, METADATA_VERSION, "test", correlationId));
            return ((MetadataResponse) response).data();
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }
}
