// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore;

/// The one rule for keys, the same for every backend.
public final class ObjectKeys {
    private static final int KEY_BYTES_MAX = 1_023;
    private static final int PART_BYTES_MAX = 254;

    private ObjectKeys() {}

    /// @return the key, when it is printable ASCII, at most 1,023 bytes, without empty, `.` or `..` parts, each part at
    ///     most 254 bytes
    /// @throws IllegalArgumentException otherwise, naming the key and the rule
    public static String check(String key) {
        if (key.isEmpty() || key.length() > KEY_BYTES_MAX) {
            throw new IllegalArgumentException("bad key length: bytes=" + key.length() + ", limit=" + KEY_BYTES_MAX);
        }
        for (String part : key.split("/", -1)) {
            if (part.isEmpty() || part.equals(".") || part.equals("..") || part.length() > PART_BYTES_MAX) {
                throw new IllegalArgumentException("bad part in key: key=" + key + ", part=" + part);
            }
        }
        checkAscii(key);
        return key;
    }

    /// @return the prefix, when it is printable ASCII (it may be empty or end anywhere)
    public static String checkPrefix(String prefix) {
        checkAscii(prefix);
        if (prefix.startsWith("/") || prefix.contains("//")) {
            throw new IllegalArgumentException("bad prefix, empty part: prefix=" + prefix);
        }
        return prefix;
    }

    private static void checkAscii(String key) {
        for (int i = 0; i < key.length(); i++) {
            char c = key.charAt(i);
            if (c <= 0x20 || c >= 0x7f) {
                throw new IllegalArgumentException("key is not printable ASCII: key=" + key + ", position=" + i);
            }
        }
    }
}
