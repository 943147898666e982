// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.api;

import io.varve.broker.peers.ControllerLink;
import io.varve.broker.raft.PeerHandler;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.protocol.MessageUtil;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.AbstractResponse;
import org.jspecify.annotations.Nullable;

/// Forwards requests over the Raft listener: api key and version (two bytes each), then the
/// request's body as a client wrote it; the answer is the response's body. The asker has authorised
/// the request. Thread-safe.
public final class PeerForwarding implements RequestForwarding {
    private static final String METHOD = "client-request";

    /// Deletions wait for the bucket as long as the client does, which is a minute by default.
    private static final Duration LIMIT = Duration.ofSeconds(65);

    private final BooleanSupplier controller;
    private volatile @Nullable ControllerLink link;
    private volatile @Nullable
            Function<AbstractRequest, CompletionStage<? extends AbstractResponse>>
            answers;

    /// @param controller whether this broker is it
    public PeerForwarding(BooleanSupplier controller) {
        this.controller = controller;
    }

    /// How the controller is reached; before the first request.
    public void through(ControllerLink to) {
        link = to;
    }

    @Override
    public boolean isController() {
        return controller.getAsBoolean();
    }

    @Override
    public void serve(Function<AbstractRequest, CompletionStage<? extends AbstractResponse>> by) {
        answers = by;
    }

    @Override
    public CompletableFuture<AbstractResponse> forward(AbstractRequest request) {
        ControllerLink to = link;
        if (to == null) {
            return CompletableFuture.completedFuture(noController(request, "starting"));
        }
        return to.askOther(METHOD, encode(request), LIMIT)
                .thenApply(answer ->
                        AbstractResponse.parseResponse(
                                request.apiKey(),
                                new ByteBufferAccessor(ByteBuffer.wrap(answer)),
                                request.version()))
                .exceptionally(error -> noController(request, Answers.cause(error).getMessage()));
    }

    private static AbstractResponse noController(AbstractRequest request, @Nullable String why) {
        return request.getErrorResponse(
                Errors.NOT_CONTROLLER.exception("the controller does not answer: why=" + why));
    }

    private static byte[] encode(AbstractRequest request) {
        ByteBuffer body =
                MessageUtil.toByteBufferAccessor(request.data(), request.version()).buffer();
        byte[] bytes = new byte[2 * Short.BYTES + body.remaining()];
        ByteBuffer.wrap(bytes).putShort(request.apiKey().id).putShort(request.version()).put(body);
        return bytes;
    }

    /// What other brokers may ask, by name.
    public Map<String, PeerHandler> handler() {
        return Map.of(METHOD, this::answer);
    }

    private CompletionStage<byte[]> answer(byte[] asked) {
        Function<AbstractRequest, CompletionStage<? extends AbstractResponse>> by = answers;
        if (by == null || !isController()) {
            throw Errors.NOT_CONTROLLER.exception("this broker is not the controller");
        }
        ByteBuffer bytes = ByteBuffer.wrap(asked);
        ApiKeys key = ApiKeys.forId(bytes.getShort());
        short version = bytes.getShort();
        AbstractRequest request =
                AbstractRequest.parseRequest(key, version, new ByteBufferAccessor(bytes)).request;
        return by.apply(request)
                .thenApply(response -> {
                    ByteBuffer body =
                            MessageUtil.toByteBufferAccessor(response.data(), version).buffer();
                    byte[] answer = new byte[body.remaining()];
                    body.get(answer);
                    return answer;
                });
    }
}
