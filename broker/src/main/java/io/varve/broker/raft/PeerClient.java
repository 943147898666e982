// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.raft;

import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.ratis.thirdparty.io.grpc.CallOptions;
import org.apache.ratis.thirdparty.io.grpc.ConnectivityState;
import org.apache.ratis.thirdparty.io.grpc.ManagedChannel;
import org.apache.ratis.thirdparty.io.grpc.netty.NettyChannelBuilder;
import org.apache.ratis.thirdparty.io.grpc.stub.ClientCalls;
import org.apache.ratis.thirdparty.io.grpc.stub.StreamObserver;

/// Asks other brokers, at their Raft listeners. One connection to each, kept. Thread-safe; nothing
/// blocks.
public final class PeerClient implements AutoCloseable {
    /// Brokers that are asked at a time; beyond it connections are made anew.
    private static final int CHANNELS_MAX = 64;

    private final ReentrantLock lock = new ReentrantLock();

    private final Map<String, ManagedChannel> channels = new HashMap<>(); // under lock
    private boolean closed; // under lock

    /// @param address `HOST:PORT`
    /// @return fails with an IOException that names the address when there is no answer in time, or
    ///   an error is the answer; what was asked for may have happened all the same
    public CompletableFuture<byte[]> ask(
            String address, String method, byte[] request, Duration limit) {
        CompletableFuture<byte[]> answer = new CompletableFuture<>();
        try {
            ManagedChannel channel = channel(address);
            if (channel.getState(false) == ConnectivityState.TRANSIENT_FAILURE) {
                channel.resetConnectBackoff(); // gRPC alone would wait up to two minutes
            }
            ClientCalls.asyncUnaryCall(
                    channel.newCall(
                            PeerCalls.method(method),
                            CallOptions.DEFAULT
                                    .withDeadlineAfter(limit.toMillis(), TimeUnit.MILLISECONDS)
                                    .withMaxInboundMessageSize(PeerCalls.MESSAGE_BYTES_MAX)),
                    request,
                    new StreamObserver<>() {
                        @Override
                        public void onNext(byte[] value) {
                            answer.complete(value);
                        }

                        @Override
                        public void onError(Throwable error) {
                            answer.completeExceptionally(failed(address, method, error));
                        }

                        @Override
                        public void onCompleted() {
                            answer.completeExceptionally(
                                    failed(address, method, new IOException("empty answer")));
                        }
                    });
        } catch (RuntimeException | IOException e) {
            answer.completeExceptionally(failed(address, method, e));
        }
        return answer;
    }

    private static IOException failed(String address, String method, Throwable error) {
        return new IOException(
                "broker does not answer: address="
                        + address
                        + ", asked="
                        + method
                        + ", error="
                        + error.getMessage(),
                error);
    }

    private ManagedChannel channel(String address) throws IOException {
        lock.lock();
        try {
            if (closed) {
                throw new IOException("this broker stops");
            }
            if (channels.size() >= CHANNELS_MAX && !channels.containsKey(address)) {
                shutAll();
            }
            return channels.computeIfAbsent(
                    address, to -> NettyChannelBuilder.forTarget(to).usePlaintext().build());
        } finally {
            lock.unlock();
        }
    }

    /// Under the lock.
    private void shutAll() {
        channels.values().forEach(ManagedChannel::shutdownNow);
        channels.clear();
    }

    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            shutAll();
        } finally {
            lock.unlock();
        }
    }
}
