// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.demo;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// How to start this very program again, with the same Java.
final class ThisProgram {
    private static final List<String> JVM_FLAGS =
            List.of("--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow");

    private ThisProgram() {}

    /// A command line for these arguments; with the start that the build recorded, where there is
    /// one beside the program (see bin/varve).
    static List<String> command(String heap, String... arguments) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(JVM_FLAGS);
        command.add("-Xmx" + heap);
        String classPath = System.getProperty("java.class.path");
        Path recorded = Path.of(classPath.replaceFirst("\\.jar$", ".aot"));
        if (Files.exists(recorded)) {
            command.addAll(List.of("-XX:AOTCache=" + recorded, "-Xlog:aot*=off", "-Xlog:cds=off"));
        }
        command.add("-cp");
        command.add(classPath);
        command.add("io.varve.cli.Main");
        command.addAll(List.of(arguments));
        return command;
    }
}
