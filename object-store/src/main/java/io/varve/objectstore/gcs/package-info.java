// SPDX-License-Identifier: Apache-2.0

/// Buckets of Google Cloud Storage. The only package that knows Google's SDK.
@NullMarked
package io.varve.objectstore.gcs;

import org.jspecify.annotations.NullMarked;
