// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.simulation;

import java.util.EnumMap;
import java.util.Map;

/// How often what came about, so that a simulation in which nothing happens is noticed. Owner: the
/// test.
final class Tally {
    private final Map<What, Long> counts = new EnumMap<>(What.class);

    /// What is worth to have happened.
    enum What {
        ACKNOWLEDGED,
        ANSWERED_AS_REPEATED,
        FRAMES_OF_AN_EARLIER_LEADERSHIP,
        ENTRIES_TRUNCATED,
        ARCHIVER_STEPS_OF_A_CUT_OFF_LEADER,
        POWER_CUTS,
        RESTARTS_BEHIND_A_FLOOR,
        CHECKPOINTS_INSTALLED,
        LOG_PURGES,
        FILES_FREED,
        READ_FROM_THE_BUCKET_ONLY,
        READ_FROM_LOCAL_DISK,
        RESTORES
    }

    void count(What what, long times) {
        counts.merge(what, times, Long::sum);
    }

    long of(What what) {
        return counts.getOrDefault(what, 0L);
    }

    @Override
    public String toString() {
        return counts.toString();
    }
}
