// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.s3;

import io.varve.objectstore.BucketSettings;
import io.varve.objectstore.BucketUrlException;
import io.varve.objectstore.StoreAccess;
import io.varve.objectstore.StoreLimits;
import io.varve.objectstore.TrustedCertificates;
import io.varve.objectstore.http.StoreHttp;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.function.Function;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.checksums.ResponseChecksumValidation;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.http.apache5.Apache5HttpClient;
import software.amazon.awssdk.http.apache5.ProxyConfiguration;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.S3ClientBuilder;
import software.amazon.awssdk.utils.SdkAutoCloseable;

/// The SDK's client with everything that it holds: connections, and the one thread that watches its
/// deadlines. Thread-safe.
final class S3Connection implements AutoCloseable {
    private final S3Client client;
    private final AwsCredentialsProvider credentials;
    private final ScheduledThreadPoolExecutor deadlines;
    private volatile boolean closed;

    private S3Connection(
            S3Client client,
            AwsCredentialsProvider credentials,
            ScheduledThreadPoolExecutor deadlines) {
        this.client = client;
        this.credentials = credentials;
        this.deadlines = deadlines;
    }

    /// Sends nothing yet.
    ///
    /// @param credentials closed with the connection where it can be, and when this throws
    /// @throws SdkException no region is known
    /// @throws BucketUrlException the certificates that are given cannot be used
    static S3Connection to(
            S3Address address, AwsCredentialsProvider credentials, StoreAccess access) {
        ScheduledThreadPoolExecutor deadlines =
                StoreHttp.deadlines("s3-deadlines-" + address.bucket());
        try {
            S3Client client = client(address, credentials, access, deadlines);
            return new S3Connection(client, credentials, deadlines);
        } catch (SdkException | BucketUrlException e) {
            deadlines.shutdownNow();
            close(credentials);
            throw e;
        }
    }

    private static S3Client client(
            S3Address address,
            AwsCredentialsProvider credentials,
            StoreAccess access,
            ScheduledThreadPoolExecutor deadlines) {
        StoreLimits limits = access.limits();
        S3ClientBuilder builder =
                S3Client.builder()
                        .credentialsProvider(credentials)
                        .forcePathStyle(address.pathStyle())
                        // Off, the SDK reads a body twice over plain HTTP, once to sign it; on, it
                        // signs and frames it in chunks, which some servers do not know.
                        .serviceConfiguration(service ->
                                service.chunkedEncodingEnabled(
                                        address.checksums() == S3Address.Checksums.SUPPORTED))
                        // A put's CRC32C is ours; what comes back is checked by the formats, which
                        // read ranges, and for those no store has a checksum.
                        .requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED)
                        .responseChecksumValidation(ResponseChecksumValidation.WHEN_REQUIRED)
                        .overrideConfiguration(override ->
                                override.retryStrategy(S3Retries.strategy(limits))
                                        .apiCallAttemptTimeout(limits.attempt())
                                        .apiCallTimeout(limits.call())
                                        .scheduledExecutorService(deadlines))
                        .httpClientBuilder(ToldHttpClient.around(http(access), access.requests()));
        if (address.endpoint() != null) {
            builder.endpointOverride(address.endpoint());
        }
        if (address.region() != null) {
            builder.region(Region.of(address.region()));
        } else if (address.endpoint() != null) {
            builder.region(Region.US_EAST_1);
        }
        return builder.build();
    }

    private static Apache5HttpClient.Builder http(StoreAccess access) {
        StoreLimits limits = access.limits();
        BucketSettings settings = access.settings();
        Apache5HttpClient.Builder http =
                Apache5HttpClient.builder()
                        .maxConnections(limits.connections())
                        .connectionTimeout(limits.connect())
                        .connectionAcquisitionTimeout(limits.attempt())
                        .socketTimeout(limits.attempt());
        settings.caFile()
                .map(TrustedCertificates::managersWith)
                .ifPresent(managers -> http.tlsTrustManagersProvider(() -> managers));
        settings.proxy().ifPresent(proxy -> http.proxyConfiguration(through(proxy)));
        return http;
    }

    /// What is configured holds, whatever the environment says.
    private static ProxyConfiguration through(InetSocketAddress proxy) {
        return ProxyConfiguration.builder()
                .endpoint(URI.create("http://" + proxy.getHostString() + ":" + proxy.getPort()))
                .useSystemPropertyValues(false)
                .useEnvironmentVariableValues(false)
                .build();
    }

    /// Makes a call.
    ///
    /// @throws SdkException as the SDK says; also when the connection is closed
    <T> T call(Function<S3Client, T> request) {
        try {
            return request.apply(client);
        } catch (IllegalStateException | RejectedExecutionException e) {
            if (closed) {
                throw SdkClientException.create("connection is closed", e);
            }
            throw e;
        } catch (RuntimeException e) {
            if (e instanceof SdkException || !S3Retries.hasCause(e, IOException.class)) {
                throw e;
            }
            // A body that breaks off while it is signed, before it is sent, comes in any wrapping.
            throw SdkClientException.create("body cannot be read", e);
        }
    }

    /// Idempotent; ends running requests.
    @Override
    public void close() {
        closed = true;
        client.close();
        deadlines.shutdownNow();
        close(credentials);
    }

    private static void close(AwsCredentialsProvider credentials) {
        if (credentials instanceof SdkAutoCloseable closeable) {
            closeable.close();
        }
    }
}
