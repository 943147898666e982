// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore;

import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// How a bucket is reached, beyond what its URL says: the `object-store.*` keys of a configuration.
/// Where they give no credentials, each SDK looks where it always does. Immutable; never shows a
/// secret.
///
/// @param s3 credentials of `s3:` buckets
/// @param azure credentials of `azure:` buckets
/// @param gcs credentials of `gs:` buckets
/// @param caFile certificates (PEM) trusted beside those of the JDK, for stores with a CA of their
///   own
/// @param proxy the HTTP proxy that requests go through
/// @param storageClass the store's name of the class that objects are put into
/// @param rates how much of the store may be used; what is not given has a default
/// @param prices `price.*` keys, which override what [StorePrices] knows
public record BucketSettings(
        Optional<S3> s3,
        Optional<Azure> azure,
        Optional<Gcs> gcs,
        Optional<Path> caFile,
        Optional<InetSocketAddress> proxy,
        Optional<String> storageClass,
        Rates rates,
        Map<String, String> prices) {
    /// Nothing is given.
    public static final BucketSettings NONE =
            new BucketSettings(
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    Rates.NONE,
                    Map.of());

    /// What every key of a configuration begins with.
    public static final String PREFIX = "object-store.";

    private static final String S3_ACCESS_KEY = "s3.access-key";
    private static final String S3_SECRET_KEY = "s3.secret-key";
    private static final String S3_SESSION_TOKEN = "s3.session-token";
    private static final String AZURE_ACCOUNT_KEY = "azure.account-key";
    private static final String AZURE_SAS_TOKEN = "azure.sas-token";
    private static final String GCS_CREDENTIALS_FILE = "gcs.credentials-file";
    private static final String CA_FILE = "ca-file";
    private static final String PROXY = "proxy";
    private static final String STORAGE_CLASS = "storage-class";
    private static final String REQUESTS_PER_SECOND = "requests-per-second";
    private static final String REQUESTS_IN_FLIGHT = "requests-in-flight";
    private static final String BYTES_PER_SECOND = "bytes-per-second";
    private static final List<String> KNOWN =
            Stream.concat(
                            Stream.of(
                                    S3_ACCESS_KEY,
                                    S3_SECRET_KEY,
                                    S3_SESSION_TOKEN,
                                    AZURE_ACCOUNT_KEY,
                                    AZURE_SAS_TOKEN,
                                    GCS_CREDENTIALS_FILE,
                                    CA_FILE,
                                    PROXY,
                                    STORAGE_CLASS,
                                    REQUESTS_PER_SECOND,
                                    REQUESTS_IN_FLIGHT,
                                    BYTES_PER_SECOND),
                            StorePrices.KEYS.stream())
                    .toList();

    /// Names of all keys, [#PREFIX] included.
    public static final List<String> NAMES = KNOWN.stream().map(key -> PREFIX + key).toList();

    private static final String VARIABLE_PREFIX = "VARVE_OBJECT_STORE_";
    private static final long REQUESTS_PER_SECOND_MAX = 1_000_000;
    private static final long REQUESTS_IN_FLIGHT_MAX = 10_000;
    private static final long BYTES_PER_SECOND_MAX = 1L << 40;
    private static final Pattern CLASS = Pattern.compile("[A-Za-z_-]{1,40}");

    /// @param sessionToken with credentials that expire
    public record S3(String accessKey, String secretKey, Optional<String> sessionToken) {
        @Override
        public String toString() {
            return "S3[hidden]";
        }
    }

    /// One of the two.
    ///
    /// @param accountKey the storage account's shared key, Base64
    /// @param sasToken a shared access signature
    public record Azure(Optional<String> accountKey, Optional<String> sasToken) {
        @Override
        public String toString() {
            return "Azure[hidden]";
        }
    }

    /// @param credentialsFile JSON of a service account, or of a workload identity
    public record Gcs(Path credentialsFile) {}

    /// At most so much at once; each empty where nothing is given.
    ///
    /// @param requestsPerSecond 1 to 1,000,000
    /// @param requestsInFlight 1 to 10,000
    /// @param bytesPerSecond sent and received, 1 to 2^40
    public record Rates(
            OptionalLong requestsPerSecond,
            OptionalLong requestsInFlight,
            OptionalLong bytesPerSecond) {
        public static final Rates NONE =
                new Rates(OptionalLong.empty(), OptionalLong.empty(), OptionalLong.empty());
    }

    public BucketSettings {
        prices = Map.copyOf(prices);
    }

    /// The settings in environment variables, for commands that have no configuration file:
    /// `VARVE_OBJECT_STORE_S3_ACCESS_KEY` and so on, named as for a broker.
    ///
    /// @param environment variables with other names are not looked at
    /// @throws BucketUrlException as in [#of]; names variables, never secrets
    public static BucketSettings ofEnvironment(Map<String, String> environment) {
        Map<String, String> keyByVariable = new HashMap<>();
        KNOWN.forEach(key -> keyByVariable.put(variable(key), key));
        Map<String, String> keys = new HashMap<>();
        new TreeMap<>(environment)
                .forEach((variable, text) -> {
                    if (variable.startsWith(VARIABLE_PREFIX)) {
                        @Nullable String key = keyByVariable.get(variable);
                        if (key == null) {
                            throw new BucketUrlException(
                                    "unknown environment variable",
                                    "variable=" + variable,
                                    "nearest=" + NearestName.of(variable, keyByVariable.keySet()));
                        }
                        keys.put(key, text);
                    }
                });
        return of(keys);
    }

    private static String variable(String key) {
        return VARIABLE_PREFIX + key.toUpperCase(Locale.ROOT).replace('.', '_').replace('-', '_');
    }

    /// @param keys without `object-store.`
    /// @throws BucketUrlException a key is unknown, one is missing beside another, or a value
    ///   cannot be used; names keys, never secrets
    public static BucketSettings of(Map<String, String> keys) {
        if (keys.isEmpty()) {
            return NONE;
        }
        for (String key : new TreeMap<>(keys).keySet()) {
            if (!KNOWN.contains(key)) {
                throw new BucketUrlException(
                        "unknown key",
                        "key=" + PREFIX + key,
                        "nearest=" + PREFIX + NearestName.of(key, KNOWN));
            }
        }
        return new BucketSettings(
                s3(keys),
                azure(keys),
                file(keys, GCS_CREDENTIALS_FILE).map(Gcs::new),
                file(keys, CA_FILE),
                Optional.ofNullable(keys.get(PROXY)).map(BucketSettings::proxy),
                Optional.ofNullable(keys.get(STORAGE_CLASS)).map(BucketSettings::storageClass),
                new Rates(
                        number(keys, REQUESTS_PER_SECOND, REQUESTS_PER_SECOND_MAX),
                        number(keys, REQUESTS_IN_FLIGHT, REQUESTS_IN_FLIGHT_MAX),
                        number(keys, BYTES_PER_SECOND, BYTES_PER_SECOND_MAX)),
                prices(keys));
    }

    private static OptionalLong number(Map<String, String> keys, String key, long max) {
        @Nullable String text = keys.get(key);
        if (text == null) {
            return OptionalLong.empty();
        }
        try {
            long number = Long.parseLong(text);
            if (number >= 1 && number <= max) {
                return OptionalLong.of(number);
            }
        } catch (NumberFormatException e) {
            // Said below.
        }
        throw new BucketUrlException(
                "bad number",
                "key=" + PREFIX + key + ", value=" + text,
                "write a whole number from 1 to " + max);
    }

    private static Map<String, String> prices(Map<String, String> keys) {
        Map<String, String> prices = new HashMap<>(keys);
        prices.keySet().retainAll(StorePrices.KEYS);
        // Read where a price is needed; a wrong one is told at once.
        StorePrices.of("", prices);
        return prices;
    }

    private static Optional<S3> s3(Map<String, String> keys) {
        @Nullable String accessKey = keys.get(S3_ACCESS_KEY);
        @Nullable String secretKey = keys.get(S3_SECRET_KEY);
        @Nullable String token = keys.get(S3_SESSION_TOKEN);
        if (accessKey == null && secretKey == null && token == null) {
            return Optional.empty();
        }
        if (accessKey == null || secretKey == null) {
            throw new BucketUrlException(
                    "half of the credentials",
                    "missing=" + PREFIX + (accessKey == null ? S3_ACCESS_KEY : S3_SECRET_KEY),
                    "give both, or neither: then the SDK's own chain is asked");
        }
        return Optional.of(new S3(accessKey, secretKey, Optional.ofNullable(token)));
    }

    private static Optional<Azure> azure(Map<String, String> keys) {
        Optional<String> accountKey = Optional.ofNullable(keys.get(AZURE_ACCOUNT_KEY));
        Optional<String> sasToken = Optional.ofNullable(keys.get(AZURE_SAS_TOKEN));
        if (accountKey.isPresent() && sasToken.isPresent()) {
            throw new BucketUrlException(
                    "two credentials for one store",
                    "keys=" + PREFIX + AZURE_ACCOUNT_KEY + ", " + PREFIX + AZURE_SAS_TOKEN,
                    "give one of them, or neither: then the SDK's own chain is asked");
        }
        return accountKey.isEmpty() && sasToken.isEmpty()
                ? Optional.empty()
                : Optional.of(new Azure(accountKey, sasToken));
    }

    private static Optional<Path> file(Map<String, String> keys, String key) {
        @Nullable String name = keys.get(key);
        if (name == null) {
            return Optional.empty();
        }
        Path file = Path.of(name);
        if (!Files.isReadable(file)) {
            throw new BucketUrlException(
                    "no such file", "key=" + PREFIX + key + ", file=" + name, "is it readable?");
        }
        return Optional.of(file);
    }

    private static InetSocketAddress proxy(String text) {
        try {
            URI uri = new URI(text);
            boolean bare = uri.getRawUserInfo() == null && uri.getRawQuery() == null;
            if ("http".equals(uri.getScheme())
                    && uri.getHost() != null
                    && uri.getPort() > 0
                    && bare) {
                return InetSocketAddress.createUnresolved(uri.getHost(), uri.getPort());
            }
        } catch (URISyntaxException e) {
            // Said below.
        }
        throw new BucketUrlException(
                "bad proxy", "key=" + PREFIX + PROXY, "write http://HOST:PORT");
    }

    private static String storageClass(String text) {
        if (!CLASS.matcher(text).matches()) {
            throw new BucketUrlException(
                    "bad storage class",
                    "key=" + PREFIX + STORAGE_CLASS + ", value=" + text,
                    "write the store's name for it, as STANDARD_IA, Cool or NEARLINE");
        }
        return text;
    }
}
