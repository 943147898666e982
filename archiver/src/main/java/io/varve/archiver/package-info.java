// SPDX-License-Identifier: Apache-2.0
/// Hot tier to bucket: journals, segments, checkpoints, retention, collection. Sees the hot tier
/// through ports; knows neither Raft nor Netty nor Kafka's requests.
@NullMarked
package io.varve.archiver;

import org.jspecify.annotations.NullMarked;
