// SPDX-License-Identifier: Apache-2.0
package io.varve.manifest.whole;

/// What became of a put-if-absent of something that is decided once: the first one counts, for
/// everybody.
public sealed interface PutOnce<T> {
    /// What is in the bucket now.
    T value();

    /// Ours is there (put now, or by an earlier attempt whose answer was lost).
    record Ours<T>(T value) implements PutOnce<T> {}

    /// Somebody else's is there and stays.
    record Theirs<T>(T value) implements PutOnce<T> {}
}
