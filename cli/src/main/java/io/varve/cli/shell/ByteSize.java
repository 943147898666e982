// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.shell;

import java.util.Locale;

/// Numbers of bytes for people. Stateless.
public final class ByteSize {
    private static final String[] UNITS = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};

    private ByteSize() {}

    /// As `512 B` or `1.5 GiB`.
    public static String text(long bytes) {
        double size = bytes;
        int unit = 0;
        while (size >= 1024 && unit < UNITS.length - 1) {
            size /= 1024;
            unit++;
        }
        return unit == 0 ? bytes + " B" : String.format(Locale.ROOT, "%.1f %s", size, UNITS[unit]);
    }
}
