// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.s3;

import io.varve.objectstore.ObjectBody;
import io.varve.objectstore.ObjectStoreException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.http.ContentStreamProvider;

/// A put's body for the SDK, which may ask for it several times: to sign it, and at each attempt.
/// Keeps what was wrong with the body, because the SDK tells it only as a failed request. Owner:
/// one put.
final class BodySource implements ContentStreamProvider {
    private static final Logger LOG = LoggerFactory.getLogger(BodySource.class);

    private final ObjectBody body;
    private volatile @Nullable ObjectStoreException failure;
    private @Nullable InputStream open;

    BodySource(ObjectBody body) {
        this.body = body;
    }

    @Override
    public InputStream newStream() {
        try {
            close();
            InputStream stream = new Watched(body.open());
            open = stream;
            return stream;
        } catch (ObjectStoreException e) {
            failure = e;
            throw SdkClientException.create("body cannot be read", e);
        }
    }

    /// What is wrong with the body itself.
    Optional<ObjectStoreException> failure() {
        return Optional.ofNullable(failure);
    }

    /// Closes the stream given last: the SDK does not close all of them.
    void close() {
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
