// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.objectstore.BucketSettings;
import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.ObjectStoreException;
import io.varve.objectstore.ObjectStores;
import io.varve.objectstore.RequestListener;
import io.varve.objectstore.StoreAccess;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// Credentials that a configuration gives, and nobody's environment.
final class MinioCredentialsTest {
    @RegisterExtension static final Minio MINIO = new Minio();

    @Test
    void givenCredentialsOpenTheBucketAndWrongOnesAreDenied() throws Exception {
        S3Server server = MINIO.server();
        String url = server.address(server.newBucket(), server.endpoint()).url();
        try (ObjectStore store = open(url, server.keys(""))) {
            assertThat(store.url()).startsWith("s3://");
        }
        assertThatThrownBy(() -> open(url, server.keys("wrong")))
                .isInstanceOf(ObjectStoreException.Denied.class);
    }

    private static ObjectStore open(String url, Map<String, String> keys)
            throws ObjectStoreException {
        return ObjectStores.open(
                url, StoreAccess.of(BucketSettings.of(keys), RequestListener.NONE));
    }
}
