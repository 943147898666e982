// SPDX-License-Identifier: Apache-2.0
/// Reads from the bucket: which object holds an offset (manifests, journals), and its chunks by one
/// disk cache. Knows nothing of Kafka's requests.
@NullMarked
package io.varve.broker.cold;

import org.jspecify.annotations.NullMarked;
