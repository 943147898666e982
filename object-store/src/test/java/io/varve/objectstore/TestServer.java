// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore;

import java.io.IOException;
import java.net.URI;

/// A real server that a contract runs against: makes buckets and opens them. Thread-safe.
public interface TestServer {
    /// Makes a bucket that did not exist before.
    ///
    /// @return its name
    String newBucket() throws IOException;

    /// Opens a bucket.
    ///
    /// @param through where requests go: the server, or something before it
    ObjectStore open(String bucket, URI through, StoreLimits limits) throws IOException;

    /// Scheme, host and port.
    URI endpoint();

    default ObjectStore open(String bucket) throws IOException {
        return open(bucket, endpoint(), StoreLimits.DEFAULT);
    }

    /// Opens a bucket that did not exist before.
    default ObjectStore emptyBucket() throws IOException {
        return open(newBucket());
    }
}
