// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.azure;

import io.varve.objectstore.BodyStreams;
import io.varve.objectstore.ObjectBody;
import io.varve.objectstore.ObjectStoreException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;

/// A put's body, which nobody touches once it is closed: a put that has run out of time returns
/// while the thread that sent it may still be on its way out, and the caller's buffers may be gone
/// by then. Thread-safe.
final class PutBody implements AzureBody, AutoCloseable {
    private static final int BLOCK_BYTES = 64 << 10;

    private final ReentrantLock lock = new ReentrantLock();
    private final BodyStreams streams;
    private final long bytes;
    private boolean closed;

    PutBody(ObjectBody body) {
        this.streams = new BodyStreams(body);
        this.bytes = body.bytes();
    }

    @Override
    public long bytes() {
        return bytes;
    }

    /// The MD5 of all bytes, Base64: what the service checks while it stores them.
    ///
    /// @throws ObjectStoreException.Denied the body is not what it declares
    String md5() throws ObjectStoreException {
        MessageDigest digest = digest();
        byte[] block = new byte[(int) Math.min(BLOCK_BYTES, Math.max(1, bytes))];
        try (InputStream in = open()) {
            for (int count = in.read(block); count >= 0; count = in.read(block)) {
                digest.update(block, 0, count);
            }
        } catch (ObjectStoreException e) {
            throw e;
        } catch (IOException e) {
            throw new ObjectStoreException.Denied("cannot read the body to store", e);
        }
        return Base64.getEncoder().encodeToString(digest.digest());
    }

    private static MessageDigest digest() {
        try {
            return MessageDigest.getInstance("MD5");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("this JDK has no MD5", e);
        }
    }

    @Override
    public InputStream open() throws IOException {
        lock.lock();
        try {
            checkOpen();
            return new Guarded(streams.next());
        } finally {
            lock.unlock();
        }
    }

    private void checkOpen() throws IOException {
        if (closed) {
            throw new IOException("the put has ended");
        }
    }

    /// What is wrong with the body itself.
    Optional<ObjectStoreException> failure() {
        return streams.failure();
    }

    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            streams.close();
        } finally {
            lock.unlock();
        }
    }

    private final class Guarded extends FilterInputStream {
        Guarded(InputStream stream) {
            super(stream);
        }

        @Override
        public int read() throws IOException {
            lock.lock();
            try {
                checkOpen();
                return super.read();
            } finally {
                lock.unlock();
            }
        }

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
            lock.lock();
            try {
                checkOpen();
                return super.read(target, offset, length);
            } finally {
                lock.unlock();
            }
        }

        /// The last one of [BodyStreams] is closed by the put itself.
        @Override
        public void close() throws IOException {
            lock.lock();
            try {
                super.close();
            } finally {
                lock.unlock();
            }
        }
    }
}
