// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore;

import java.util.Collection;

/// The one rule for keys, prefixes and the bounds of a request, the same for every backend.
public final class ObjectKeys {
    /// Most entries of one page of a listing.
    public static final int LIST_KEYS_MAX = 1_000;

    /// Most keys of one batch delete.
    public static final int DELETE_KEYS_MAX = 1_000;

    /// The one first part that no key may have: directories keep their unfinished files there.
    public static final String RESERVED_FIRST_PART = ".tmp";

    private static final int KEY_BYTES_MAX = 1_023;
    private static final int PART_BYTES_MAX = 254;

    private ObjectKeys() {}

    /// @return the key, when it is printable ASCII without spaces, at most 1,023 bytes, without
    ///   empty, `.` or `..` parts, each part at most 254 bytes, the first part not `.tmp`
    /// @throws IllegalArgumentException otherwise, naming the key and the rule
    public static String check(String key) {
        if (key.isEmpty() || key.length() > KEY_BYTES_MAX) {
            throw new IllegalArgumentException(
                    "bad key length: bytes=" + key.length() + ", limit=" + KEY_BYTES_MAX);
        }
        checkAscii(key);
        int start = 0;
        while (start <= key.length()) {
            int slash = key.indexOf('/', start);
            int end = slash < 0 ? key.length() : slash;
            String part = key.substring(start, end);
            if (!isPart(part)) {
                throw new IllegalArgumentException(
                        "bad part in key: key=" + key + ", part=" + part);
            }
            if (start == 0 && part.equals(RESERVED_FIRST_PART)) {
                throw new IllegalArgumentException(
                        "reserved first part in key: key=" + key + ", part=" + part);
            }
            start = end + 1;
        }
        return key;
    }

    /// Whether a key of a listing is one that [check] accepts. Buckets may hold foreign objects.
    public static boolean isKey(String key) {
        try {
            check(key);
            return true;
        } catch (IllegalArgumentException notAKey) {
            return false;
        }
    }

    /// Whether `part` may stand between two slashes of a key.
    public static boolean isPart(String part) {
        if (part.isEmpty()
                || part.equals(".")
                || part.equals("..")
                || part.length() > PART_BYTES_MAX) {
            return false;
        }
        return badCharacter(part) < 0 && part.indexOf('/') < 0;
    }

    /// @return the prefix, when it is printable ASCII (it may be empty or end anywhere) and its
    ///   complete parts are parts of a key
    public static String checkPrefix(String prefix) {
        checkAscii(prefix);
        int start = 0;
        for (int slash = prefix.indexOf('/'); slash >= 0; slash = prefix.indexOf('/', start)) {
            String part = prefix.substring(start, slash);
            if (!isPart(part)) {
                throw new IllegalArgumentException(
                        "bad part in prefix: prefix=" + prefix + ", part=" + part);
            }
            start = slash + 1;
        }
        return prefix;
    }

    /// Checks the arguments of [ObjectStore#list].
    ///
    /// @throws IllegalArgumentException when one is out of its bounds
    public static void checkListing(String prefix, String startAfter, int maxKeys) {
        checkPrefix(prefix);
        checkAscii(startAfter);
        if (maxKeys < 1 || maxKeys > LIST_KEYS_MAX) {
            throw new IllegalArgumentException(
                    "bad page size: maxKeys=" + maxKeys + ", limit=" + LIST_KEYS_MAX);
        }
    }

    /// Checks the argument of [ObjectStore#delete], all keys before the first is deleted.
    ///
    /// @throws IllegalArgumentException when there are too many, or one is bad
    public static void checkBatch(Collection<String> keys) {
        if (keys.size() > DELETE_KEYS_MAX) {
            throw new IllegalArgumentException(
                    "too many keys for one delete: keys="
                            + keys.size()
                            + ", limit="
                            + DELETE_KEYS_MAX);
        }
        keys.forEach(ObjectKeys::check);
    }

    private static void checkAscii(String key) {
        int position = badCharacter(key);
        if (position >= 0) {
            throw new IllegalArgumentException(
                    "key is not printable ASCII: key=" + key + ", position=" + position);
        }
    }

    private static int badCharacter(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c <= 0x20 || c >= 0x7f) {
                return i;
            }
        }
        return -1;
    }
}
