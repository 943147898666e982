// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.server;

import picocli.CommandLine.Model.CommandSpec;

/// The version that the root command tells.
final class ProductVersion {
    private static final String NAME = "varve ";

    private ProductVersion() {}

    static String of(CommandSpec spec) {
        String[] lines = spec.root().version();
        return lines.length == 0 ? "unknown" : lines[0].replaceFirst("^" + NAME, "");
    }
}
