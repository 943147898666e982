// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.data;

import io.varve.cli.shell.CommandFailure;
import java.time.Instant;
import java.time.format.DateTimeParseException;

/// Where a consumer begins.
sealed interface StartPosition {
    /// At the first offset that exists.
    record Earliest() implements StartPosition {}

    /// Behind the last record.
    record Latest() implements StartPosition {}

    /// At this offset, in every partition.
    record At(long offset) implements StartPosition {}

    /// At the first record of this time or later.
    record Since(Instant time) implements StartPosition {}

    static StartPosition parse(String text) throws CommandFailure {
        if (text.equals("earliest")) {
            return new Earliest();
        }
        if (text.equals("latest")) {
            return new Latest();
        }
        if (text.matches("[0-9]{1,18}")) {
            return new At(Long.parseLong(text));
        }
        try {
            return new Since(Instant.parse(text));
        } catch (DateTimeParseException e) {
            throw new CommandFailure(
                    "not a position: --from="
                            + text
                            + "; give an offset, a time such as 2026-01-31T12:00:00Z, earliest or latest",
                    e);
        }
    }
}
