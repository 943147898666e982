// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.recover;

import picocli.CommandLine.Option;

/// The option that says what is recovered. It must be given: nobody restores a cluster by leaving
/// something out.
final class WholeCluster {
    @Option(
            names = "--cluster",
            required = true,
            description = "the whole cluster, as its next generation")
    private boolean cluster;

    /// What is recovered, in words.
    String named() {
        return cluster ? "the whole cluster" : "nothing";
    }
}
