// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.recover;

import io.varve.cli.shell.CommandFailure;
import io.varve.recovery.RecoveryOptions;
import picocli.CommandLine.Option;

/// The option that leaves offsets unused behind each restored end.
final class OffsetGap {
    @Option(
            names = "--offset-gap",
            description =
                    "new records start so many offsets above each restored end, so that no offset of what was lost is used again",
            paramLabel = "N")
    private long offsets;

    long offsets() throws CommandFailure {
        if (offsets < 0 || offsets > RecoveryOptions.OFFSET_GAP_MAX) {
            throw new CommandFailure(
                    "not a gap: --offset-gap="
                            + offsets
                            + "; give 0 to "
                            + RecoveryOptions.OFFSET_GAP_MAX);
        }
        return offsets;
    }
}
