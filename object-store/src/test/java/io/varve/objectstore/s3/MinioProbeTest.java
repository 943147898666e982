// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.objectstore.ObjectBody;
import io.varve.objectstore.ObjectInfo;
import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.ObjectStoreException;
import io.varve.objectstore.ProbeResult;
import io.varve.objectstore.PutMode;
import io.varve.objectstore.ReadProbe;
import io.varve.objectstore.StoreLimits;
import io.varve.objectstore.StoreProbe;
import io.varve.objectstore.StoreTraits.Trait;
import java.time.InstantSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import software.amazon.awssdk.auth.credentials.AnonymousCredentialsProvider;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.BucketVersioningStatus;
import software.amazon.awssdk.services.s3.model.DefaultRetention;
import software.amazon.awssdk.services.s3.model.ObjectLockEnabled;
import software.amazon.awssdk.services.s3.model.ObjectLockRetentionMode;

/// The probe on a real server: plain, versioned, locked, read-only.
final class MinioProbeTest {
    @RegisterExtension static final Minio MINIO = new Minio();

    private static final String PREFIX = "probe/test/";

    private static ObjectStore open(String bucket) throws ObjectStoreException {
        S3Server server = MINIO.server();
        return server.open(bucket, server.endpoint(), StoreLimits.DEFAULT);
    }

    @Test
    void aGoodStorePassesAndKeepsNothingOfIt() throws Exception {
        try (ObjectStore store = open(MINIO.server().newBucket())) {
            ProbeResult result = StoreProbe.run(store, PREFIX, InstantSource.system());

            result.requirePassed();
            assertThat(result.remarks()).isEmpty();
            assertThat(result.traits().versions()).isEqualTo(new Trait.Absent());
            assertThat(store.list("", "", 10)).isEmpty();
        }
    }

    @Test
    void aVersionedBucketIsUsedAndSaid() throws Exception {
        String bucket = MINIO.server().newBucket();
        try (S3Client client = MINIO.server().client();
                ObjectStore store = open(bucket)) {
            client.putBucketVersioning(request ->
                    request.bucket(bucket)
                            .versioningConfiguration(versioning ->
                                    versioning.status(BucketVersioningStatus.ENABLED)));

            ProbeResult result = StoreProbe.run(store, PREFIX, InstantSource.system());

            result.requirePassed();
            assertThat(result.remarks())
                    .singleElement()
                    .asString()
                    .contains("versioning=Enabled", "stays and costs");
        }
    }

    @Test
    void aBucketThatLocksWhatIsPutIsUsedAndSaid() throws Exception {
        String bucket = MINIO.server().newBucket() + "-locked";
        try (S3Client client = MINIO.server().client()) {
            client.createBucket(request -> request.bucket(bucket).objectLockEnabledForBucket(true));
            DefaultRetention day =
                    DefaultRetention.builder()
                            .mode(ObjectLockRetentionMode.GOVERNANCE)
                            .days(1)
                            .build();
            client.putObjectLockConfiguration(request ->
                    request.bucket(bucket)
                            .objectLockConfiguration(lock ->
                                    lock.objectLockEnabled(ObjectLockEnabled.ENABLED)
                                            .rule(rule -> rule.defaultRetention(day))));
            try (ObjectStore store = open(bucket)) {
                ProbeResult result = StoreProbe.run(store, PREFIX, InstantSource.system());

                result.requirePassed();
                assertThat(result.traits().retention())
                        .isEqualTo(new Trait.Present("object lock, mode=GOVERNANCE, days=1"));
                assertThat(result.remarks()).hasSize(2);
                assertThat(store.list("", "", 10)).isEmpty();
            }
        }
    }

    /// Anybody may read it: for whoever has no credentials it is read-only.
    @Test
    void aReadOnlyBucketIsRefusedToAWriterWithThePermissionAndPassesAReader() throws Exception {
        S3Server server = MINIO.server();
        String bucket = server.newBucket();
        try (S3Client client = server.client();
                ObjectStore owner = open(bucket)) {
            owner.put("a/1", ObjectBody.of(new byte[3_000]), PutMode.IF_ABSENT);
            owner.put("a/2", ObjectBody.of(new byte[3]), PutMode.IF_ABSENT);
            client.putBucketPolicy(request -> request.bucket(bucket).policy(readers(bucket)));
        }
        try (ObjectStore reader =
                S3ObjectStore.open(
                        server.address(bucket, server.endpoint()),
                        AnonymousCredentialsProvider.create(),
                        S3Server.access(StoreLimits.DEFAULT))) {
            ProbeResult result = StoreProbe.run(reader, PREFIX, InstantSource.system());
            ProbeResult reading = ReadProbe.run(reader, "probe/none", InstantSource.system());

            assertThatThrownBy(result::requirePassed)
                    .isInstanceOf(ObjectStoreException.Denied.class)
                    .hasMessageContaining("read-only")
                    .hasMessageContaining("s3:DeleteObject");
            assertThat(reading.failures()).isEmpty();
            assertThat(reading.traits().versions().toString()).contains("s3:GetBucketVersioning");
            assertThat(reader.list("", "", 10))
                    .extracting(ObjectInfo::key)
                    .containsExactly("a/1", "a/2");
        }
    }

    private static String readers(String bucket) {
        return """
        {"Version": "2012-10-17", "Statement": [
          {"Effect": "Allow", "Principal": {"AWS": ["*"]},
           "Action": ["s3:GetObject"], "Resource": ["arn:aws:s3:::BUCKET/*"]},
          {"Effect": "Allow", "Principal": {"AWS": ["*"]},
           "Action": ["s3:ListBucket"], "Resource": ["arn:aws:s3:::BUCKET"]}]}
        """
                .replace("BUCKET", bucket);
    }
}
