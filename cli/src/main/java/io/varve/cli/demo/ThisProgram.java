// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.demo;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// How to start this very program again, with the same Java.
final class ThisProgram {
    private static final List<String> JVM_FLAGS =
            List.of("--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow");

    private ThisProgram() {}

    /// A command line for these arguments.
    static List<String> command(String heap, String... arguments) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(JVM_FLAGS);
        command.add("-Xmx" + heap);
        command.add("-cp");
        command.add(System.getProperty("java.class.path"));
        command.add("io.varve.cli.Main");
        command.addAll(List.of(arguments));
        return command;
    }
}
