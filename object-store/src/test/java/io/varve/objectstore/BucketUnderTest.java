// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/// The empty bucket that a test of the contract begins with, and short words for what tests do to
/// it.
public interface BucketUnderTest {
    ObjectStore store();

    /// A directory of the test's own, outside the bucket.
    Path scratch();

    default ObjectInfo put(String key, String content) throws IOException {
        return store().put(key, body(content), PutMode.IF_ABSENT);
    }

    default String read(String key) throws IOException {
        ObjectSlice slice = store().get(key, ByteRange.span(0, Integer.MAX_VALUE));
        return US_ASCII.decode(slice.bytes()).toString();
    }

    default List<String> keys(String prefix, String startAfter, int maxKeys) throws IOException {
        return store().list(prefix, startAfter, maxKeys).stream().map(ObjectInfo::key).toList();
    }

    default ObjectBody body(String content) {
        return ObjectBody.of(content.getBytes(US_ASCII));
    }
}
