// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.cold;

/// A record found by its time.
public record TimedOffset(long timestampMs, long offset, int leaderEpoch) {}
