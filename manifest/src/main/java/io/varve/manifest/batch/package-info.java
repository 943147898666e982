// SPDX-License-Identifier: Apache-2.0
/// Reading Kafka record batches (magic 2). The one place that knows their layout.
@NullMarked
package io.varve.manifest.batch;

import org.jspecify.annotations.NullMarked;
