// SPDX-License-Identifier: Apache-2.0
/// From a bucket to a plan, and from a plan to a new generation. Everything comes from the bucket;
/// no broker is asked.
@NullMarked
package io.varve.recovery;

import org.jspecify.annotations.NullMarked;
