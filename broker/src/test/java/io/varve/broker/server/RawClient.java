// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.server;

import io.varve.broker.network.WireRequests;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.RequestHeader;

/// A blocking client on a socket that sends what it is told to, right or wrong.
final class RawClient implements AutoCloseable {
    private static final int TIMEOUT_MS = 20_000;

    private final Socket socket;
    private final DataInputStream in;
    private final DataOutputStream out;
    private int correlationId;

    RawClient(String address) throws IOException {
        int colon = address.lastIndexOf(':');
        socket =
                new Socket(
                        address.substring(0, colon),
                        Integer.parseInt(address.substring(colon + 1)));
        socket.setSoTimeout(TIMEOUT_MS);
        in = new DataInputStream(socket.getInputStream());
        out = new DataOutputStream(socket.getOutputStream());
    }

    void write(byte... bytes) throws IOException {
        out.write(bytes);
        out.flush();
    }

    /// The bytes with their length in front.
    void frame(byte... bytes) throws IOException {
        ByteBuffer whole = ByteBuffer.allocate(4 + bytes.length);
        write(whole.putInt(bytes.length).put(bytes).array());
    }

    static byte[] bytesOf(ApiKeys key, int version, int correlationId, ApiMessage body) {
        ByteBuffer request =
                WireRequests.serialize(
                        new RequestHeader(key, (short) version, "raw", correlationId), body);
        byte[] bytes = new byte[request.remaining()];
        request.get(bytes);
        return bytes;
    }

    <T extends AbstractResponse> T ask(Class<T> type, ApiKeys key, int version, ApiMessage body)
            throws IOException {
        frame(bytesOf(key, version, ++correlationId, body));
        return type.cast(
                AbstractResponse.parseResponse(
                        receive(), new RequestHeader(key, (short) version, "raw", correlationId)));
    }

    ByteBuffer receive() throws IOException {
        byte[] bytes = new byte[in.readInt()];
        in.readFully(bytes);
        return ByteBuffer.wrap(bytes);
    }

    /// Whether the broker ends the connection without a word.
    boolean isClosedByBroker() throws IOException {
        try {
            int next = in.read();
            if (next >= 0) {
                throw new AssertionError("broker answered: first byte=" + next);
            }
            return true;
        } catch (EOFException | SocketException reset) {
            return true;
        }
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
