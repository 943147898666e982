// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.s3;

import io.varve.objectstore.BucketUrlException;
import io.varve.objectstore.ServiceUrl;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// What a URL `s3://bucket/prefix?endpoint=URL&region=R&path-style=true&checksums=required` says.
/// Immutable.
///
/// @param location bucket and prefix
/// @param endpoint null for Amazon's own
/// @param region null for what the SDK's default chain finds
/// @param pathStyle whether the bucket stands in the path of a request instead of in its host
/// @param checksums what the store is asked to verify
public record S3Address(
        ServiceUrl location,
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
        ServiceUrl url = ServiceUrl.parse("s3", rest, BUCKET, FORM);
        Optional<URI> endpoint = url.endpoint(false);
        return new S3Address(
                url,
                endpoint.orElse(null),
                url.text("region", REGION, "eu-central-1").orElse(null),
                url.choice("path-style", List.of("true", "false"))
                        .map("true"::equals)
                        .orElse(endpoint.isPresent()),
                url.choice("checksums", List.of("required", "supported"))
                        .map(word ->
                                word.equals("required") ? Checksums.REQUIRED : Checksums.SUPPORTED)
                        .orElse(Checksums.SUPPORTED));
    }

    String bucket() {
        return location.bucket();
    }

    /// Empty, or parts of a key each followed by a slash.
    public String prefix() {
        return location.prefix();
    }

    /// The URL again, with what is not the default.
    public String url() {
        return location.with(notDefault());
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
                + bucket()
                + ", endpoint="
                + (endpoint == null ? "amazon" : endpoint)
                + (region == null ? "" : ", region=" + region);
    }
}
