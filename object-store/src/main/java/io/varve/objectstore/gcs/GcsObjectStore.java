// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.gcs;

import com.google.api.client.http.ByteArrayContent;
import com.google.api.client.http.HttpHeaders;
import com.google.api.client.http.HttpRequest;
import com.google.api.client.http.HttpRequestInitializer;
import com.google.api.client.util.DateTime;
import com.google.api.services.storage.Storage;
import com.google.api.services.storage.model.Objects;
import com.google.api.services.storage.model.StorageObject;
import io.varve.objectstore.BodyStreams;
import io.varve.objectstore.ByteRange;
import io.varve.objectstore.DeleteResult;
import io.varve.objectstore.HttpDate;
import io.varve.objectstore.ObjectBody;
import io.varve.objectstore.ObjectInfo;
import io.varve.objectstore.ObjectKeys;
import io.varve.objectstore.ObjectSlice;
import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.ObjectStoreException;
import io.varve.objectstore.PutMode;
import io.varve.objectstore.StampedPut;
import io.varve.objectstore.StoreAccess;
import io.varve.objectstore.StoreOperation;
import io.varve.objectstore.StoreTraits;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Base64;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A bucket of Google Cloud Storage, by its JSON API. Keys are the bucket's; the address's prefix
/// is not added here.
///
/// **Put** is one request, metadata and bytes together; `ifGenerationMatch=0` makes it conditional,
/// and the service refuses bytes that have not the CRC32C of the metadata. Each puts its stamp on
/// its object ([StampedPut]).
///
/// **Retries and deadlines** are the SDK's ([GcsRetries], [io.varve.objectstore.StoreLimits]). A
/// put whose outcome is unknown takes one more look.
///
/// Times are whole seconds, as in HTTP. Thread-safe; holds one thread.
public final class GcsObjectStore implements ObjectStore {
    /// Name of the metadata that says which put made an object.
    static final String STAMP = "varve-put";

    /// Objects that anybody may read are otherwise served from caches for an hour, and may be
    /// unpacked on the way.
    static final String CACHING = "no-store, no-transform";

    private static final String FIELDS = "name,size,timeCreated,metadata";
    private static final Logger LOG = LoggerFactory.getLogger(GcsObjectStore.class);

    private final GcsAddress address;
    private final StoreAccess access;
    private final GcsConnection connection;
    private final GcsErrors errors;
    private final GcsListing listing;

    private GcsObjectStore(GcsAddress address, StoreAccess access, GcsConnection connection) {
        this.address = address;
        this.access = access;
        this.connection = connection;
        this.errors = new GcsErrors(address);
        this.listing = new GcsListing(address, connection);
    }

    /// Opens a bucket. It is asked whether it is there; a store that does not answer is met again
    /// at the first request.
    ///
    /// @throws ObjectStoreException.NotFound there is no such bucket
    /// @throws ObjectStoreException.Denied credentials or permissions are wrong
    public static GcsObjectStore open(GcsAddress address, StoreAccess access)
            throws ObjectStoreException {
        HttpRequestInitializer credentials =
                GcsCredentials.of(address, access.settings(), access.limits().attempt());
        return open(address, credentials, access);
    }

    static GcsObjectStore open(
            GcsAddress address, HttpRequestInitializer credentials, StoreAccess access)
            throws ObjectStoreException {
        GcsObjectStore store =
                new GcsObjectStore(address, access, GcsConnection.to(address, credentials, access));
        try {
            var _ = store.askBucket();
        } catch (ObjectStoreException.Transient e) {
            LOG.warn("bucket does not answer yet: error={}", e.getMessage());
        } catch (ObjectStoreException e) {
            store.close();
            throw e;
        }
        return store;
    }

    @Override
    public ObjectInfo put(String key, ObjectBody body, PutMode mode) throws ObjectStoreException {
        ObjectKeys.check(key);
        StampedPut put = StampedPut.of(key, mode, access.stamps());
        try (BodyStreams streams = new BodyStreams(body)) {
            Attempts attempts = new Attempts();
            try {
                return connection.call(
                        StoreOperation.PUT,
                        key,
                        body.bytes(),
                        requests -> {
                            attempts.made++;
                            return upload(requests, put, body, streams);
                        });
            } catch (ObjectStoreException e) {
                return put.settle(attempts.made, streams.failure().orElse(e), () -> look(key));
            }
        }
    }

