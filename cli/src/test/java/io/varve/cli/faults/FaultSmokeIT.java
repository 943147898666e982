// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.varve.cli.durability.Folders;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Some scenarios in every run of all tests: `-Dfaults=1-kill-leader,3,16`, on `-Dfaults.brokers=3`
/// brokers.
class FaultSmokeIT {
    private static final String NAMES = System.getProperty("faults", "");
    private static final int BROKERS = Integer.getInteger("faults.brokers", 3);
    private static final long SEED =
            Long.getLong("sim.seed", new SecureRandom().nextInt(Integer.MAX_VALUE));

    static Stream<String> names() {
        return NAMES.isEmpty() ? Stream.of("none") : Arrays.stream(NAMES.split(",", -1));
    }

    @ParameterizedTest
    @MethodSource("names")
    void holds(String name) throws Exception {
        assumeThat(NAMES).as("no scenario is asked for: -Dfaults=NAME,NAME").isNotEmpty();
        Scenario scenario = Scenarios.find(name).orElseThrow();
        Path folder = Path.of("target", "faults", "it-" + scenario.id()).toAbsolutePath();
        Folders.deleteAll(folder);

        Verdict verdict = Trial.run(scenario, SEED, BROKERS, folder);

        String text = verdict.text(folder.toString());
        System.out.print(text);
        assumeThat(verdict.ran()).as(text).isTrue();
        assertThat(verdict.passed()).as(text).isTrue();
    }

    @Test
    void everyScenarioHasANameOfItsOwn() {
        assertThat(Scenarios.ALL.stream().map(Scenario::id)).doesNotHaveDuplicates();
        assertThat(Scenarios.find("7"))
                .hasValueSatisfying(found -> assertThat(found.id()).isEqualTo("7-pause-leader"));
        assertThat(Scenarios.find("0")).isEmpty();
        assertThat(Scenarios.find("99")).isEmpty();
    }
}
