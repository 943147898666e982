// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// Credentials that a configuration gives for buckets, as `object-store.*` keys. Where it gives
/// none, each SDK looks where it always does. Immutable; never shown.
public final class BucketCredentials {
    /// Whatever the SDKs find.
    public static final BucketCredentials OF_THE_SDK = new BucketCredentials(null);

    private static final String ACCESS_KEY = "s3.access-key";
    private static final String SECRET_KEY = "s3.secret-key";
    private static final String SESSION_TOKEN = "s3.session-token";
    private static final List<String> KNOWN = List.of(ACCESS_KEY, SECRET_KEY, SESSION_TOKEN);

    private final @Nullable S3 s3;

    /// Of an S3 store.
    ///
    /// @param sessionToken with credentials that expire
    public record S3(String accessKey, String secretKey, Optional<String> sessionToken) {
        @Override
        public String toString() {
            return "S3[hidden]";
        }
    }

    private BucketCredentials(@Nullable S3 s3) {
        this.s3 = s3;
    }

    /// @param keys without `object-store.`: `s3.access-key`, `s3.secret-key`, `s3.session-token`
    /// @throws BucketUrlException a key is unknown, or one is missing beside another; names keys,
    ///   never values
    public static BucketCredentials of(Map<String, String> keys) {
        if (keys.isEmpty()) {
            return OF_THE_SDK;
        }
        for (String key : new TreeMap<>(keys).keySet()) {
            if (!KNOWN.contains(key)) {
                throw new BucketUrlException(
                        "unknown key",
                        "key=object-store." + key,
                        "nearest=object-store." + NearestName.of(key, KNOWN));
            }
        }
        String accessKey = keys.get(ACCESS_KEY);
        String secretKey = keys.get(SECRET_KEY);
        if (accessKey == null || secretKey == null) {
            throw new BucketUrlException(
                    "half of the credentials",
                    "missing=object-store." + (accessKey == null ? ACCESS_KEY : SECRET_KEY),
                    "give both, or neither: then the SDK's own chain is asked");
        }
        return new BucketCredentials(
                new S3(accessKey, secretKey, Optional.ofNullable(keys.get(SESSION_TOKEN))));
    }

    public Optional<S3> s3() {
        return Optional.ofNullable(s3);
    }

    @Override
    public String toString() {
        return s3 == null ? "of the SDK" : "[hidden]";
    }
}
