// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.recover;

import java.util.List;
import picocli.CommandLine.Option;

/// The options that say what is recovered. One must be given: nobody restores a cluster by leaving
/// something out.
final class RecoverScope {
    @Option(
            names = "--cluster",
            required = true,
            description = "the whole cluster, as its next generation")
    private boolean cluster;

    @Option(
            names = "--topic",
            required = true,
            arity = "1..*",
            description =
                    "these topics, alive or deleted, into a running cluster; NAME.ID says which of several lives",
            paramLabel = "NAME")
    private List<String> topics = List.of();

    /// The topics; none means the whole cluster.
    List<String> topics() {
        return List.copyOf(topics);
    }

    /// What is recovered, in words.
    String named() {
        return cluster ? "the whole cluster" : "topics " + topics;
    }
}
