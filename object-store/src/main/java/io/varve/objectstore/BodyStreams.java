// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A put's body for an SDK, which may ask for it several times: to sign it, and at each attempt.
/// Keeps what was wrong with the body, because SDKs tell that only as a failed request. Owner: one
/// put.
public final class BodyStreams implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(BodyStreams.class);

    private final ObjectBody body;
    private volatile @Nullable ObjectStoreException failure;
    private @Nullable InputStream open;

    public BodyStreams(ObjectBody body) {
        this.body = body;
    }

    /// The body from its first byte. Closes the stream that was given before.
    public InputStream next() throws ObjectStoreException {
        close();
        try {
            InputStream stream = new Watched(body.open());
            open = stream;
            return stream;
        } catch (ObjectStoreException e) {
            failure = e;
            throw e;
        }
    }

    /// What is wrong with the body itself.
    public Optional<ObjectStoreException> failure() {
        return Optional.ofNullable(failure);
    }

    /// Closes the stream given last: SDKs do not close all of them. Idempotent.
    @Override
    public void close() {
        InputStream last = open;
        open = null;
        if (last != null) {
            try {
                last.close();
            } catch (IOException e) {
                // It was only read; what was read has been checked.
                LOG.debug("a body did not close: error={}", e.getMessage());
            }
        }
    }

    private final class Watched extends FilterInputStream {
        Watched(InputStream stream) {
            super(stream);
        }

        @Override
        public int read() throws IOException {
            try {
                return super.read();
            } catch (ObjectStoreException e) {
                failure = e;
                throw e;
            }
        }

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
            try {
                return super.read(target, offset, length);
            } catch (ObjectStoreException e) {
                failure = e;
                throw e;
            }
        }
    }
}
