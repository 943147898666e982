// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.s3;

import io.varve.objectstore.BucketCredentials;
import io.varve.objectstore.ByteRange;
import io.varve.objectstore.DeleteResult;
import io.varve.objectstore.ObjectBody;
import io.varve.objectstore.ObjectInfo;
import io.varve.objectstore.ObjectKeys;
import io.varve.objectstore.ObjectSlice;
import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.ObjectStoreException;
import io.varve.objectstore.PutMode;
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
import java.util.random.RandomGenerator;
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
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.model.DeleteObjectsResponse;
import software.amazon.awssdk.services.s3.model.GetObjectRequest;
import software.amazon.awssdk.services.s3.model.HeadObjectResponse;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Response;
import software.amazon.awssdk.services.s3.model.ObjectIdentifier;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;
import software.amazon.awssdk.services.s3.model.PutObjectResponse;
import software.amazon.awssdk.services.s3.model.S3Error;

/// A bucket of S3, or of what speaks like it. Keys are the bucket's; the address's prefix is not
/// added here.
///
/// **Put** is one request; `If-None-Match: *` makes it conditional. Each put stamps its object
/// (user metadata) with a number of its own. Where the answer leaves open what became of a put, or
/// where an earlier attempt of the same call may be the object that is in the way, the object is
/// read: with this put's stamp the put has succeeded, with another it has lost, without an object
/// nobody knows.
///
/// **Retries and deadlines** are the SDK's ([S3Retries], [S3Limits]). A put whose outcome is
/// unknown takes one more head.
///
/// Times are whole seconds, as in HTTP. Thread-safe; holds one thread.
public final class S3ObjectStore implements ObjectStore {
    /// Name of the metadata that says which put made an object.
    static final String STAMP = "varve-put";

    private static final Logger LOG = LoggerFactory.getLogger(S3ObjectStore.class);

    private final S3Address address;
    private final S3Limits limits;
    private final RandomGenerator random;
    private final S3Connection connection;
    private final S3Errors errors;
    private final S3Listing listing;

    private S3ObjectStore(
            S3Address address,
            S3Limits limits,
            RandomGenerator random,
            S3Connection connection,
            S3Errors errors) {
        this.address = address;
        this.limits = limits;
        this.random = random;
        this.connection = connection;
        this.errors = errors;
        this.listing = new S3Listing(address, connection, errors, !address.isAmazon());
    }

    /// Opens a bucket. It is asked whether it is there; a store that does not answer is met again
    /// at the first request.
    ///
    /// @param credentials empty for those of the SDK's default chain
    /// @param random for the stamps of puts: secure, and not shared with whoever replays
    /// @throws ObjectStoreException.NotFound there is no such bucket
    /// @throws ObjectStoreException.Denied credentials, region or permissions are wrong
    public static S3ObjectStore open(
            S3Address address, Optional<BucketCredentials.S3> credentials, RandomGenerator random)
            throws ObjectStoreException {
        AwsCredentialsProvider provider =
                credentials
                        .<AwsCredentialsProvider>map(
                                given -> StaticCredentialsProvider.create(credentials(given)))
                        .orElseGet(() -> DefaultCredentialsProvider.builder().build());
        return open(address, provider, S3Limits.DEFAULT, random);
    }

    private static AwsCredentials credentials(BucketCredentials.S3 given) {
        return given.sessionToken()
                .<AwsCredentials>map(token ->
                        AwsSessionCredentials.create(given.accessKey(), given.secretKey(), token))
                .orElseGet(() -> AwsBasicCredentials.create(given.accessKey(), given.secretKey()));
    }

