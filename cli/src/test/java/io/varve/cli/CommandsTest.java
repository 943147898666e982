// SPDX-License-Identifier: Apache-2.0
package io.varve.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import picocli.CommandLine;

/// What every command has, whatever it does: found by walking the tree of commands, so that a new
/// one cannot be forgotten.
class CommandsTest {
    private static List<CommandLine> all() {
        List<CommandLine> all = new ArrayList<>();
        collect(Main.commandLine(), all);
        return all;
    }

    private static void collect(CommandLine command, List<CommandLine> all) {
        all.add(command);
        command.getSubcommands().values().forEach(sub -> collect(sub, all));
    }

    private static Stream<CommandLine> leaves() {
        return all().stream()
                .filter(command -> command.getSubcommands().isEmpty())
                .filter(command -> !command.getCommandSpec().usageMessage().hidden());
    }

    private static String[] words(CommandLine command, String... more) {
        String[] name = command.getCommandSpec().qualifiedName().split(" ");
        return Stream.concat(Arrays.stream(name).skip(1), Arrays.stream(more))
                .toArray(String[]::new);
    }

    @TestFactory
    Stream<DynamicTest> helpHasAnExampleAndEndsWell() {
        return all().stream()
                .map(command ->
                        DynamicTest.dynamicTest(
                                command.getCommandSpec().qualifiedName(),
                                () -> {
                                    Run help = Run.of(words(command, "--help"));

                                    assertThat(help.exitCode()).isZero();
                                    assertThat(help.err()).isEmpty();
                                    assertThat(help.out())
                                            .contains(
                                                    "Usage: "
                                                            + command.getCommandSpec()
                                                                    .qualifiedName())
                                            .containsPattern("(Example|Start here):\\s+.*varve ");
                                }));
    }

    @TestFactory
    Stream<DynamicTest> anUnknownOptionIsOneLineThatNamesTheHelp() {
        return all().stream()
                .map(command ->
                        DynamicTest.dynamicTest(
                                command.getCommandSpec().qualifiedName(),
                                () -> {
                                    Run run = Run.of(words(command, "--no-such-option"));

                                    assertThat(run.exitCode()).isEqualTo(2);
                                    assertThat(run.out()).isEmpty();
                                    assertThat(run.err().lines()).hasSize(1);
                                    assertThat(run.err())
                                            .startsWith(
                                                    command.getCommandSpec().qualifiedName() + ": ")
                                            .contains(
                                                    "see "
                                                            + command.getCommandSpec()
                                                                    .qualifiedName()
                                                            + " --help");
                                }));
    }

    @TestFactory
    Stream<DynamicTest> everyCommandTakesTextAndJson() {
        return leaves().map(command ->
                DynamicTest.dynamicTest(
                        command.getCommandSpec().qualifiedName(),
                        () ->
                                assertThat(
                                                command.getCommandSpec()
                                                        .findOption("--output")
                                                        .completionCandidates())
                                        .containsExactly("text", "json")));
    }

    @TestFactory
    Stream<DynamicTest> everyCommandsJsonHasASchema() {
        return leaves().map(command -> String.join("-", words(command)))
                .map(name ->
                        DynamicTest.dynamicTest(
                                name,
                                () ->
                                        assertThat(
                                                        Main.class.getResource(
                                                                "/schema/" + name + ".json"))
                                                .isNotNull()));
    }

    @Test
    void noCommandAtAllIsWrongUse() {
        Run run = Run.of();

        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err())
                .isEqualToIgnoringNewLines("varve: a command is missing; see varve --help");
    }

    @Test
    void aMisspeltCommandIsGuessed() {
        Run run = Run.of("tpoic", "list");

        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err().lines()).hasSize(1);
        assertThat(run.err()).contains("did you mean").contains("topic");
    }
}
