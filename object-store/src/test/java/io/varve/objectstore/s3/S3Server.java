// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.s3;

import io.varve.objectstore.ObjectStoreException;
import java.net.URI;
import java.security.SecureRandom;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;

/// A test server that speaks S3: makes buckets and opens them. Thread-safe.
public final class S3Server {
    private static final AtomicInteger BUCKETS = new AtomicInteger();

    private final URI endpoint;
    private final String user;
    private final String secret;

    public S3Server(URI endpoint, String user, String secret) {
        this.endpoint = endpoint;
        this.user = user;
        this.secret = secret;
    }

    /// Opens a bucket that did not exist before.
    public S3ObjectStore emptyBucket() throws ObjectStoreException {
        return open(newBucket());
    }

    /// @return the new bucket's name
    String newBucket() {
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
        return S3Connection.to(address(bucket, endpoint), credentials(secret), S3Limits.DEFAULT);
    }

    S3ObjectStore open(String bucket) throws ObjectStoreException {
        return open(bucket, endpoint, S3Limits.DEFAULT);
    }

    /// @param through where requests go: the server, or something before it
    S3ObjectStore open(String bucket, URI through, S3Limits limits) throws ObjectStoreException {
        return open(address(bucket, through), secret, limits);
    }

    S3ObjectStore open(S3Address address, String password, S3Limits limits)
            throws ObjectStoreException {
        return S3ObjectStore.open(address, credentials(password), limits, new SecureRandom());
    }

    S3Address address(String bucket, URI through) {
        return S3Address.parse("//" + bucket + "?endpoint=" + through + "&region=us-east-1");
    }

    /// As a configuration gives them.
    ///
    /// @param spoiled put behind the secret
    Map<String, String> keys(String spoiled) {
        return Map.of("s3.access-key", user, "s3.secret-key", secret + spoiled);
    }

    URI endpoint() {
        return endpoint;
    }

    private StaticCredentialsProvider credentials(String password) {
        return StaticCredentialsProvider.create(AwsBasicCredentials.create(user, password));
    }
}
