// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.faults;

import io.varve.cli.faults.client.Errors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// `bin/fault-test`: runs scenarios and says how they ended. Exit codes: 0 all passed, 1 one did
/// not, 2 could not be run.
public final class FaultTest {
    private static final int FAILED = 1;
    private static final int NOT_RUN = 2;
    private static final Path FOLDER = Path.of("target", "faults").toAbsolutePath();

    private FaultTest() {}

    /// What was asked for.
    private static final class Asked {
        private final List<Scenario> scenarios = new ArrayList<>();
        private final List<Long> seeds = new ArrayList<>();
        private int brokers = 3;
        private Optional<Path> results = Optional.empty();
        private boolean list;
    }

    public static void main(String[] arguments) throws Exception {
        Asked asked;
        try {
            asked = parse(arguments);
        } catch (IllegalArgumentException e) {
            System.err.println("fault-test: " + e.getMessage());
            System.exit(NOT_RUN);
            return;
        }
        System.exit(asked.list ? list() : run(asked));
    }

    private static Asked parse(String[] arguments) {
        Asked asked = new Asked();
        for (int i = 0; i < arguments.length; i++) {
            String argument = arguments[i];
            switch (argument) {
                case "--list" -> asked.list = true;
                case "--seed" -> asked.seeds.add(Long.parseLong(value(arguments, ++i)));
                case "--seeds" -> seeds(value(arguments, ++i), asked.seeds);
                case "--brokers" -> asked.brokers = Integer.parseInt(value(arguments, ++i));
                case "--results" -> asked.results = Optional.of(Path.of(value(arguments, ++i)));
                case "--patience" -> System.setProperty("faults.patience", value(arguments, ++i));
                case "--minutes" ->
                        System.setProperty(
                                "faults.loop.seconds",
                                String.valueOf(60 * Long.parseLong(value(arguments, ++i))));
                default ->
                        asked.scenarios.add(
                                Scenarios.find(argument)
                                        .orElseThrow(() ->
                                                new IllegalArgumentException(
                                                        "no such scenario: "
                                                                + argument
                                                                + " (--list shows them)")));
            }
        }
        if (asked.scenarios.isEmpty() && !asked.list) {
            throw new IllegalArgumentException(
                    "NAME|NUMBER... [--seed N | --seeds 1-5] [--brokers 1-5] [--results FILE]"
                            + " [--minutes N] [--patience N] | --list");
        }
        if (asked.seeds.isEmpty()) {
            asked.seeds.add((long) new SecureRandom().nextInt(Integer.MAX_VALUE));
        }
        return asked;
    }

    private static String value(String[] arguments, int index) {
        if (index >= arguments.length) {
            throw new IllegalArgumentException("a value is missing at the end");
        }
        return arguments[index];
    }

    private static void seeds(String text, List<Long> seeds) {
        String[] ends = text.split("-", -1);
        long last = Long.parseLong(ends[ends.length - 1]);
        for (long seed = Long.parseLong(ends[0]); seed <= last; seed++) {
            seeds.add(seed);
        }
    }

    private static int list() {
        for (Scenario scenario : Scenarios.ALL) {
            System.out.printf("%-22s %s%n", scenario.id(), scenario.claim());
        }
        return 0;
    }

    private static int run(Asked asked) throws Exception {
        int worst = 0;
        for (Scenario scenario : asked.scenarios) {
            for (long seed : asked.seeds) {
                worst = Math.max(worst, run(asked, scenario, seed));
            }
        }
        return worst;
    }

    private static int run(Asked asked, Scenario scenario, long seed) throws IOException {
        String when = Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
        Path folder =
                FOLDER.resolve(scenario.id() + "-" + seed + "-" + when.replaceAll("[^0-9T]", ""));
        System.out.printf("%s, seed %d, %d brokers%n", scenario.id(), seed, asked.brokers);
        Verdict verdict;
        try {
            verdict = Trial.run(scenario, seed, asked.brokers, folder);
        } catch (Exception | AssertionError e) {
            e.printStackTrace();
            verdict =
                    new Verdict(
                            scenario,
                            seed,
                            asked.brokers,
                            java.util.Map.of(),
                            java.util.Map.of(),
                            List.of(),
                            List.of("the run broke off: " + Errors.text(e)),
                            "");
        }
        System.out.print(verdict.text(folder.toString()));
        if (asked.results.isPresent()) {
            Files.writeString(
                    asked.results.get(),
                    verdict.line(when).replace('\n', ' ') + "\n",
                    StandardOpenOption.CREATE,
                    StandardOpenOption.APPEND);
        }
        return verdict.passed() ? 0 : verdict.ran() ? FAILED : NOT_RUN;
    }
}
