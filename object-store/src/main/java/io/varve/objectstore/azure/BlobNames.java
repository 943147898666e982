// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.azure;

import java.util.Optional;

/// What objects are called in a container. A key is its own name, but for the backslash, which the
/// service takes for a slash: it is written as `[~`, and so that this can be told, the bracket as
/// `[!`. Names are then in the order of their keys, and what begins with a part of a key begins
/// with its name.
///
/// ```
/// key   a/b   a[b    a\b
/// name  a/b   a[!b   a[~b
/// ```
final class BlobNames {
    private static final char ESCAPE = '[';
    private static final String BRACKET = "[!";
    private static final String BACKSLASH = "[~";

    private BlobNames() {}

    /// @param key one, or the beginning of one
    static String of(String key) {
        // The bracket first: the other one is written with it.
        return key.indexOf(ESCAPE) < 0 && key.indexOf('\\') < 0
                ? key
                : key.replace("[", BRACKET).replace("\\", BACKSLASH);
    }

    /// The key that has this name; empty where no key has.
    static Optional<String> keyOf(String name) {
        if (name.indexOf(ESCAPE) < 0) {
            return name.indexOf('\\') < 0 ? Optional.of(name) : Optional.empty();
        }
        StringBuilder key = new StringBuilder(name.length());
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            if (c != ESCAPE) {
                key.append(c);
            } else if (name.startsWith(BRACKET, i)) {
                key.append('[');
                i++;
            } else if (name.startsWith(BACKSLASH, i)) {
                key.append('\\');
                i++;
            } else {
                return Optional.empty();
            }
        }
        return Optional.of(key.toString());
    }
}
