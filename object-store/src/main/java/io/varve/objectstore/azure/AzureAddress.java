// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.azure;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.varve.objectstore.BucketUrlException;
import io.varve.objectstore.ServiceUrl;
import java.net.URI;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// What a URL `azure://container/prefix?account=A&endpoint=URL` says. Immutable.
///
/// @param location container and prefix
/// @param account the storage account, which signs requests
/// @param endpoint null for Microsoft's own, `https://ACCOUNT.blob.core.windows.net`
public record AzureAddress(ServiceUrl location, String account, @Nullable URI endpoint) {
    private static final Pattern CONTAINER = Pattern.compile("(?=.{3,63}$)[a-z0-9](?:-?[a-z0-9])+");
    private static final Pattern ACCOUNT = Pattern.compile("[a-z0-9]{3,24}");
    private static final String FORM =
            "write azure://CONTAINER/PREFIX?account=ACCOUNT&endpoint=URL, prefix and endpoint optional, the container in 3 to 63 of a-z, 0-9 and -";
    private static final String UNRESERVED = "-._~/";

    /// @param rest the URL behind `azure:`
    /// @throws BucketUrlException what is wrong and what to write, never a credential
    public static AzureAddress parse(String rest) {
        ServiceUrl url = ServiceUrl.parse("azure", rest, CONTAINER, FORM);
        Optional<URI> endpoint = url.endpoint(true);
        Optional<String> account = url.text("account", ACCOUNT, "mystorage");
        if (account.isPresent()) {
            return new AzureAddress(url, account.get(), endpoint.orElse(null));
        }
        return new AzureAddress(
                url,
                endpoint.flatMap(AzureAddress::accountOf)
                        .orElseThrow(() ->
                                new BucketUrlException(
                                        "no storage account in a bucket URL",
                                        "container=" + url.bucket(),
                                        "add account=ACCOUNT, the name of the storage account")),
                endpoint.orElse(null));
    }

    /// The account that an endpoint names: in the last part of its path, as Azurite's, or before
    /// `.blob.` in its host.
    private static Optional<String> accountOf(URI endpoint) {
        String path = endpoint.getPath();
        String host = endpoint.getHost();
        int blob = host.indexOf(".blob.");
        String name =
                !path.isEmpty()
                        ? path.substring(path.lastIndexOf('/') + 1)
                        : blob < 0 ? "" : host.substring(0, blob);
        return Optional.of(name).filter(ACCOUNT.asMatchPredicate());
    }

    String container() {
        return location.bucket();
    }

    /// Empty, or parts of a key each followed by a slash.
    public String prefix() {
        return location.prefix();
    }

    /// The URL again, with what is not the default.
    public String url() {
        List<Map.Entry<String, String>> given = new ArrayList<>();
        if (endpoint == null || !accountOf(endpoint).equals(Optional.of(account))) {
            given.add(Map.entry("account", account));
        }
        if (endpoint != null) {
            given.add(Map.entry("endpoint", endpoint.toString()));
        }
        return location.with(given);
    }

    /// Where requests go: without a slash at its end.
    String serviceUrl() {
        return endpoint == null
                ? "https://" + account + ".blob.core.windows.net"
                : endpoint.toString();
    }

    /// Whether requests are sent in the clear.
    boolean isPlain() {
        return serviceUrl().startsWith("http:");
    }

    /// The container's own URL.
    String containerUrl() {
        return serviceUrl() + "/" + container();
    }

    /// An object's URL: all of its name but letters, digits and `-._~/` as `%XX`.
    String objectUrl(String key) {
        return containerUrl() + "/" + encode(BlobNames.of(key));
    }

    /// ASCII as it stands in the path or the query of a URL.
    static String encode(String text) {
        StringBuilder encoded = new StringBuilder(text.length() + 16);
        for (byte each : text.getBytes(US_ASCII)) {
            char c = (char) each;
            boolean plain =
                    (c >= 'a' && c <= 'z')
                            || (c >= 'A' && c <= 'Z')
                            || (c >= '0' && c <= '9')
                            || UNRESERVED.indexOf(c) >= 0;
            if (plain) {
                encoded.append(c);
            } else {
                encoded.append('%').append(HexFormat.of().withUpperCase().toHexDigits(each));
            }
        }
        return encoded.toString();
    }

    /// Where requests go, for messages.
    String place() {
        return "container=" + container() + ", account=" + account + ", endpoint=" + serviceUrl();
    }
}
