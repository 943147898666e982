// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.s3;

import io.varve.objectstore.BodyStreams;
import io.varve.objectstore.BucketSettings;
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
import io.varve.objectstore.StoreTraits;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Base64;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.AwsSessionCredentials;
import software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.awscore.AwsRequestOverrideConfiguration;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.http.SdkHttpResponse;
import software.amazon.awssdk.services.s3.model.DeleteObjectsResponse;
import software.amazon.awssdk.services.s3.model.GetObjectRequest;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;
import software.amazon.awssdk.services.s3.model.HeadObjectResponse;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Response;
import software.amazon.awssdk.services.s3.model.ObjectIdentifier;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;
import software.amazon.awssdk.services.s3.model.PutObjectResponse;
import software.amazon.awssdk.services.s3.model.S3Error;

/// A bucket of S3, or of what speaks like it. Keys are the bucket's; the address's prefix is not
/// added here.
///
/// **Put** is one request; `If-None-Match: *` makes it conditional. Each puts its stamp on its
/// object ([StampedPut]).
///
/// **Retries and deadlines** are the SDK's ([S3Retries], [StoreLimits]). A put whose outcome is
/// unknown takes one more head.
///
/// Times are whole seconds, as in HTTP. Thread-safe; holds one thread.
public final class S3ObjectStore implements ObjectStore {
    /// Name of the metadata that says which put made an object.
    static final String STAMP = "varve-put";

    private static final Logger LOG = LoggerFactory.getLogger(S3ObjectStore.class);

    private final S3Address address;
    private final StoreAccess access;
    private final S3Connection connection;
    private final S3Errors errors;
    private final S3Listing listing;

    private S3ObjectStore(
            S3Address address, StoreAccess access, S3Connection connection, S3Errors errors) {
        this.address = address;
        this.access = access;
        this.connection = connection;
        this.errors = errors;
        this.listing = new S3Listing(address, connection, errors, !address.isAmazon());
    }

    /// Opens a bucket. It is asked whether it is there; a store that does not answer is met again
    /// at the first request.
    ///
    /// @throws ObjectStoreException.NotFound there is no such bucket
    /// @throws ObjectStoreException.Denied credentials, region or permissions are wrong
    public static S3ObjectStore open(S3Address address, StoreAccess access)
            throws ObjectStoreException {
        return open(address, provider(access.settings()), access);
    }

    static S3ObjectStore open(
            S3Address address, AwsCredentialsProvider credentials, StoreAccess access)
            throws ObjectStoreException {
        S3Errors errors = new S3Errors(address);
        S3Connection connection;
        try {
            connection = S3Connection.to(address, credentials, access);
        } catch (SdkException e) {
            throw errors.translate("open", null, e);
        }
        S3ObjectStore store = new S3ObjectStore(address, access, connection, errors);
        try {
            var _ = store.askBucket("open");
        } catch (ObjectStoreException.Transient e) {
            LOG.warn("bucket does not answer yet: error={}", e.getMessage());
        } catch (ObjectStoreException e) {
            store.close();
            throw e;
        }
        return store;
    }

    private static AwsCredentialsProvider provider(BucketSettings settings) {
        return settings.s3()
                .<AwsCredentialsProvider>map(
                        given -> StaticCredentialsProvider.create(credentials(given)))
                .orElseGet(() -> DefaultCredentialsProvider.builder().build());
    }

    private static AwsCredentials credentials(BucketSettings.S3 given) {
        return given.sessionToken()
                .<AwsCredentials>map(token ->
                        AwsSessionCredentials.create(given.accessKey(), given.secretKey(), token))
                .orElseGet(() -> AwsBasicCredentials.create(given.accessKey(), given.secretKey()));
    }

    @Override
    public ObjectInfo put(String key, ObjectBody body, PutMode mode) throws ObjectStoreException {
        ObjectKeys.check(key);
        StampedPut put = StampedPut.of(key, mode, access.stamps());
        try (BodyStreams streams = new BodyStreams(body)) {
            try {
                PutObjectRequest request = request(put, body);
                RequestBody bytes =
                        RequestBody.fromContentProvider(
                                () -> open(streams), body.bytes(), "application/octet-stream");
                PutObjectResponse answer =
                        connection.call(client -> client.putObject(request, bytes));
                Optional<Instant> time = dateOf(answer.sdkHttpResponse());
                return time.isPresent()
                        ? new ObjectInfo(key, body.bytes(), time.get())
                        : head(key).orElseThrow(() -> gone(key));
            } catch (SdkException e) {
                ObjectStoreException error =
                        streams.failure().orElseGet(() -> errors.translate("put", key, e));
                return put.settle(attempts(e), error, () -> find(key));
            }
        }
    }

