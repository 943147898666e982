// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore;

import io.varve.objectstore.azure.AzureAddress;
import io.varve.objectstore.gcs.GcsAddress;
import io.varve.objectstore.s3.S3Address;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;

/// A bucket URL taken apart and checked. Only schemes that this version serves become one; [#parse]
/// tells for all others what to do. Immutable.
sealed interface BucketUrl {
    /// `file:///dir`: the directory is the bucket.
    record OfDirectory(Path directory) implements BucketUrl {}

    /// `mem:` (a bucket of its own at each opening, name empty), `mem:name` (the same bucket for
    /// the same name within this process), `mem:name/prefix`. `prefix` is empty or ends with a
    /// slash.
    record OfMemory(String name, String prefix) implements BucketUrl {}

    /// `s3://bucket/prefix`.
    record OfS3(S3Address address) implements BucketUrl {}

    /// `azure://container/prefix`.
    record OfAzure(AzureAddress address) implements BucketUrl {}

    /// `gs://bucket/prefix`.
    record OfGcs(GcsAddress address) implements BucketUrl {}

    Pattern SCHEME = Pattern.compile("[A-Za-z][A-Za-z0-9+.-]*");
    Pattern MEMORY_NAME = Pattern.compile("[A-Za-z0-9._-]*");
    Pattern SECRET =
            Pattern.compile(
                    "key|secret|token|passw|credential|signature|^sig$|^user",
                    Pattern.CASE_INSENSITIVE);

    /// Schemes of bucket URLs, and the parameters that each takes.
    Map<String, List<String>> PARAMETERS =
            Map.of(
                    "file", List.of(),
                    "mem", List.of(),
                    "s3", List.of("endpoint", "region", "path-style", "checksums"),
                    "azure", List.of("account", "endpoint"),
                    "gs", List.of("endpoint"));

    /// What to do instead of writing credentials into a URL.
    String CREDENTIALS_ELSEWHERE =
            "leave them to the store's own chain, as AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY for s3:";

    /// @throws BucketUrlException the URL is wrong or carries credentials
    static BucketUrl parse(String url) {
        int colon = url.indexOf(':');
        boolean hasScheme = colon >= 0 && SCHEME.matcher(url.substring(0, colon)).matches();
        String scheme = hasScheme ? url.substring(0, colon) : "";
        String rest = hasScheme ? url.substring(colon + 1) : url;
        refuseCredentials(PARAMETERS.containsKey(scheme) ? scheme : "unknown", rest);
        if (!hasScheme) {
            throw new BucketUrlException(
                    "bucket URL without a scheme",
                    "url=" + url,
                    "a directory is written as file:///DIRECTORY");
        }
        if (!PARAMETERS.containsKey(scheme)) {
            throw new BucketUrlException(
                    "unknown scheme of a bucket URL",
                    "scheme=" + scheme,
                    "did you mean " + nearest(scheme) + ":?");
        }
        checkParameters(scheme, rest);
        return switch (scheme) {
            case "file" -> directory(url, rest);
            case "mem" -> memory(url, rest);
            case "s3" -> new OfS3(S3Address.parse(rest));
            case "azure" -> new OfAzure(AzureAddress.parse(rest));
            case "gs" -> new OfGcs(GcsAddress.parse(rest));
            default -> throw new IllegalStateException("scheme without a parser: " + scheme);
        };
    }

    private static BucketUrl directory(String url, String rest) {
        String remedy = "write file:///DIRECTORY with an absolute path, special characters as %XX";
        try {
            URI uri = new URI(url);
            String host = Objects.requireNonNullElse(uri.getAuthority(), "");
            if (uri.isOpaque() || !(host.isEmpty() || host.equals("localhost"))) {
                throw new BucketUrlException("directory is not absolute", "url=" + url, remedy);
            }
            if (uri.getRawFragment() != null || uri.getPath().indexOf('\0') >= 0) {
                throw new BucketUrlException(
                        "directory with a bad character", "url=file:" + rest, remedy);
            }
            return new OfDirectory(Path.of(uri.getPath()));
        } catch (URISyntaxException e) {
            throw new BucketUrlException(
                    "bad directory", "url=" + url + ", reason=" + e.getReason(), remedy);
        }
    }

    private static BucketUrl memory(String url, String rest) {
        int slash = rest.indexOf('/');
        String name = slash < 0 ? rest : rest.substring(0, slash);
        String prefix = slash < 0 ? "" : stripSlash(rest.substring(slash + 1));
        boolean badPrefix = !prefix.isEmpty() && !ObjectKeys.isKey(prefix);
        if (!MEMORY_NAME.matcher(name).matches() || (name.isEmpty() && slash >= 0) || badPrefix) {
            throw new BucketUrlException(
                    "bad name of a bucket in memory",
                    "url=" + url,
                    "write mem:, mem:NAME or mem:NAME/PREFIX");
        }
        return new OfMemory(name, prefix.isEmpty() ? "" : prefix + "/");
    }

    private static String stripSlash(String text) {
        return text.endsWith("/") ? text.substring(0, text.length() - 1) : text;
    }

    /// Says only where the credential stands: neither it nor what may be a part of it is printed.
    private static void refuseCredentials(String scheme, String rest) {
        String remedy = CREDENTIALS_ELSEWHERE;
        int slashes = rest.startsWith("//") ? 2 : 0;
        String beforeQuery = rest.split("[?#]", 2)[0];
        int pathStart = beforeQuery.indexOf('/', slashes);
        String authority =
                beforeQuery.substring(
                        slashes,
                        Math.max(slashes, pathStart < 0 ? beforeQuery.length() : pathStart));
        if (authority.contains("@")) {
            throw new BucketUrlException(
                    "credentials in a bucket URL", "scheme=" + scheme + ", before=@", remedy);
        }
        for (String name : parameterNames(rest)) {
            if (SECRET.matcher(name).find()) {
                throw new BucketUrlException(
                        "credentials in a bucket URL",
                        "scheme=" + scheme + ", parameter=" + name,
                        remedy);
            }
        }
        if (rest.indexOf('?') >= 0 && rest.indexOf('@', rest.indexOf('?')) >= 0) {
            throw new BucketUrlException(
                    "credentials in a bucket URL", "scheme=" + scheme + ", in=endpoint", remedy);
        }
    }

    private static void checkParameters(String scheme, String rest) {
        List<String> known = Objects.requireNonNullElse(PARAMETERS.get(scheme), List.of());
        for (String name : parameterNames(rest)) {
            if (!known.contains(name)) {
                String remedy =
                        known.isEmpty()
                                ? scheme + ": takes no parameters"
                                : "did you mean " + NearestName.of(name, known) + "?";
                throw new BucketUrlException(
                        "unknown parameter of a bucket URL",
                        "scheme=" + scheme + ", parameter=" + name,
                        remedy);
            }
        }
    }

    private static List<String> parameterNames(String rest) {
        List<String> names = new ArrayList<>();
        int query = rest.indexOf('?');
        if (query >= 0) {
            for (String parameter : rest.substring(query + 1).split("&", -1)) {
                names.add(parameter.split("=", 2)[0]);
            }
        }
        return names;
    }

    private static String nearest(String scheme) {
        return switch (scheme.toLowerCase(Locale.ROOT)) {
            case "http", "https" -> "s3";
            case "gcs", "google" -> "gs";
            case "abfs", "abfss", "wasb", "wasbs", "az", "azblob" -> "azure";
            default -> NearestName.of(scheme.toLowerCase(Locale.ROOT), PARAMETERS.keySet());
        };
    }
}
