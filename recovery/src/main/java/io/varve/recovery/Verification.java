// SPDX-License-Identifier: Apache-2.0
package io.varve.recovery;

import java.util.List;
import java.util.Locale;

/// What a comparison of a running cluster with the bucket came to. Immutable.
///
/// @param records compared, field by field
public record Verification(
        int generation, long partitions, long records, List<Mismatch> mismatches) {
    /// Where the cluster is not what the bucket says.
    ///
    /// @param subject topic, partition or group
    /// @param message the fact, with both values
    public record Mismatch(What what, String subject, String message) {}

    /// What does not match.
    public enum What {
        TOPIC,
        CONFIG,
        START_OFFSET,
        END_OFFSET,
        GROUP_OFFSET,
        RECORD,
        UNREADABLE;

        /// As in JSON: `group-offset`.
        public String label() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    public Verification {
        mismatches = List.copyOf(mismatches);
    }

    public boolean matches() {
        return mismatches.isEmpty();
    }
}
