// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.wire;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/// Where the body of a request or an answer ends, by its head; the bytes are passed on as they
/// come, framing and all.
sealed interface HttpBody {
    /// So many bytes.
    record Sized(long bytes) implements HttpBody {}

    /// Chunks, each with its size before it.
    record Chunked() implements HttpBody {}

    /// Until the connection ends.
    record Open() implements HttpBody {}

    static HttpBody ofRequest(HttpHead request) {
        return request.says("Transfer-Encoding", "chunked")
                ? new Chunked()
                : new Sized(request.field("Content-Length").map(Long::parseLong).orElse(0L));
    }

    static HttpBody ofAnswer(HttpHead request, HttpHead answer) {
        int status = answer.status();
        if (request.isMethod("HEAD") || status / 100 == 1 || status == 204 || status == 304) {
            return new Sized(0);
        }
        if (answer.says("Transfer-Encoding", "chunked")) {
            return new Chunked();
        }
        return answer.field("Content-Length")
                .<HttpBody>map(length -> new Sized(Long.parseLong(length)))
                .orElseGet(Open::new);
    }

    default void pass(InputStream in, OutputStream out) throws IOException {
        switch (this) {
            case Sized(long bytes) -> copy(in, out, bytes);
            case Open() -> {
                in.transferTo(out);
                out.flush();
            }
            case Chunked() -> chunks(in, out);
        }
    }

    private static void chunks(InputStream in, OutputStream out) throws IOException {
        while (true) {
            String size = line(in, out).split(";", 2)[0];
            long bytes = Long.parseLong(size.strip(), 16);
            if (bytes == 0) {
                break;
            }
            copy(in, out, bytes);
            var _ = line(in, out);
        }
        String trailer = line(in, out);
        while (!trailer.isEmpty()) {
            trailer = line(in, out);
        }
    }

    private static String line(InputStream in, OutputStream out) throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        int next;
        do {
            next = in.read();
            if (next < 0) {
                throw new EOFException("stream ends between chunks");
            }
            line.write(next);
        } while (next != '\n');
        line.writeTo(out);
        return line.toString(US_ASCII).strip();
    }

    private static void copy(InputStream in, OutputStream out, long bytes) throws IOException {
        byte[] block = new byte[64 << 10];
        long left = bytes;
        while (left > 0) {
            int count = in.read(block, 0, (int) Math.min(left, block.length));
            if (count < 0) {
                throw new EOFException("stream ends in a body: left=" + left);
            }
            out.write(block, 0, count);
            left -= count;
        }
    }
}
