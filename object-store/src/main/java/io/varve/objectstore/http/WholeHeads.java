// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.http;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.ConnectionClosedException;
import org.apache.hc.core5.http.HttpException;
import org.apache.hc.core5.http.impl.io.DefaultHttpResponseParserFactory;
import org.apache.hc.core5.http.io.HttpMessageParser;
import org.apache.hc.core5.http.io.SessionInputBuffer;

/// Reads heads of answers for Apache's client. Its own reader takes a head that breaks off for one
/// that ends there: a length without its last digits, or an object without the stamp that is on it.
/// Whoever meets the end of the connection before the end of the head has met no answer.
/// Thread-safe.
final class WholeHeads extends DefaultHttpResponseParserFactory {
    @Override
    public HttpMessageParser<ClassicHttpResponse> create() {
        HttpMessageParser<ClassicHttpResponse> parser = super.create();
        return (buffer, in) -> parse(parser, buffer, in);
    }

    private static ClassicHttpResponse parse(
            HttpMessageParser<ClassicHttpResponse> parser,
            SessionInputBuffer buffer,
            InputStream in)
            throws IOException, HttpException {
        Watched watched = new Watched(in);
        ClassicHttpResponse head = parser.parse(buffer, watched);
        if (watched.ended) {
            throw new ConnectionClosedException("answer broke off in its head");
        }
        return head;
    }

    /// Owner: one parse.
    private static final class Watched extends FilterInputStream {
        private boolean ended;

        Watched(InputStream in) {
            super(in);
        }

        @Override
        public int read() throws IOException {
            int read = super.read();
            ended |= read < 0;
            return read;
        }

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
            int count = super.read(target, offset, length);
            ended |= count < 0;
            return count;
        }
    }
}
