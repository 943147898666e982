// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.faults;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A scenario of `docs/faults.md`, as data. Immutable.
///
/// @param number in that list
/// @param claim what must hold
/// @param brokersMin with fewer it says nothing
/// @param settings keys of every broker that differ from the usual
/// @param needs what the machine must offer
/// @param stallMax longest time without an acknowledgement where a majority lives on, or null
/// @param healing within which every partition goes on after the last step
record Scenario(
        int number,
        String name,
        String claim,
        int brokersMin,
        Map<String, String> settings,
        List<Need> needs,
        @Nullable Duration stallMax,
        Duration healing,
        List<Step> steps) {
    /// What not every machine offers.
    enum Need {
        /// A small file system for the data of the broker with the highest number.
        SMALL_DISK,
        /// strace, allowed to trace.
        STRACE,
        /// A bucket that speaks HTTP.
        HTTP_BUCKET
    }

    Scenario {
        settings = Map.copyOf(settings);
        needs = List.copyOf(needs);
        steps = List.copyOf(steps);
    }

    /// As it is asked for.
    String id() {
        return number == 0 ? name : number + "-" + name;
    }

    boolean is(String asked) {
        return asked.equals(id())
                || asked.equals(name)
                || (number > 0 && asked.equals(String.valueOf(number)));
    }

    static Scenario of(int number, String name, String claim, Step... steps) {
        return new Scenario(
                number,
                name,
                claim,
                1,
                Map.of(),
                List.of(),
                null,
                Duration.ofSeconds(30),
                List.of(steps));
    }

    Scenario brokers(int min) {
        return new Scenario(number, name, claim, min, settings, needs, stallMax, healing, steps);
    }

    Scenario with(Map<String, String> keys) {
        return new Scenario(number, name, claim, brokersMin, keys, needs, stallMax, healing, steps);
    }

    Scenario needing(Need... what) {
        return new Scenario(
                number, name, claim, brokersMin, settings, List.of(what), stallMax, healing, steps);
    }

    Scenario stallsAtMost(Duration limit) {
        return new Scenario(
                number, name, claim, brokersMin, settings, needs, limit, healing, steps);
    }

    Scenario healsIn(Duration limit) {
        return new Scenario(
                number, name, claim, brokersMin, settings, needs, stallMax, limit, steps);
    }
}