    /// Owner: one put.
    private static final class Attempts {
        private int made;
    }

    private ObjectInfo upload(
            GcsRequests requests, StampedPut put, ObjectBody body, BodyStreams streams)
            throws IOException {
        StorageObject object = metadata(put, body);
        // Only the address is the SDK's: it has no way to stream several parts of known length.
        Storage.Objects.Insert insert =
                requests.service()
                        .objects()
                        .insert(
                                address.bucket(),
                                object,
                                new ByteArrayContent(GcsUpload.CONTENT_TYPE, new byte[0]))
                        .setUploadType("multipart")
                        .setFields(FIELDS);
        if (put.mode() == PutMode.IF_ABSENT) {
            insert.setIfGenerationMatch(0L);
        }
        HttpRequest request =
                requests.service()
                        .getRequestFactory()
                        .buildPostRequest(
                                insert.buildHttpRequestUrl(),
                                new GcsUpload(object, put.stamp(), streams, body.bytes()));
        request.getHeaders().putAll(insert.getRequestHeaders());
        StorageObject stored = requests.json(request, StorageObject.class).content();
        ObjectInfo info = info(stored);
        if (!info.key().equals(put.key()) || info.bytes() != body.bytes()) {
            throw new ObjectStoreException.Denied(
                    "the store says that it stored something else: key="
                            + put.key()
                            + ", bytes="
                            + body.bytes()
                            + ", stored="
                            + info,
                    null);
        }
        return info;
    }

    private StorageObject metadata(StampedPut put, ObjectBody body) {
        byte[] crc = ByteBuffer.allocate(Integer.BYTES).putInt(body.crc32c()).array();
        StorageObject object =
                new StorageObject()
                        .setName(put.key())
                        .setContentType(GcsUpload.CONTENT_TYPE)
                        .setCacheControl(CACHING)
                        .setCrc32c(Base64.getEncoder().encodeToString(crc))
                        .setMetadata(Map.of(STAMP, put.stamp()));
        access.settings().storageClass().ifPresent(object::setStorageClass);
        return object;
    }

    private static StampedPut.Found found(StorageObject object) throws ObjectStoreException {
        @Nullable Map<String, String> metadata = object.getMetadata();
        return new StampedPut.Found(
                info(object), Optional.ofNullable(metadata == null ? null : metadata.get(STAMP)));
    }

    @Override
    public ObjectSlice get(String key, ByteRange range) throws ObjectStoreException {
        ObjectKeys.check(key);
        long asked =
                switch (range) {
                    case ByteRange.Span span -> span.length();
                    case ByteRange.Tail tail -> tail.length();
                };
        Optional<ObjectSlice> slice =
                connection.call(
                        StoreOperation.GET,
                        key,
                        Math.min(asked, MAX_OBJECT_BYTES),
                        requests -> download(requests, key, range));
        return slice.isPresent() ? slice.get() : outside(key, range);
    }

    /// @return empty when no byte of the range is in the object
    private Optional<ObjectSlice> download(GcsRequests requests, String key, ByteRange range)
            throws IOException {
        Storage.Objects.Get get = requests.service().objects().get(address.bucket(), key);
        get.setAlt("media");
        get.getRequestHeaders().setRange(RangedAnswer.header(range));
        HttpRequest request = requests.request(get);
        // As they are stored, also what others have stored compressed.
        request.setResponseReturnRawInputStream(true);
        try {
            return Optional.of(RangedAnswer.read(key, range, requests.open(request), requests));
        } catch (GcsRefusal e) {
            if (e.status() == 416) {
                return Optional.empty();
            }
            throw e;
        }
    }