    static S3ObjectStore open(
            S3Address address,
            AwsCredentialsProvider credentials,
            S3Limits limits,
            RandomGenerator random)
            throws ObjectStoreException {
        S3Errors errors = new S3Errors(address);
        S3Connection connection;
        try {
            connection = S3Connection.to(address, credentials, limits);
        } catch (SdkException e) {
            throw errors.translate("open", null, e);
        }
        S3ObjectStore store = new S3ObjectStore(address, limits, random, connection, errors);
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

    @Override
    public ObjectInfo put(String key, ObjectBody body, PutMode mode) throws ObjectStoreException {
        ObjectKeys.check(key);
        String stamp = Long.toHexString(random.nextLong()) + Long.toHexString(random.nextLong());
        BodySource source = new BodySource(body);
        try {
            PutObjectRequest request = request(key, body, mode, stamp);
            RequestBody bytes =
                    RequestBody.fromContentProvider(
                            source, body.bytes(), "application/octet-stream");
            PutObjectResponse answer = connection.call(client -> client.putObject(request, bytes));
            Optional<Instant> time = HttpTimes.dateOf(answer.sdkHttpResponse());
            return time.isPresent()
                    ? new ObjectInfo(key, body.bytes(), time.get())
                    : head(key).orElseThrow(() -> gone(key));
        } catch (SdkException e) {
            ObjectStoreException error =
                    source.failure().orElseGet(() -> errors.translate("put", key, e));
            return settle(key, mode, stamp, attempts(e), error);
        } finally {
            source.close();
        }
    }

    private static ObjectStoreException gone(String key) {
        return new ObjectStoreException.Transient(
                "object was gone right after its put: key=" + key, null);
    }

    private PutObjectRequest request(String key, ObjectBody body, PutMode mode, String stamp) {
        PutObjectRequest.Builder request =
                PutObjectRequest.builder()
                        .bucket(address.bucket())
                        .key(key)
                        .contentLength(body.bytes())
                        .metadata(Map.of(STAMP, stamp))
                        .overrideConfiguration(deadline(body.bytes()));
        if (address.checksums() == S3Address.Checksums.SUPPORTED) {
            byte[] crc = ByteBuffer.allocate(Integer.BYTES).putInt(body.crc32c()).array();
            request.checksumCRC32C(Base64.getEncoder().encodeToString(crc));
        }
        if (mode == PutMode.IF_ABSENT) {
            request.ifNoneMatch("*");
        }
        return request.build();
    }

    private AwsRequestOverrideConfiguration deadline(long bytes) {
        return AwsRequestOverrideConfiguration.builder()
                .apiCallAttemptTimeout(limits.attemptOf(bytes))
                .apiCallTimeout(limits.callOf(bytes))
                .build();
    }

    private static int attempts(SdkException failure) {
        return failure.numAttempts() != null ? failure.numAttempts() : Integer.MAX_VALUE;
    }

    /// Finds out by reading what became of a put.
    ///
    /// @param attempts how many requests were made, at most
    /// @param error what the put met, thrown when reading does not tell better
    private ObjectInfo settle(
            String key, PutMode mode, String stamp, int attempts, ObjectStoreException error)
            throws ObjectStoreException {
        boolean exists = error instanceof ObjectStoreException.AlreadyExists;
        if (attempts <= 1 && !exists && !(error instanceof ObjectStoreException.Transient)) {
            throw error;
        }
        Optional<HeadObjectResponse> there;
        try {
            there = look(key);
        } catch (ObjectStoreException unread) {
            ObjectStoreException thrown =
                    exists
                            ? new ObjectStoreException.Transient(
                                    "object exists, and whose it is could not be read: key=" + key,
                                    error)
                            : error;
            thrown.addSuppressed(unread);
            throw thrown;
        }
        if (there.isPresent() && stamp.equals(there.get().metadata().get(STAMP))) {
            return info(key, there.get());
        }
        if (there.isPresent() && mode == PutMode.IF_ABSENT && !exists) {
            throw new ObjectStoreException.AlreadyExists(
                    "object exists, of another put: key=" + key, error);
        }
        throw error;
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

    @Override
    public Optional<ObjectInfo> head(String key) throws ObjectStoreException {
        ObjectKeys.check(key);
        return look(key).map(answer -> info(key, answer));
    }

    private Optional<HeadObjectResponse> look(String key) throws ObjectStoreException {
        try {
            return Optional.of(
                    connection.call(client ->
                            client.headObject(
                                    request -> request.bucket(address.bucket()).key(key))));
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

    private static ObjectInfo info(String key, HeadObjectResponse answer) {
        return new ObjectInfo(key, answer.contentLength(), answer.lastModified());
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
        return HttpTimes.dateOf(askBucket("serverTime").sdkHttpResponse())
                .orElseThrow(() ->
                        new ObjectStoreException.Denied(
                                "the store's answers carry no date: " + address.place(), null));
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
