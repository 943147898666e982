// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore;

import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/// A URL `scheme://bucket/prefix?name=value&...` of a bucket that a service keeps, taken apart.
/// Which parameters there are is checked before ([ObjectStores#checkUrl]). Immutable.
///
/// @param form how such a URL is written, for messages
/// @param prefix empty, or parts of a key each followed by a slash
public record ServiceUrl(
        String scheme, String form, String bucket, String prefix, Map<String, String> parameters) {

    /// @param rest the URL behind `scheme:`
    /// @param names what a bucket may be called
    /// @throws BucketUrlException what is wrong and what to write, never a credential
    public static ServiceUrl parse(String scheme, String rest, Pattern names, String form) {
        int query = rest.indexOf('?');
        String path = query < 0 ? rest : rest.substring(0, query);
        if (!path.startsWith("//") || path.indexOf('#') >= 0 || path.indexOf('%') >= 0) {
            throw new BucketUrlException("bad bucket URL", "url=" + scheme + ":" + path, form);
        }
        int slash = path.indexOf('/', 2);
        String bucket = slash < 0 ? path.substring(2) : path.substring(2, slash);
        if (!names.matcher(bucket).matches()) {
            throw new BucketUrlException("bad name of a bucket", "bucket=" + bucket, form);
        }
        return new ServiceUrl(
                scheme,
                form,
                bucket,
                prefixOf(slash < 0 ? "" : path.substring(slash + 1)),
                query < 0 ? Map.of() : parametersOf(rest.substring(query + 1), form));
    }

    private static Map<String, String> parametersOf(String query, String form) {
        Map<String, String> parameters = new HashMap<>();
        for (String parameter : query.split("&", -1)) {
            String[] parts = parameter.split("=", 2);
            String value = parts.length < 2 ? "" : decode(parts[0], parts[1]);
            if (value.isEmpty()) {
                throw new BucketUrlException(
                        "parameter without a value", "parameter=" + parts[0], form);
            }
            if (parameters.put(parts[0], value) != null) {
                throw new BucketUrlException(
                        "parameter given twice", "parameter=" + parts[0], "give it once");
            }
        }
        return Map.copyOf(parameters);
    }

    private static String decode(String name, String value) {
        try {
            return URLDecoder.decode(value.replace("+", "%2B"), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            throw new BucketUrlException(
                    "bad escape in a value", "parameter=" + name, "write % as %25");
        }
    }

    private static String prefixOf(String text) {
        String prefix = text.endsWith("/") ? text.substring(0, text.length() - 1) : text;
        if (prefix.isEmpty()) {
            return "";
        }
        if (!ObjectKeys.isKey(prefix)) {
            throw new BucketUrlException(
                    "bad prefix in a bucket",
                    "prefix=" + text,
                    "write parts of printable ASCII, single slashes between them");
        }
        return prefix + "/";
    }

    /// A parameter as it stands.
    public Optional<String> text(String name) {
        return Optional.ofNullable(parameters.get(name));
    }

    /// A parameter that has to look like something.
    ///
    /// @param example what to write instead
    public Optional<String> text(String name, Pattern allowed, String example) {
        Optional<String> value = text(name);
        if (value.isPresent() && !allowed.matcher(value.get()).matches()) {
            throw new BucketUrlException(
                    "bad " + name,
                    name + "=" + value.get(),
                    "write one like " + name + "=" + example);
        }
        return value;
    }

    /// A parameter that is one of a few words.
    public Optional<String> choice(String name, List<String> words) {
        Optional<String> word = text(name);
        if (word.isPresent() && !words.contains(word.get())) {
            throw new BucketUrlException(
                    "bad value of a parameter",
                    "parameter=" + name + ", value=" + word.get(),
                    "write " + String.join(" or ", words));
        }
        return word;
    }

    /// The parameter `endpoint`: where requests go instead of to the service itself. Scheme, host
    /// and port.
    ///
    /// @param withPath whether it may have a path, as that of a store which names accounts there;
    ///   it then does not end with a slash
    public Optional<URI> endpoint(boolean withPath) {
        return text("endpoint").map(text -> endpoint(text, withPath));
    }

    private URI endpoint(String text, boolean withPath) {
        String remedy = "write endpoint=http://HOST:PORT or endpoint=https://HOST";
        try {
            URI uri = new URI(text);
            if (uri.getRawUserInfo() != null || text.contains("@")) {
                throw new BucketUrlException(
                        "credentials in a bucket URL",
                        "scheme=" + scheme + ", in=endpoint",
                        BucketUrl.CREDENTIALS_ELSEWHERE);
            }
            boolean web = "http".equals(uri.getScheme()) || "https".equals(uri.getScheme());
            String path = uri.getRawPath() == null ? "" : uri.getRawPath();
            path = path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
            boolean bare = uri.getRawQuery() == null && uri.getRawFragment() == null;
            if (!web || uri.getHost() == null || !(withPath || path.isEmpty()) || !bare) {
                throw new BucketUrlException("bad endpoint", "endpoint=" + text, remedy);
            }
            return new URI(uri.getScheme() + "://" + uri.getRawAuthority() + path);
        } catch (URISyntaxException e) {
            throw new BucketUrlException("bad endpoint", "reason=" + e.getReason(), remedy);
        }
    }

    /// A URL again.
    ///
    /// @param given the parameters that are not the default, in the order to be shown
    public String with(List<Map.Entry<String, String>> given) {
        StringBuilder url = new StringBuilder(scheme).append("://").append(bucket);
        if (!prefix.isEmpty()) {
            url.append('/').append(prefix, 0, prefix.length() - 1);
        }
        char separator = '?';
        for (Map.Entry<String, String> parameter : given) {
            url.append(separator).append(parameter.getKey()).append('=');
            url.append(parameter.getValue());
            separator = '&';
        }
        return url.toString();
    }
}