    /// The object is empty, or the caller is wrong about its size.
    private ObjectSlice outside(String key, ByteRange range) throws ObjectStoreException {
        long objectBytes =
                head(key)
                        .orElseThrow(() ->
                                new ObjectStoreException.NotFound(
                                        "no such object: key=" + key + ", " + address.place(),
                                        null))
                        .bytes();
        if (range.resolve(key, objectBytes).length() > 0) {
            throw new ObjectStoreException.Transient(
                    "object changed while it was read: key=" + key, null);
        }
        return new ObjectSlice(ByteBuffer.allocate(0), 0, objectBytes);
    }

    @Override
    public Optional<ObjectInfo> head(String key) throws ObjectStoreException {
        ObjectKeys.check(key);
        return look(key).map(StampedPut.Found::info);
    }

    private Optional<StampedPut.Found> look(String key) throws ObjectStoreException {
        boolean[] unclear = new boolean[1];
        Optional<StampedPut.Found> there =
                connection.call(
                        StoreOperation.HEAD,
                        key,
                        0,
                        requests -> {
                            HttpRequest request =
                                    requests.request(
                                            requests.service()
                                                    .objects()
                                                    .get(address.bucket(), key)
                                                    .setFields(FIELDS));
                            try {
                                return Optional.of(
                                        found(
                                                requests.json(request, StorageObject.class)
                                                        .content()));
                            } catch (GcsRefusal e) {
                                if (e.status() != 404 || GcsErrors.namesBucket(e)) {
                                    throw e;
                                }
                                unclear[0] = !e.words().startsWith("No such object");
                                return Optional.empty();
                            }
                        });
        if (unclear[0]) {
            // Without its bucket no object is absent.
            var _ = askBucket();
        }
        return there;
    }

    /// What is in a listing or an answer.
    ///
    /// @throws ObjectStoreException.Denied it does not say what every object has
    static ObjectInfo info(StorageObject object) throws ObjectStoreException.Denied {
        @Nullable DateTime time = object.getTimeCreated();
        if (object.getName() == null || object.getSize() == null || time == null) {
            throw new ObjectStoreException.Denied(
                    "the answer is not that of Google Cloud Storage: an object without name, size or time; is the endpoint right?",
                    null);
        }
        return new ObjectInfo(
                object.getName(),
                object.getSize().longValue(),
                // More than the Date of an answer could say.
                Instant.ofEpochMilli(time.getValue()).truncatedTo(ChronoUnit.SECONDS));
    }

    @Override
    public List<ObjectInfo> list(String prefix, String startAfter, int maxKeys)
            throws ObjectStoreException {
        ObjectKeys.checkListing(prefix, startAfter, maxKeys);
        return listing.list(prefix, startAfter, maxKeys);
    }

    /// A small listing: what the credentials may do with a bucket's objects does not let them ask
    /// for the bucket itself.
    private HttpHeaders askBucket() throws ObjectStoreException {
        return connection.call(
                StoreOperation.LIST,
                null,
                0,
                requests -> {
                    Storage.Objects.List list =
                            requests.service()
                                    .objects()
                                    .list(address.bucket())
                                    .setMaxResults(1L)
                                    .setFields("items(name)");
                    if (!address.prefix().isEmpty()) {
                        list.setPrefix(address.prefix());
                    }
                    return requests.json(requests.request(list), Objects.class).headers();
                });
    }

    @Override
    public Map<String, DeleteResult> delete(Collection<String> keys) throws ObjectStoreException {
        ObjectKeys.checkBatch(keys);
        return new GcsDeletion(address, connection, errors).delete(new LinkedHashSet<>(keys));
    }

    @Override
    public Instant serverTime() throws ObjectStoreException {
        return dateOf(askBucket())
                .orElseThrow(() ->
                        new ObjectStoreException.Denied(
                                "the store's answers carry no date: " + address.place(), null));
    }

    /// The server's clock; empty when it does not tell it.
    static Optional<Instant> dateOf(HttpHeaders answer) {
        @Nullable String date = answer.getDate();
        return Optional.ofNullable(date).flatMap(HttpDate::parse);
    }

    @Override
    public StoreTraits traits() {
        return new GcsTraits(address, connection).look();
    }

    @Override
    public String url() {
        return address.url();
    }

    @Override
    public void close() {
        connection.close();
    }
}
