// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.objectstore.BucketCredentials;
import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.ObjectStoreException;
import io.varve.objectstore.ObjectStores;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// Credentials that a configuration gives, and nobody's environment.
final class MinioCredentialsTest {
    @RegisterExtension static final Minio MINIO = new Minio();

    @Test
    void givenCredentialsOpenTheBucketAndWrongOnesAreDenied() throws Exception {
        S3Server server = MINIO.server();
        String url = server.address(server.newBucket(), server.endpoint()).url();
        try (ObjectStore store = ObjectStores.open(url, BucketCredentials.of(server.keys("")))) {
            assertThat(store.url()).startsWith("s3://");
        }
        assertThatThrownBy(() -> ObjectStores.open(url, BucketCredentials.of(server.keys("wrong"))))
                .isInstanceOf(ObjectStoreException.Denied.class);
    }
}
