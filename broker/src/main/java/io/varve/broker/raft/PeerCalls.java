// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.raft;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Map;
import org.apache.ratis.thirdparty.io.grpc.MethodDescriptor;
import org.apache.ratis.thirdparty.io.grpc.ServerServiceDefinition;
import org.apache.ratis.thirdparty.io.grpc.Status;
import org.apache.ratis.thirdparty.io.grpc.stub.ServerCalls;
import org.apache.ratis.thirdparty.io.grpc.stub.StreamObserver;

/// The service that brokers offer each other on the Raft listener beside Raft itself: one method
/// for each kind of question, bytes in and bytes out. What the bytes mean is the handlers' affair.
/// Stateless.
final class PeerCalls {
    /// A forwarded request and its answer are at most this large.
    static final int MESSAGE_BYTES_MAX = 32 << 20;

    private static final String SERVICE = "io.varve.Peers";

    private PeerCalls() {}

    static MethodDescriptor<byte[], byte[]> method(String name) {
        return MethodDescriptor.<byte[], byte[]>newBuilder()
                .setType(MethodDescriptor.MethodType.UNARY)
                .setFullMethodName(MethodDescriptor.generateFullMethodName(SERVICE, name))
                .setRequestMarshaller(Bytes.MARSHALLER)
                .setResponseMarshaller(Bytes.MARSHALLER)
                .build();
    }

    static ServerServiceDefinition service(Map<String, PeerHandler> handlers) {
        ServerServiceDefinition.Builder service = ServerServiceDefinition.builder(SERVICE);
        handlers.forEach((name, handler) ->
                service.addMethod(
                        method(name),
                        ServerCalls.asyncUnaryCall(
                                (request, observer) -> answer(handler, request, observer))));
        return service.build();
    }

    private static void answer(
            PeerHandler handler, byte[] request, StreamObserver<byte[]> observer) {
        try {
            handler.answer(request)
                    .whenComplete((answer, error) -> {
                        if (error == null) {
                            observer.onNext(answer);
                            observer.onCompleted();
                        } else {
                            observer.onError(failed(error));
                        }
                    });
        } catch (RuntimeException e) {
            observer.onError(failed(e));
        }
    }

    private static Throwable failed(Throwable error) {
        return Status.INTERNAL.withDescription(String.valueOf(error)).asRuntimeException();
    }

    private enum Bytes implements MethodDescriptor.Marshaller<byte[]> {
        MARSHALLER;

        @Override
        public InputStream stream(byte[] value) {
            return new ByteArrayInputStream(value);
        }

        @Override
        public byte[] parse(InputStream stream) {
            try {
                return stream.readAllBytes();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
