// SPDX-License-Identifier: Apache-2.0
/// `varve audit`: what is wrong with a bucket.
@NullMarked
package io.varve.cli.audit;

import org.jspecify.annotations.NullMarked;
