// SPDX-License-Identifier: Apache-2.0
package io.varve.bench;

import com.azure.core.http.jdk.httpclient.JdkHttpClientBuilder;
import com.azure.core.util.BinaryData;
import com.azure.storage.blob.BlobContainerClient;
import com.azure.storage.blob.BlobServiceClientBuilder;
import com.azure.storage.blob.models.BlobRange;
import com.azure.storage.common.StorageSharedKeyCredential;
import com.google.cloud.NoCredentials;
import com.google.cloud.ReadChannel;
import com.google.cloud.storage.BlobId;
import com.google.cloud.storage.BlobInfo;
import com.google.cloud.storage.Storage;
import com.google.cloud.storage.StorageOptions;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.core.sync.ResponseTransformer;
import software.amazon.awssdk.http.apache5.Apache5HttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;

/// A store's SDK as its documentation says to call it, with nothing of ours: bytes from memory,
/// bytes into memory. Thread-safe.
interface PlainClient extends AutoCloseable {
    void put(String key, byte[] body) throws IOException;

    /// @return how many bytes came
    int get(String key, long position, int length) throws IOException;

    @Override
    void close();

    /// For a test server: the URL has an endpoint, credentials are in the environment.
    static PlainClient of(String url, int connections) {
        URI uri = URI.create(url.replaceFirst("\\?.*", ""));
        Map<String, String> parameters = new HashMap<>();
        for (String parameter : url.substring(url.indexOf('?') + 1).split("&", -1)) {
            parameters.put(parameter.replaceFirst("=.*", ""), parameter.replaceFirst("[^=]*=", ""));
        }
        String endpoint = Objects.requireNonNull(parameters.get("endpoint"), "endpoint");
        String bucket = uri.getAuthority();
        return switch (uri.getScheme()) {
            case "s3" -> new S3(endpoint, bucket, connections);
            case "azure" -> new Azure(endpoint, bucket, parameters.get("account"));
            case "gs" -> new Gcs(endpoint, bucket);
            default -> throw new IllegalArgumentException("no SDK: scheme=" + uri.getScheme());
        };
    }

    /// Amazon's, blocking, over the same HTTP client as ours.
    final class S3 implements PlainClient {
        private final S3Client client;
        private final String bucket;

        S3(String endpoint, String bucket, int connections) {
            this.bucket = bucket;
            this.client =
                    S3Client.builder()
                            .endpointOverride(URI.create(endpoint))
                            .region(Region.US_EAST_1)
                            .forcePathStyle(true)
                            .httpClientBuilder(
                                    Apache5HttpClient.builder().maxConnections(connections))
                            .build();
        }

        @Override
        public void put(String key, byte[] body) {
            var _ =
                    client.putObject(
                            request -> request.bucket(bucket).key(key),
                            RequestBody.fromBytes(body));
        }

        @Override
        public int get(String key, long position, int length) {
            return client.getObject(
                            request ->
                                    request.bucket(bucket)
                                            .key(key)
                                            .range(
                                                    "bytes="
                                                            + position
                                                            + "-"
                                                            + (position + length - 1)),
                            ResponseTransformer.toBytes())
                    .asByteArrayUnsafe()
                    .length;
        }

        @Override
        public void close() {
            client.close();
        }
    }

    /// Azure's, over the JDK's HTTP client, as ours.
    final class Azure implements PlainClient {
        private final BlobContainerClient container;

        Azure(String endpoint, String bucket, @org.jspecify.annotations.Nullable String account) {
            String name = account == null ? endpoint.replaceFirst(".*/", "") : account;
            String key = System.getenv("VARVE_OBJECT_STORE_AZURE_ACCOUNT_KEY");
            this.container =
                    new BlobServiceClientBuilder()
                            .endpoint(endpoint)
                            .credential(new StorageSharedKeyCredential(name, key))
                            .httpClient(new JdkHttpClientBuilder().build())
                            .buildClient()
                            .getBlobContainerClient(bucket);
        }

        @Override
        public void put(String key, byte[] body) {
            container.getBlobClient(key).upload(BinaryData.fromBytes(body), true);
        }

        @Override
        public int get(String key, long position, int length) {
            ByteArrayOutputStream out = new ByteArrayOutputStream(length);
            var _ =
                    container
                            .getBlobClient(key)
                            .downloadStreamWithResponse(
                                    out,
                                    new BlobRange(position, (long) length),
                                    null,
                                    null,
                                    false,
                                    null,
                                    null);
            return out.size();
        }

        @Override
        public void close() {
            // It holds nothing that could be closed.
        }
    }

    /// Google's, over HTTP.
    final class Gcs implements PlainClient {
        private final Storage storage;
        private final String bucket;

        Gcs(String endpoint, String bucket) {
            this.bucket = bucket;
            this.storage =
                    StorageOptions.newBuilder()
                            .setHost(endpoint)
                            .setProjectId("bench")
                            .setCredentials(NoCredentials.getInstance())
                            .build()
                            .getService();
        }

        @Override
        public void put(String key, byte[] body) {
            var _ = storage.create(BlobInfo.newBuilder(bucket, key).build(), body);
        }

        @Override
        public int get(String key, long position, int length) throws IOException {
            ByteBuffer target = ByteBuffer.allocate(length);
            try (ReadChannel channel = storage.reader(BlobId.of(bucket, key))) {
                channel.setChunkSize(0);
                channel.seek(position);
                ReadChannel limited = channel.limit(position + length);
                while (target.hasRemaining() && limited.read(target) >= 0) {
                    // More may come.
                }
            }
            return target.position();
        }

        @Override
        public void close() {
            try {
                storage.close();
            } catch (Exception e) {
                throw new IllegalStateException("the client does not close", e);
            }
        }
    }
}
