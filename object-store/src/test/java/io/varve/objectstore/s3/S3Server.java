// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.s3;

import io.varve.objectstore.BucketSettings;
import io.varve.objectstore.ObjectStoreException;
import io.varve.objectstore.RequestListener;
import io.varve.objectstore.ScriptedServer;
import io.varve.objectstore.StoreAccess;
import io.varve.objectstore.StoreLimits;
import io.varve.objectstore.TestServer;
import java.net.URI;
import java.security.SecureRandom;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import software.amazon.awssdk.auth.credentials.AnonymousCredentialsProvider;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;

/// A test server that speaks S3: makes buckets and opens them. Thread-safe.
public final class S3Server implements TestServer {
    private static final AtomicInteger BUCKETS = new AtomicInteger();

    private final URI endpoint;
    private final String user;
    private final String secret;
    private final String parameters;

    public S3Server(URI endpoint, String user, String secret) {
        this(endpoint, user, secret, "");
    }

    /// @param parameters more of the bucket URL's, each with a leading `&`
    private S3Server(URI endpoint, String user, String secret, String parameters) {
        this.endpoint = endpoint;
        this.user = user;
        this.secret = secret;
        this.parameters = parameters;
    }

    static S3Server of(ScriptedServer process) {
        boolean plain = process.bucketUrl().contains("&checksums=required");
        return new S3Server(
                process.endpoint(),
                process.variable("AWS_ACCESS_KEY_ID"),
                process.variable("AWS_SECRET_ACCESS_KEY"),
                plain ? "&checksums=required" : "");
    }

    @Override
    public String newBucket() {
        String bucket = "bucket-" + ProcessHandle.current().pid() + "-" + BUCKETS.incrementAndGet();
        try (S3Client client = client()) {
            client.createBucket(request -> request.bucket(bucket));
        }
        return bucket;
    }

    /// A client of its own, for what the store cannot do.
    S3Client client() {
        return S3Client.builder()
                .endpointOverride(endpoint)
                .region(Region.US_EAST_1)
                .forcePathStyle(true)
                .credentialsProvider(credentials(secret))
                .build();
    }

    S3Connection connect(String bucket) {
        return S3Connection.to(
                address(bucket, endpoint), credentials(secret), access(StoreLimits.DEFAULT));
    }

    static StoreAccess access(StoreLimits limits) {
        return new StoreAccess(
                BucketSettings.NONE, limits, RequestListener.NONE, new SecureRandom());
    }

    @Override
    public S3ObjectStore open(String bucket, URI through, StoreLimits limits)
            throws ObjectStoreException {
        return S3ObjectStore.open(address(bucket, through), credentials(secret), access(limits));
    }

    /// Lets everybody do everything in a bucket, and opens it with requests that are not signed: no
    /// signature covers what is on the way.
    S3ObjectStore openToEverybody(String bucket, URI through, StoreLimits limits)
            throws ObjectStoreException {
        allowEverybody(bucket, "s3:*");
        return openUnsigned(bucket, through, limits);
    }

    S3ObjectStore openUnsigned(String bucket, URI through, StoreLimits limits)
            throws ObjectStoreException {
        return S3ObjectStore.open(
                address(bucket, through), AnonymousCredentialsProvider.create(), access(limits));
    }

    /// Opens a bucket with a secret that is not the user's.
    S3ObjectStore openWithWrongSecret(String bucket, URI through) throws ObjectStoreException {
        return S3ObjectStore.open(
                address(bucket, through), credentials(secret + "x"), access(StoreLimits.DEFAULT));
    }

    /// Lets everybody do something in a bucket.
    ///
    /// @param actions as `s3:GetObject`
    void allowEverybody(String bucket, String... actions) {
        String policy =
                """
                {"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
                  "Principal": {"AWS": ["*"]}, "Action": ["%s"],
                  "Resource": ["arn:aws:s3:::%s", "arn:aws:s3:::%s/*"]}]}
                """
                        .formatted(String.join("\", \"", actions), bucket, bucket);
        try (S3Client client = client()) {
            client.putBucketPolicy(request -> request.bucket(bucket).policy(policy));
        }
    }

    S3Address address(String bucket, URI through) {
        return S3Address.parse(
                "//" + bucket + "?endpoint=" + through + "&region=us-east-1" + parameters);
    }

    /// As a configuration gives them.
    ///
    /// @param spoiled put behind the secret
    Map<String, String> keys(String spoiled) {
        return Map.of("s3.access-key", user, "s3.secret-key", secret + spoiled);
    }

    @Override
    public URI endpoint() {
        return endpoint;
    }

    private StaticCredentialsProvider credentials(String password) {
        return StaticCredentialsProvider.create(AwsBasicCredentials.create(user, password));
    }
}
