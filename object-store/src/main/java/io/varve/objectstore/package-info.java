// SPDX-License-Identifier: Apache-2.0
/// The seam to a bucket: put, get, head, list and delete immutable bytes under keys. Knows nothing
/// of Kafka or packs.
@NullMarked
package io.varve.objectstore;

import org.jspecify.annotations.NullMarked;
