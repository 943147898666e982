// SPDX-License-Identifier: Apache-2.0
/// `varve bucket`: what a bucket holds, with no cluster running.
@NullMarked
package io.varve.cli.bucket;

import org.jspecify.annotations.NullMarked;
