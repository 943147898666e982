// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.azure;

import com.azure.core.http.HttpMethod;
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
import io.varve.objectstore.StoreLimits;
import io.varve.objectstore.StoreOperation;
import io.varve.objectstore.StoreTraits;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A container of Azure Blob Storage. Keys are the container's; the address's prefix is not added
/// here.
///
/// **Put** is one request (Put Blob), never staged blocks; `If-None-Match: *` makes it conditional.
/// It carries the MD5 of its bytes, which the service checks before anything becomes visible. Each
/// puts its stamp on its object ([StampedPut]).
///
/// **The protocol** is spoken here, through the SDK's pipeline: its own clients send a body through
/// Reactor in small pieces and put a broken download together from several requests.
///
/// **Retries and deadlines** are those of [AzureRetries] and [StoreLimits]. A put whose outcome is
/// unknown takes one more head.
///
/// Times are whole seconds, as in HTTP. Thread-safe; holds one thread.
public final class AzureObjectStore implements ObjectStore {
    /// Name of the metadata that says which put made an object. Names are identifiers of C#.
    static final String STAMP = "varveput";

    /// A body that is not much more than a request's head is sent without asking.
    static final int ASKED_BODY_BYTES_MIN = 1 << 20;

    private static final Logger LOG = LoggerFactory.getLogger(AzureObjectStore.class);
    private static final String STAMP_HEADER = "x-ms-meta-" + STAMP;

    private final AzureAddress address;
    private final StoreAccess access;
    private final AzureConnection connection;
    private final AzureListing listing;
    private final AzureReads reads;

    /// Whether the account was seen to keep versions.
    private volatile boolean versioned;

    private AzureObjectStore(AzureAddress address, StoreAccess access, AzureConnection connection) {
        this.address = address;
        this.access = access;
        this.connection = connection;
        this.listing = new AzureListing(address, connection, access.limits());
        this.reads = new AzureReads(address, connection, access.limits(), listing);
    }

    /// Opens a container. It is asked whether it is there; a store that does not answer is met
    /// again at the first request.
    ///
    /// @throws ObjectStoreException.NotFound there is no such container
    /// @throws ObjectStoreException.Denied credentials or permissions are wrong
    public static AzureObjectStore open(AzureAddress address, StoreAccess access)
            throws ObjectStoreException {
        AzureObjectStore store =
                new AzureObjectStore(address, access, AzureConnection.to(address, access));
        try {
            var _ = store.listing.askContainer("open");
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
        try (PutBody bytes = new PutBody(body)) {
            AzureCall call = put(put, bytes);
            try {
                AzureAnswer answer = connection.call("put", key, call);
                if (!answer.isSuccess()) {
                    throw connection.errors().refused("put", key, answer);
                }
                if (answer.header("x-ms-version-id").isPresent()) {
                    versioned = true;
                }
                Optional<Instant> time = answer.date();
                return time.isPresent()
                        ? new ObjectInfo(key, body.bytes(), time.get())
                        : head(key).orElseThrow(() -> gone(key));
            } catch (ObjectStoreException e) {
                ObjectStoreException error = bytes.failure().orElse(e);
                return put.settle(
                        call.attempts(),
                        error,
                        () -> reads.look(key).map(answer -> found(key, answer)));
            }
        }
    }

    private AzureCall put(StampedPut put, PutBody body) throws ObjectStoreException {
        StoreLimits limits = access.limits();
        AzureCall call =
                new AzureCall(
                                StoreOperation.PUT,
                                HttpMethod.PUT,
                                address.objectUrl(put.key()),
                                limits)
                        .header("x-ms-blob-type", "BlockBlob")
                        .header("Content-Type", "application/octet-stream")
                        .header("Content-MD5", body.md5())
                        .header(STAMP_HEADER, put.stamp())
                        .body(body, limits.attemptOf(body.bytes()), limits.callOf(body.bytes()));
        access.settings().storageClass().ifPresent(tier -> call.header("x-ms-access-tier", tier));
        if (put.mode() == PutMode.IF_ABSENT) {
            call.header("If-None-Match", "*");
            if (body.bytes() >= ASKED_BODY_BYTES_MIN) {
                call.askingBeforeBody();
            }
        }
        return call;
    }

    private static StampedPut.Found found(String key, AzureAnswer answer) {
        return new StampedPut.Found(info(key, answer), answer.header(STAMP_HEADER));
    }

    private static ObjectStoreException gone(String key) {
        return new ObjectStoreException.Transient(
                "object was gone right after its put: key=" + key, null);
    }

    @Override
    public ObjectSlice get(String key, ByteRange range) throws ObjectStoreException {
        ObjectKeys.check(key);
        return reads.get(key, range);
    }

    @Override
    public Optional<ObjectInfo> head(String key) throws ObjectStoreException {
        ObjectKeys.check(key);
        return reads.look(key).map(answer -> info(key, answer));
    }

    private static ObjectInfo info(String key, AzureAnswer answer) {
        return new ObjectInfo(
                key,
                AzureReads.sizeOf(answer),
                answer.header("Last-Modified").flatMap(HttpDate::parse).orElse(Instant.EPOCH));
    }

    @Override
    public List<ObjectInfo> list(String prefix, String startAfter, int maxKeys)
            throws ObjectStoreException {
        ObjectKeys.checkListing(prefix, startAfter, maxKeys);
        return listing.list(prefix, startAfter, maxKeys);
    }

    @Override
    public Map<String, DeleteResult> delete(Collection<String> keys) throws ObjectStoreException {
        ObjectKeys.checkBatch(keys);
        List<String> asked = new ArrayList<>(new LinkedHashSet<>(keys));
        AzureBatch batch = new AzureBatch(address, connection, access.limits());
        Map<String, DeleteResult> results = LinkedHashMap.newLinkedHashMap(asked.size());
        for (int from = 0; from < asked.size(); from += AzureBatch.KEYS_MAX) {
            int to = Math.min(asked.size(), from + AzureBatch.KEYS_MAX);
            results.putAll(batch.delete(asked.subList(from, to)));
        }
        return results;
    }

    @Override
    public Instant serverTime() throws ObjectStoreException {
        return listing.askContainer("time")
                .date()
                .orElseThrow(() ->
                        new ObjectStoreException.Transient(
                                "the store's answers carry no date: " + address.place(), null));
    }

    @Override
    public StoreTraits traits() {
        return new AzureTraits(address, connection, access.limits()).look(versioned);
    }

    @Override
    public String url() {
        return address.url();
    }

    /// Idempotent; ends running requests, whose callers get a transient error.
    @Override
    public void close() {
        connection.close();
    }
}
