// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/// A bucket that is not there, and credentials that are not right, on a real server.
public abstract class AccessContract {
    protected abstract TestServer server();

    /// Opens a bucket with credentials that the server does not know.
    protected abstract ObjectStore openWithWrongCredentials(String bucket) throws IOException;

    /// Whether the server looks at credentials at all.
    protected boolean checksCredentials() {
        return true;
    }

    /// Takes an empty bucket away.
    protected abstract void removeBucket(String bucket) throws IOException;

    @Test
    void aBucketThatIsNotThereIsNotOpened() {
        assertThatThrownBy(() -> server().open("varve-no-such-bucket"))
                .isInstanceOf(ObjectStoreException.NotFound.class)
                .hasMessageContaining("varve-no-such-bucket");
    }

    @Test
    void wrongCredentialsOpenNothing() throws IOException {
        Assumptions.assumeTrue(checksCredentials(), "this server asks for no credentials");
        String bucket = server().newBucket();

        assertThatThrownBy(() -> openWithWrongCredentials(bucket))
                .isInstanceOf(ObjectStoreException.Denied.class)
                .hasMessageContaining(bucket);
    }

    @Test
    void aBucketThatHasGoneIsNoEmptyBucket() throws IOException {
        String bucket = server().newBucket();
        try (ObjectStore store = server().open(bucket)) {
            assertThat(store.head("k")).isEmpty();
            removeBucket(bucket);

            List<Callable<Object>> calls =
                    List.of(
                            () -> store.put("k", ObjectBody.of(new byte[1]), PutMode.IF_ABSENT),
                            () -> store.put("k", ObjectBody.of(new byte[1]), PutMode.OVERWRITE),
                            () -> store.get("k", ByteRange.tail(1)),
                            () -> store.head("k"),
                            () -> store.list("", "", 1));
            for (Callable<Object> call : calls) {
                assertThatThrownBy(call::call)
                        .isInstanceOf(ObjectStoreException.NotFound.class)
                        .hasMessageContaining(bucket);
            }
        }
    }
}
