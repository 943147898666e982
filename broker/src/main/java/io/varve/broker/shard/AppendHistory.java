// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.shard;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;

/// When which offsets of a partition were appended, by the leader's time, and how many bytes came
/// before: one sample a second at most, and thinned out beyond a bound, so it answers to the second
/// while little waits for the archive and more coarsely when much does. Starts empty with the
/// process. Not thread-safe: guarded by its owner's lock.
final class AppendHistory {
    static final int SAMPLES_MAX = 1_024;
    private static final long SAMPLE_MS = 1_000;

    private record Sample(long baseOffset, long timeMs, long bytesBefore) {}

    private final List<Sample> samples = new ArrayList<>();
    private long bytes;

    void appended(long baseOffset, long timeMs, long length) {
        if (samples.isEmpty() || timeMs - samples.getLast().timeMs() >= SAMPLE_MS) {
            if (samples.size() == SAMPLES_MAX) {
                thinOut();
            }
            samples.add(new Sample(baseOffset, timeMs, bytes));
        }
        bytes += length;
    }

    private void thinOut() {
        List<Sample> kept = new ArrayList<>();
        for (int i = 0; i < samples.size(); i += 2) {
            kept.add(samples.get(i));
        }
        samples.clear();
        samples.addAll(kept);
    }

    /// Nobody asks below this offset any more.
    void forgetBelow(long offset) {
        while (samples.size() > 1 && samples.get(1).baseOffset() <= offset) {
            samples.removeFirst();
        }
    }

    /// The time at which the record at `offset` was appended, not later than it was by more than a
    /// sample.
    OptionalLong timeOf(long offset) {
        return samples.isEmpty()
                ? OptionalLong.empty()
                : OptionalLong.of(sampleOf(offset).timeMs());
    }

    /// Bytes appended since `offset`, a sample's bytes too many at most.
    long bytesSince(long offset) {
        return samples.isEmpty() ? 0 : bytes - sampleOf(offset).bytesBefore();
    }

    private Sample sampleOf(long offset) {
        Sample found = samples.getFirst();
        for (Sample sample : samples) {
            if (sample.baseOffset() > offset) {
                break;
            }
            found = sample;
        }
        return found;
    }
}
