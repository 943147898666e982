// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.objectstore.AccessContract;
import io.varve.objectstore.ByteRange;
import io.varve.objectstore.DeleteResult;
import io.varve.objectstore.ObjectBody;
import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.ObjectStoreException;
import io.varve.objectstore.PutMode;
import io.varve.objectstore.StoreLimits;
import io.varve.objectstore.wire.Wire;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.s3.S3Client;

/// The same for S3, with what a bucket's policy and a server's clock can do besides.
abstract class S3AccessContract extends AccessContract {
    @Override
    protected abstract S3Server server();

    @Override
    protected ObjectStore openWithWrongCredentials(String bucket) throws IOException {
        return server().openWithWrongSecret(bucket, server().endpoint());
    }

    @Override
    protected void removeBucket(String bucket) {
        try (S3Client client = server().client()) {
            client.deleteBucket(request -> request.bucket(bucket));
        }
    }

    /// The SDK may take a wrong signature for that of a wrong clock, and put its own right.
    @Test
    void wrongCredentialsAreDeniedAlsoByAServerWhoseClockIsHoursOff() throws IOException {
        String bucket = server().newBucket();
        try (Wire wire = new Wire(server().endpoint())) {
            wire.shiftDates(Duration.ofHours(5));

            assertThatThrownBy(() -> server().openWithWrongSecret(bucket, wire.endpoint()))
                    .isInstanceOf(ObjectStoreException.Denied.class);
        }
    }

    @Test
    void aBucketThatMayOnlyBeReadSaysWhichPermissionIsMissing() throws IOException {
        String bucket = server().newBucket();
        try (ObjectStore writer = server().open(bucket)) {
            writer.put("k", ObjectBody.of(new byte[3]), PutMode.IF_ABSENT);
        }
        server().allowEverybody(bucket, "s3:GetObject", "s3:ListBucket");

        try (ObjectStore reader =
                server().openUnsigned(bucket, server().endpoint(), StoreLimits.DEFAULT)) {
            assertThat(reader.get("k", ByteRange.tail(3)).bytes().remaining()).isEqualTo(3);
            assertThat(reader.list("", "", 10)).hasSize(1);
            for (PutMode mode : PutMode.values()) {
                assertThatThrownBy(() -> reader.put("new", ObjectBody.of(new byte[1]), mode))
                        .isInstanceOf(ObjectStoreException.Denied.class)
                        .hasMessageContaining("s3:PutObject");
            }
            assertThat(refusalOfDelete(reader)).isInstanceOf(ObjectStoreException.Denied.class);
        }
        try (ObjectStore again = server().open(bucket)) {
            assertThat(again.list("", "", 10)).hasSize(1);
        }
    }

    /// Of the whole request, or of the one key in it.
    private static ObjectStoreException refusalOfDelete(ObjectStore store) {
        try {
            DeleteResult result = store.delete(List.of("k")).get("k");
            return ((DeleteResult.Failed) result).error();
        } catch (ObjectStoreException e) {
            return e;
        }
    }
}