    private static InputStream open(BodyStreams streams) {
        try {
            return streams.next();
        } catch (ObjectStoreException e) {
            throw SdkClientException.create("body cannot be read", e);
        }
    }

    /// The server's clock; empty when it does not tell it.
    static Optional<Instant> dateOf(SdkHttpResponse answer) {
        return answer.firstMatchingHeader("Date").flatMap(HttpDate::parse);
    }

    private static ObjectStoreException gone(String key) {
        return new ObjectStoreException.Transient(
                "object was gone right after its put: key=" + key, null);
    }

    private PutObjectRequest request(StampedPut put, ObjectBody body) {
        PutObjectRequest.Builder request =
                PutObjectRequest.builder()
                        .bucket(address.bucket())
                        .key(put.key())
                        .contentLength(body.bytes())
                        .metadata(Map.of(STAMP, put.stamp()))
                        .overrideConfiguration(deadline(body.bytes()));
        if (address.checksums() == S3Address.Checksums.SUPPORTED) {
            byte[] crc = ByteBuffer.allocate(Integer.BYTES).putInt(body.crc32c()).array();
            request.checksumCRC32C(Base64.getEncoder().encodeToString(crc));
        }
        if (put.mode() == PutMode.IF_ABSENT) {
            request.ifNoneMatch("*");
        }
        access.settings().storageClass().ifPresent(request::storageClass);
        return request.build();
    }

    private AwsRequestOverrideConfiguration deadline(long bytes) {
        return AwsRequestOverrideConfiguration.builder()
                .apiCallAttemptTimeout(access.limits().attemptOf(bytes))
                .apiCallTimeout(access.limits().callOf(bytes))
                .build();
    }

    private static int attempts(SdkException failure) {
        return failure.numAttempts() != null ? failure.numAttempts() : Integer.MAX_VALUE;
    }

    @Override
    public ObjectSlice get(String key, ByteRange range) throws ObjectStoreException {
        ObjectKeys.check(key);
        long asked =
                switch (range) {
                    case ByteRange.Span span -> span.length();
                    case ByteRange.Tail tail -> tail.length();
                };
        AwsRequestOverrideConfiguration deadline = deadline(Math.min(asked, MAX_OBJECT_BYTES));
        try {
            GetObjectRequest request =
                    GetObjectRequest.builder()
                            .bucket(address.bucket())
                            .key(key)
                            .range(RangedAnswer.header(range))
                            .overrideConfiguration(deadline)
                            .build();
            return connection.call(client ->
                    client.getObject(
                            request,
                            (answer, bytes) -> RangedAnswer.read(key, range, answer, bytes)));
        } catch (AwsServiceException e) {
            if (e.statusCode() == 416) {
                return outside(key, range, e);
            }
            throw errors.translate("get", key, e);
        } catch (SdkException e) {
            throw errors.translate("get", key, e);
        }
    }

    /// No byte of the range is in the object: it is empty, or the caller is wrong about its size.
    private ObjectSlice outside(String key, ByteRange range, AwsServiceException refusal)
            throws ObjectStoreException {
        long objectBytes =
                head(key).orElseThrow(() -> errors.translate("get", key, refusal)).bytes();
        ByteRange.Resolved part = range.resolve(key, objectBytes);
        if (part.length() > 0) {
            throw new ObjectStoreException.Transient(
                    "object changed while it was read: key=" + key, refusal);
        }
        return new ObjectSlice(ByteBuffer.allocate(0), 0, objectBytes);
    }

    /// A read of the first byte: the SDK takes a head that breaks off for one that ends there, and
    /// believes a length without its last digits. Where a byte came behind it, the head is whole.
    @Override
    public Optional<ObjectInfo> head(String key) throws ObjectStoreException {
        ObjectKeys.check(key);
        return find(key).map(StampedPut.Found::info);
    }

    /// An object with its stamp. A stamp that is missing because the answer broke off would make
    /// another's of an object of ours; see [#head].
    private Optional<StampedPut.Found> find(String key) throws ObjectStoreException {
        ByteRange first = ByteRange.span(0, 1);
        try {
            StampedPut.Found found =
                    connection.call(client ->
                            client.getObject(
                                    request ->
                                            request.bucket(address.bucket())
                                                    .key(key)
                                                    .range(RangedAnswer.header(first)),
                                    (answer, bytes) ->
                                            found(
                                                    key,
                                                    answer,
                                                    RangedAnswer.read(key, first, answer, bytes))));
            if (found.info().bytes() > 0) {
                return Optional.of(found);
            }
        } catch (AwsServiceException e) {
            if (S3Retries.code(e).equals("NoSuchKey")) {
                return Optional.empty();
            }
            if (e.statusCode() != 404 && e.statusCode() != 416) {
                throw errors.translate("head", key, e);
            }
        } catch (SdkException e) {
            throw errors.translate("head", key, e);
        }
        return findWithoutBytes(key);
    }

