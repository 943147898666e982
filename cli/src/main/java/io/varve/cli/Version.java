// SPDX-License-Identifier: Apache-2.0
package io.varve.cli;

import picocli.CommandLine.IVersionProvider;

/// What this program is.
final class Version implements IVersionProvider {
    private static final String UNPACKED = "unpacked";

    /// The version in the jar's manifest.
    static String number() {
        String version = Version.class.getPackage().getImplementationVersion();
        return version == null ? UNPACKED : version;
    }

    @Override
    public String[] getVersion() {
        return new String[] {"varve " + number()};
    }
}
