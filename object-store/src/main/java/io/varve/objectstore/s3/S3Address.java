// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.s3;

import io.varve.objectstore.BucketUrlException;
import io.varve.objectstore.ObjectKeys;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// What a URL `s3://bucket/prefix?endpoint=URL&region=R&path-style=true&checksums=required` says.
/// Immutable.
///
/// @param prefix empty, or parts of a key each followed by a slash
/// @param endpoint null for Amazon's own
/// @param region null for what the SDK's default chain finds
/// @param pathStyle whether the bucket stands in the path of a request instead of in its host
/// @param checksums what the store is asked to verify
public record S3Address(
        String bucket,
        String prefix,
        @Nullable URI endpoint,
        @Nullable String region,
        boolean pathStyle,
        Checksums checksums) {
    private static final Pattern BUCKET = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{1,62}");
    private static final Pattern REGION = Pattern.compile("[a-z0-9-]{1,64}");
    private static final String FORM =
            "write s3://BUCKET/PREFIX?endpoint=URL&region=R&path-style=true&checksums=required, all but the bucket optional";

    /// What is sent for the store to check.
    public enum Checksums {
        /// The CRC32C of each put: the store refuses what the network has changed.
        SUPPORTED,
        /// Only what the protocol demands; for servers that refuse or mangle checksums.
        REQUIRED
    }

    /// @param rest the URL behind `s3:`
    /// @throws BucketUrlException what is wrong and what to write, never a credential
    public static S3Address parse(String rest) {
        int query = rest.indexOf('?');
        Map<String, String> parameters =
                query < 0 ? Map.of() : parameters(rest.substring(query + 1));
        String path = query < 0 ? rest : rest.substring(0, query);
        if (!path.startsWith("//") || path.indexOf('#') >= 0 || path.indexOf('%') >= 0) {
            throw bad("bad bucket URL", "url=s3:" + path, FORM);
        }
        int slash = path.indexOf('/', 2);
        String bucket = slash < 0 ? path.substring(2) : path.substring(2, slash);
        if (!BUCKET.matcher(bucket).matches()) {
            throw bad("bad name of a bucket", "bucket=" + bucket, FORM);
        }
        @Nullable URI endpoint = endpoint(parameters.get("endpoint"));
        return new S3Address(
                bucket,
                prefix(slash < 0 ? "" : path.substring(slash + 1)),
                endpoint,
                region(parameters.get("region")),
                choice(parameters, "path-style", List.of("true", "false"))
                        .map("true"::equals)
                        .orElse(endpoint != null),
                choice(parameters, "checksums", List.of("required", "supported"))
                        .map(word ->
                                word.equals("required") ? Checksums.REQUIRED : Checksums.SUPPORTED)
                        .orElse(Checksums.SUPPORTED));
    }

    private static Map<String, String> parameters(String query) {
        Map<String, String> parameters = new HashMap<>();
        for (String parameter : query.split("&", -1)) {
            String[] parts = parameter.split("=", 2);
            String value = parts.length < 2 ? "" : decode(parts[0], parts[1]);
            if (value.isEmpty()) {
                throw bad("parameter without a value", "parameter=" + parts[0], FORM);
            }
            if (parameters.put(parts[0], value) != null) {
                throw bad("parameter given twice", "parameter=" + parts[0], "give it once");
            }
        }
        return parameters;
    }

    private static String decode(String name, String value) {
        try {
            return URLDecoder.decode(value.replace("+", "%2B"), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            throw bad("bad %XX in a value", "parameter=" + name, "write % as %25");
        }
    }

    private static String prefix(String text) {
        String prefix = text.endsWith("/") ? text.substring(0, text.length() - 1) : text;
        if (prefix.isEmpty()) {
            return "";
        }
        if (!ObjectKeys.isKey(prefix)) {
            throw bad(
                    "bad prefix in a bucket",
                    "prefix=" + text,
                    "write parts of printable ASCII, single slashes between them");
        }
        return prefix + "/";
    }

    private static @Nullable URI endpoint(@Nullable String text) {
        if (text == null) {
            return null;
        }
        String remedy = "write endpoint=http://HOST:PORT or endpoint=https://HOST";
        try {
            URI uri = new URI(text);
            if (uri.getRawUserInfo() != null || text.contains("@")) {
                throw bad(
                        "credentials in a bucket URL",
                        "scheme=s3, in=endpoint",
                        "leave them to the SDK's own chain, as AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY");
            }
            boolean web = "http".equals(uri.getScheme()) || "https".equals(uri.getScheme());
            String path = uri.getRawPath() == null ? "" : uri.getRawPath();
            boolean bare = uri.getRawQuery() == null && uri.getRawFragment() == null;
            if (!web || uri.getHost() == null || !(path.isEmpty() || path.equals("/")) || !bare) {
                throw bad("bad endpoint", "endpoint=" + text, remedy);
            }
            return new URI(uri.getScheme() + "://" + uri.getRawAuthority());
        } catch (URISyntaxException e) {
            throw bad("bad endpoint", "reason=" + e.getReason(), remedy);
        }
    }

    private static @Nullable String region(@Nullable String text) {
        if (text != null && !REGION.matcher(text).matches()) {
            throw bad("bad region", "region=" + text, "write one like region=eu-central-1");
        }
        return text;
    }

    private static Optional<String> choice(
            Map<String, String> parameters, String name, List<String> words) {
        String word = parameters.get(name);
        if (word != null && !words.contains(word)) {
            throw bad(
                    "bad value of a parameter",
                    "parameter=" + name + ", value=" + word,
                    "write " + String.join(" or ", words));
        }
        return Optional.ofNullable(word);
    }

    private static BucketUrlException bad(String fact, String values, String remedy) {
        return new BucketUrlException(fact, values, remedy);
    }

    /// The URL again, with what is not the default.
    public String url() {
        StringBuilder url = new StringBuilder("s3://").append(bucket);
        if (!prefix.isEmpty()) {
            url.append('/').append(prefix, 0, prefix.length() - 1);
        }
        char separator = '?';
        for (Map.Entry<String, String> parameter : notDefault()) {
            url.append(separator).append(parameter.getKey()).append('=');
            url.append(parameter.getValue());
            separator = '&';
        }
        return url.toString();
    }

    private List<Map.Entry<String, String>> notDefault() {
        List<Map.Entry<String, String>> given = new ArrayList<>();
        if (endpoint != null) {
            given.add(Map.entry("endpoint", endpoint.toString()));
        }
        if (region != null) {
            given.add(Map.entry("region", region));
        }
        if (pathStyle != (endpoint != null)) {
            given.add(Map.entry("path-style", Boolean.toString(pathStyle)));
        }
        if (checksums == Checksums.REQUIRED) {
            given.add(Map.entry("checksums", "required"));
        }
        return given;
    }

    /// Whether Amazon's own service is meant, and not what speaks like it.
    boolean isAmazon() {
        return endpoint == null
                || endpoint.getHost().endsWith(".amazonaws.com")
                || endpoint.getHost().endsWith(".amazonaws.com.cn");
    }

    /// Where requests go, for messages.
    String place() {
        return "bucket="
                + bucket
                + ", endpoint="
                + (endpoint == null ? "amazon" : endpoint)
                + (region == null ? "" : ", region=" + region);
    }
}
