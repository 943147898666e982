// SPDX-License-Identifier: Apache-2.0

/// Buckets of S3 and of what speaks like it. The only package that knows Amazon's SDK.
@NullMarked
package io.varve.objectstore.s3;

import org.jspecify.annotations.NullMarked;
