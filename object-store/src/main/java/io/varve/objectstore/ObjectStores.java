// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore;

import io.varve.objectstore.azure.AzureAddress;
import io.varve.objectstore.azure.AzureObjectStore;
import io.varve.objectstore.file.FileObjectStore;
import io.varve.objectstore.gcs.GcsAddress;
import io.varve.objectstore.gcs.GcsObjectStore;
import io.varve.objectstore.memory.MemoryObjectStore;
import io.varve.objectstore.s3.S3Address;
import io.varve.objectstore.s3.S3ObjectStore;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;

/// Opens the bucket that a URL names: `file:///dir`, `s3://bucket/prefix`,
/// `azure://container/prefix`, `gs://bucket/prefix`, and for tests `mem:`, `mem:name` or
/// `mem:name/prefix`. The URL may name a prefix inside a bucket; keys are then relative to it.
/// Thread-safe.
public final class ObjectStores {
    /// Most named buckets in memory; they live as long as the process.
    static final int NAMED_MEMORY_STORES_MAX = 10_000;

    private static final ReentrantLock NAMED_LOCK = new ReentrantLock();
    private static final Map<String, MemoryObjectStore> NAMED = new HashMap<>();

    private ObjectStores() {}

    /// Opens a bucket; makes a missing directory. A bucket of a service is never made here.
    ///
    /// @throws BucketUrlException the URL cannot be used: it says what is wrong and what to do,
    ///   never a credential
    /// @throws ObjectStoreException the bucket cannot be opened
    public static ObjectStore open(String url) throws ObjectStoreException {
        return open(url, StoreAccess.of(BucketSettings.NONE, RequestListener.NONE));
    }

    /// The same, with settings.
    public static ObjectStore open(String url, StoreAccess access) throws ObjectStoreException {
        return switch (BucketUrl.parse(url)) {
            case BucketUrl.OfDirectory(var directory) ->
                    told(FileObjectStore.openOrCreate(directory, InstantSource.system()), access);
            case BucketUrl.OfMemory memory -> told(openMemory(memory), access);
            case BucketUrl.OfS3(var address) -> openS3(address, access);
            case BucketUrl.OfAzure(var address) -> openAzure(address, access);
            case BucketUrl.OfGcs(var address) -> openGcs(address, access);
        };
    }

    /// Opens a bucket that must be there, for whoever wants to read: a mistyped directory is an
    /// error, not a new bucket.
    ///
    /// @throws BucketUrlException as in [#open]
    /// @throws ObjectStoreException.NotFound there is no such directory or bucket
    public static ObjectStore openExisting(String url) throws ObjectStoreException {
        return openExisting(url, StoreAccess.of(BucketSettings.NONE, RequestListener.NONE));
    }

    /// The same, with settings.
    public static ObjectStore openExisting(String url, StoreAccess access)
            throws ObjectStoreException {
        return switch (BucketUrl.parse(url)) {
            case BucketUrl.OfDirectory(var directory) ->
                    told(FileObjectStore.open(directory, InstantSource.system()), access);
            case BucketUrl.OfMemory memory -> told(openMemory(memory), access);
            case BucketUrl.OfS3(var address) -> openS3(address, access);
            case BucketUrl.OfAzure(var address) -> openAzure(address, access);
            case BucketUrl.OfGcs(var address) -> openGcs(address, access);
        };
    }

    /// Checks a bucket URL without opening anything, for the check of a configuration.
    ///
    /// @throws BucketUrlException as in [#open]
    public static void checkUrl(String url) {
        BucketUrl.parse(url);
    }

    private static ObjectStore openMemory(BucketUrl.OfMemory url) {
        MemoryObjectStore bucket =
                url.name().isEmpty()
                        ? new MemoryObjectStore(InstantSource.system())
                        : named(url.name());
        return below(bucket, url.prefix(), bucket.url() + "/" + url.prefix());
    }

    private static ObjectStore openS3(S3Address address, StoreAccess access)
            throws ObjectStoreException {
        ObjectStore bucket = S3ObjectStore.open(address, access);
        return below(bucket, address.prefix(), address.url());
    }

    /// Calls of what has no network stand for requests.
    private static ObjectStore told(ObjectStore store, StoreAccess access) {
        return new ToldObjectStore(store, access.requests());
    }

    private static ObjectStore openAzure(AzureAddress address, StoreAccess access)
            throws ObjectStoreException {
        ObjectStore bucket = AzureObjectStore.open(address, access);
        return below(bucket, address.prefix(), address.url());
    }

    private static ObjectStore openGcs(GcsAddress address, StoreAccess access)
            throws ObjectStoreException {
        ObjectStore bucket = GcsObjectStore.open(address, access);
        return below(bucket, address.prefix(), address.url());
    }

    private static ObjectStore below(ObjectStore bucket, String prefix, String url) {
        return prefix.isEmpty() ? bucket : new PrefixedObjectStore(bucket, prefix, url);
    }

    private static MemoryObjectStore named(String name) {
        NAMED_LOCK.lock();
        try {
            if (NAMED.size() >= NAMED_MEMORY_STORES_MAX && !NAMED.containsKey(name)) {
                throw new IllegalStateException(
                        "too many buckets in memory: limit=" + NAMED_MEMORY_STORES_MAX);
            }
            return NAMED.computeIfAbsent(
                    name, key -> new MemoryObjectStore(key, InstantSource.system()));
        } finally {
            NAMED_LOCK.unlock();
        }
    }
}
