// SPDX-License-Identifier: Apache-2.0
/// What is known of one partition besides its records: ends, epochs, producers, transactions; and
/// how batches change it.
@NullMarked
package io.varve.manifest.state;

import org.jspecify.annotations.NullMarked;
