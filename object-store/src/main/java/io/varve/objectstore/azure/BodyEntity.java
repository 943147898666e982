// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.azure;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import org.apache.hc.core5.http.ContentType;
import org.apache.hc.core5.http.io.entity.AbstractHttpEntity;

/// A request's body as the HTTP client writes it out, in blocks that go to the socket as they are.
final class BodyEntity extends AbstractHttpEntity {
    private static final int BLOCK_BYTES = 64 << 10;

    private final AzureBody body;

    BodyEntity(AzureBody body) {
        super((ContentType) null, null, false);
        this.body = body;
    }

    @Override
    public void writeTo(OutputStream out) throws IOException {
        byte[] block = new byte[(int) Math.min(BLOCK_BYTES, body.bytes())];
        try (InputStream in = body.open()) {
            for (int count = in.read(block); count >= 0; count = in.read(block)) {
                out.write(block, 0, count);
            }
        }
    }

    @Override
    public InputStream getContent() throws IOException {
        return body.open();
    }

    @Override
    public long getContentLength() {
        return body.bytes();
    }

    /// It can be sent again.
    @Override
    public boolean isRepeatable() {
        return true;
    }

    @Override
    public boolean isStreaming() {
        return false;
    }

    /// What it reads is closed by whoever opened it.
    @Override
    public void close() {}
}