    /// An object that has no first byte, or of which the store did not say what is missing.
    private Optional<StampedPut.Found> findWithoutBytes(String key) throws ObjectStoreException {
        try {
            HeadObjectResponse answer =
                    connection.call(client ->
                            client.headObject(
                                    request -> request.bucket(address.bucket()).key(key)));
            // Every answer has these; one that has not has broken off.
            if (answer.contentLength() == null
                    || answer.lastModified() == null
                    || dateOf(answer.sdkHttpResponse()).isEmpty()) {
                throw new ObjectStoreException.Transient(
                        "answer broke off: operation=head, key=" + key + ", " + address.place(),
                        null);
            }
            return Optional.of(
                    new StampedPut.Found(
                            new ObjectInfo(key, answer.contentLength(), answer.lastModified()),
                            Optional.ofNullable(answer.metadata().get(STAMP))));
        } catch (AwsServiceException e) {
            if (e.statusCode() != 404) {
                throw errors.translate("head", key, e);
            }
            // The answer does not say what is missing, and without its bucket no object is absent.
            var _ = askBucket("head");
            return Optional.empty();
        } catch (SdkException e) {
            throw errors.translate("head", key, e);
        }
    }

    private static StampedPut.Found found(String key, GetObjectResponse answer, ObjectSlice slice) {
        return new StampedPut.Found(
                new ObjectInfo(key, slice.objectBytes(), answer.lastModified()),
                Optional.ofNullable(answer.metadata().get(STAMP)));
    }

    @Override
    public List<ObjectInfo> list(String prefix, String startAfter, int maxKeys)
            throws ObjectStoreException {
        ObjectKeys.checkListing(prefix, startAfter, maxKeys);
        return listing.list(prefix, startAfter, maxKeys);
    }

    /// A small listing: unlike an answer to head, a refusal says why.
    private ListObjectsV2Response askBucket(String action) throws ObjectStoreException {
        try {
            return connection.call(client ->
                    client.listObjectsV2(request ->
                            request.bucket(address.bucket()).prefix(address.prefix()).maxKeys(1)));
        } catch (SdkException e) {
            throw errors.translate(action, null, e);
        }
    }

    @Override
    public Map<String, DeleteResult> delete(Collection<String> keys) throws ObjectStoreException {
        ObjectKeys.checkBatch(keys);
        Set<String> asked = new LinkedHashSet<>(keys);
        if (asked.isEmpty()) {
            return Map.of();
        }
        List<ObjectIdentifier> identifiers =
                asked.stream().map(key -> ObjectIdentifier.builder().key(key).build()).toList();
        try {
            DeleteObjectsResponse answer =
                    connection.call(client ->
                            client.deleteObjects(request ->
                                    request.bucket(address.bucket())
                                            .delete(batch ->
                                                    batch.objects(identifiers).quiet(false))));
            return results(asked, answer);
        } catch (SdkException e) {
            throw errors.translate("delete", null, e);
        }
    }

    /// What the store says of each key; a key of which it says nothing may still be there.
    private Map<String, DeleteResult> results(Set<String> asked, DeleteObjectsResponse answer) {
        Map<String, DeleteResult> said = new HashMap<>();
        answer.deleted().forEach(done -> said.put(done.key(), new DeleteResult.Deleted()));
        for (S3Error error : answer.errors()) {
            String code = error.code() == null ? "" : error.code();
            said.put(
                    error.key(),
                    code.equals("NoSuchKey")
                            ? new DeleteResult.Deleted()
                            : new DeleteResult.Failed(
                                    errors.ofKey(
                                            error.key(), code, String.valueOf(error.message()))));
        }
        Map<String, DeleteResult> results = LinkedHashMap.newLinkedHashMap(asked.size());
        for (String key : asked) {
            DeleteResult result = said.get(key);
            results.put(
                    key,
                    result != null
                            ? result
                            : new DeleteResult.Failed(
                                    errors.ofKey(key, "", "the answer does not name the key")));
        }
        return results;
    }

    @Override
    public Instant serverTime() throws ObjectStoreException {
        return dateOf(askBucket("serverTime").sdkHttpResponse())
                .orElseThrow(() ->
                        new ObjectStoreException.Denied(
                                "the store's answers carry no date: " + address.place(), null));
    }

    @Override
    public StoreTraits traits() {
        return new S3Traits(address, connection).look();
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
