// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.shell;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// How to start this very program again, with the same Java.
public final class ThisProgram {
    private ThisProgram() {}

    /// A command line for these arguments; with the start that the build recorded, where there is
    /// one beside the program.
    public static List<String> command(String heap, String... arguments) {
        String classPath = System.getProperty("java.class.path");
        List<String> command = java(heap);
        command.addAll(recordedStart(Path.of(classPath)));
        command.addAll(List.of("-cp", classPath, "io.varve.cli.Main"));
        command.addAll(List.of(arguments));
        return command;
    }

    /// The JVM, with the options that every start of the program has.
    public static List<String> java(String heap) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add("--enable-native-access=ALL-UNNAMED");
        command.add("--sun-misc-unsafe-memory-access=allow");
        command.add("-Xmx" + heap);
        return command;
    }

    /// Options for the start that the build recorded beside a jar (as bin/varve gives them); none
    /// where it recorded none.
    public static List<String> recordedStart(Path jar) {
        String name = jar.toString();
        Path recorded = Path.of(name.replaceFirst("\\.jar$", ".aot"));
        return name.endsWith(".jar") && Files.exists(recorded)
                ? List.of("-XX:AOTCache=" + recorded, "-Xlog:aot*=off", "-Xlog:cds=off")
                : List.of();
    }
}
