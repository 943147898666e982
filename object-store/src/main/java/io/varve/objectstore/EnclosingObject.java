// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore;

/// A small object in a folder around the part of a bucket that a store serves
/// ([ObjectStore#enclosing]). Immutable by convention: nobody changes `content`.
///
/// @param place of the folder, for messages, as `prefix=team/` or `directory=/srv/bucket`
public record EnclosingObject(String place, byte[] content) {
    /// Larger ones are not read.
    public static final int BYTES_MAX = 64 << 10;

    /// How many folders are looked at, from the nearest outwards.
    public static final int FOLDERS_MAX = 32;
}
