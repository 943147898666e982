// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.wire;

import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CountDownLatch;

/// A [Wire] as a process of its own, for programs to be put behind; Java runs it from its source:
///
/// ```
/// java object-store/src/test/java/io/varve/objectstore/wire/WireProgram.java \
///     http://127.0.0.1:9000 seed=7 lose-answer=20 cut-answer=20 delay=50 answer-503=10
/// ```
///
/// The numbers are how many of a thousand requests meet a fault; `strip-conditions` and
/// `clock=PT3H` may follow. It prints its own endpoint in one line, and runs until it is killed;
/// what it did is told then. Needs nothing but the classes of this package.
public final class WireProgram {
    private WireProgram() {}

    public static void main(String[] words) throws IOException, InterruptedException {
        if (words.length == 0) {
            System.err.println(
                    "usage: WireProgram http://HOST:PORT [seed=N] [FAULT=PER-MILLE]... [strip-conditions] [clock=PT3H]; faults: "
                            + String.join(" ", names()));
            System.exit(2);
        }
        try (Wire wire = wire(List.of(words))) {
            Runtime.getRuntime()
                    .addShutdownHook(
                            new Thread(() ->
                                    System.err.println("requests passed: " + wire.requests())));
            System.out.println(wire.endpoint());
            new CountDownLatch(1).await();
        }
    }

    /// @throws IllegalArgumentException a word that is none of those above
    static Wire wire(List<String> words) throws IOException {
        Map<Fault, Integer> shares = new EnumMap<>(Fault.class);
        long seed = 1;
        boolean strips = false;
        Duration clockError = Duration.ZERO;
        for (String word : words.subList(1, words.size())) {
            String[] parts = word.split("=", 2);
            String value = parts.length < 2 ? "" : parts[1];
            switch (parts[0]) {
                case "seed" -> seed = Long.parseLong(value);
                case "strip-conditions" -> strips = true;
                case "clock" -> clockError = Duration.parse(value);
                default -> shares.put(fault(parts[0]), Integer.valueOf(value));
            }
        }
        FaultPlan plan = FaultPlan.random(seed, shares);
        Wire wire = new Wire(URI.create(words.getFirst()));
        wire.follow(plan);
        wire.shiftDates(clockError);
        if (strips) {
            wire.stripConditions();
        }
        return wire;
    }

    private static Fault fault(String name) {
        if (!names().contains(name)) {
            throw new IllegalArgumentException(
                    "no such fault: " + name + "; write one of " + String.join(" ", names()));
        }
        return Fault.valueOf(name.replace('-', '_').toUpperCase(Locale.ROOT));
    }

    private static List<String> names() {
        return Arrays.stream(Fault.values())
                .map(fault -> fault.name().toLowerCase(Locale.ROOT).replace('_', '-'))
                .toList();
    }
}
