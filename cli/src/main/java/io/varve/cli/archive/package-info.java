// SPDX-License-Identifier: Apache-2.0
/// `varve archive`: how far the bucket is behind, and making it catch up.
@NullMarked
package io.varve.cli.archive;

import org.jspecify.annotations.NullMarked;
