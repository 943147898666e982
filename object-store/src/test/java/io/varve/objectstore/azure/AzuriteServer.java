// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.azure;

import static org.assertj.core.api.Assertions.assertThat;

import com.azure.core.http.HttpMethod;
import com.azure.storage.blob.BlobContainerClientBuilder;
import com.azure.storage.blob.sas.BlobContainerSasPermission;
import com.azure.storage.blob.sas.BlobServiceSasSignatureValues;
import com.azure.storage.common.StorageSharedKeyCredential;
import io.varve.objectstore.BucketSettings;
import io.varve.objectstore.ObjectStoreException;
import io.varve.objectstore.RequestListener;
import io.varve.objectstore.ScriptedServer;
import io.varve.objectstore.StoreAccess;
import io.varve.objectstore.StoreLimits;
import io.varve.objectstore.StoreOperation;
import io.varve.objectstore.TestServer;
import java.net.URI;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

/// Azurite: makes containers and opens them. Thread-safe.
public final class AzuriteServer implements TestServer {
    /// As the product's, with more time: it answers slowly on a machine that does other work too.
    static final StoreLimits PATIENT =
            new StoreLimits(
                    64,
                    Duration.ofSeconds(5),
                    Duration.ofSeconds(60),
                    Duration.ofSeconds(180),
                    1 << 20,
                    5,
                    Duration.ofMillis(100),
                    Duration.ofSeconds(1),
                    Duration.ofSeconds(10));

    private static final AtomicInteger CONTAINERS = new AtomicInteger();

    private final URI endpoint;
    private final String accountKey;

    /// @param script has started it
    public AzuriteServer(ScriptedServer script) {
        this.endpoint = script.endpoint();
        this.accountKey = script.variable("VARVE_OBJECT_STORE_AZURE_ACCOUNT_KEY");
    }

    @Override
    public String newBucket() throws ObjectStoreException {
        String container =
                "container-" + ProcessHandle.current().pid() + "-" + CONTAINERS.incrementAndGet();
        ask(container, HttpMethod.PUT, 201);
        return container;
    }

    void removeBucket(String container) throws ObjectStoreException {
        ask(container, HttpMethod.DELETE, 202);
    }

    private void ask(String container, HttpMethod method, int status) throws ObjectStoreException {
        AzureAddress address = address(container, endpoint());
        try (AzureConnection connection = AzureConnection.to(address, access(keys(""), PATIENT))) {
            String url = address.containerUrl() + "?restype=container";
            AzureAnswer answer =
                    connection.call(
                            "test", null, new AzureCall(StoreOperation.PUT, method, url, PATIENT));
            assertThat(answer.getStatusCode()).as("%s %s", method, container).isEqualTo(status);
        }
    }

    @Override
    public AzureObjectStore open(String container, URI through, StoreLimits limits)
            throws ObjectStoreException {
        return open(container, through, limits, keys(""));
    }

    /// @param keys credentials, as a configuration gives them
    AzureObjectStore open(
            String container, URI through, StoreLimits limits, Map<String, String> keys)
            throws ObjectStoreException {
        StoreLimits patient = limits.equals(StoreLimits.DEFAULT) ? PATIENT : limits;
        return AzureObjectStore.open(address(container, through), access(keys, patient));
    }

    private static StoreAccess access(Map<String, String> keys, StoreLimits limits) {
        return new StoreAccess(
                BucketSettings.of(keys), limits, RequestListener.NONE, new SecureRandom());
    }

    /// @param through scheme, host and port of the server or of what is before it
    AzureAddress address(String container, URI through) {
        return AzureAddress.parse("//" + container + "?endpoint=" + through + endpoint.getPath());
    }

    /// As a configuration gives them.
    ///
    /// @param spoiled put before the key
    Map<String, String> keys(String spoiled) {
        return Map.of("azure.account-key", spoiled + accountKey);
    }

    /// A signature for one container, of an hour.
    ///
    /// @param permissions as `rwdl`
    Map<String, String> sas(String container, String permissions) {
        AzureAddress address = address(container, endpoint());
        String token =
                new BlobContainerClientBuilder()
                        .endpoint(address.serviceUrl())
                        .containerName(container)
                        .credential(new StorageSharedKeyCredential(address.account(), accountKey))
                        .buildClient()
                        .generateSas(
                                new BlobServiceSasSignatureValues(
                                        OffsetDateTime.now(ZoneOffset.UTC).plusHours(1),
                                        BlobContainerSasPermission.parse(permissions)));
        return Map.of("azure.sas-token", token);
    }

    @Override
    public URI endpoint() {
        return URI.create(endpoint.getScheme() + "://" + endpoint.getAuthority());
    }
}
