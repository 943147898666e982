// SPDX-License-Identifier: Apache-2.0
/// What is wrong with a bucket: compares what its documents say with what is there. Reads only, and
/// may run beside a cluster that writes.
@NullMarked
package io.varve.recovery.audit;

import org.jspecify.annotations.NullMarked;
