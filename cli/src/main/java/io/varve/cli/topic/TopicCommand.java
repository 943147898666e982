// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.topic;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/// `varve topic`
@Command(
        name = "topic",
        description = "Topics of a running cluster.",
        footer = {"", "Example:  varve topic create orders --partitions 3"},
        subcommands = {
            TopicCreate.class,
            TopicList.class,
            TopicDescribe.class,
            TopicAlter.class,
            TopicDelete.class,
            TopicStorageCommand.class
        })
public final class TopicCommand implements Runnable {
    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Override
    public void run() {
        throw new CommandLine.ParameterException(spec.commandLine(), "a command is missing");
    }
}
