// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.gcs;

import io.varve.objectstore.BucketUrlException;
import io.varve.objectstore.ServiceUrl;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// What a URL `gs://bucket/prefix?endpoint=URL` says. Immutable.
///
/// @param location bucket and prefix
/// @param endpoint null for Google's own
public record GcsAddress(ServiceUrl location, @Nullable URI endpoint) {
    /// As long as a name with dots may be.
    private static final Pattern BUCKET = Pattern.compile("[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]");

    private static final String GOOGLE = "https://storage.googleapis.com/";
    private static final String FORM =
            "write gs://BUCKET/PREFIX?endpoint=URL, all but the bucket optional; the names of buckets have small letters, digits and . _ -";

    /// @param rest the URL behind `gs:`
    /// @throws BucketUrlException what is wrong and what to write, never a credential
    public static GcsAddress parse(String rest) {
        ServiceUrl url = ServiceUrl.parse("gs", rest, BUCKET, FORM);
        return new GcsAddress(url, url.endpoint(false).orElse(null));
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
        return location.with(
                endpoint == null ? List.of() : List.of(Map.entry("endpoint", endpoint.toString())));
    }

    /// Where all requests go; ends with a slash.
    String root() {
        return endpoint == null ? GOOGLE : endpoint + "/";
    }

    /// Whether Google's own service is meant, and not what speaks like it.
    boolean isGoogle() {
        return endpoint == null
                || endpoint.getHost().equals("googleapis.com")
                || endpoint.getHost().endsWith(".googleapis.com");
    }

    /// Whether nobody on the way can read what is sent.
    boolean isEncrypted() {
        return endpoint == null || "https".equals(endpoint.getScheme());
    }

    /// Where requests go, for messages.
    String place() {
        return "bucket=" + bucket() + ", endpoint=" + (endpoint == null ? "google" : endpoint);
    }
}
