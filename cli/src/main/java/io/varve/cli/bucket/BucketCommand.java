// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.bucket;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/// `varve bucket`
@Command(
        name = "bucket",
        description = "What a bucket holds; needs no cluster.",
        footer = {"", "Example:  varve bucket ls --bucket file:///var/lib/varve/bucket"},
        subcommands = {
            BucketLs.class,
            BucketShow.class,
            BucketCat.class,
            BucketTree.class,
            BucketDu.class,
            BucketVerifyAccess.class
        })
public final class BucketCommand implements Runnable {
    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Override
    public void run() {
        throw new CommandLine.ParameterException(spec.commandLine(), "a command is missing");
    }
}
