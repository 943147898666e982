// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore;

import java.nio.ByteBuffer;

/// The answer to a ranged get: the bytes, where they start in the object, and how large the whole
/// object is. The buffer belongs to the caller, position 0, limit at its end.
public record ObjectSlice(ByteBuffer bytes, long position, long objectBytes) {}
