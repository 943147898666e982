// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.faulty;

import io.varve.objectstore.StoreOperation;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.random.RandomGenerator;

/// Lies by chance, repeatably: the same generator and the same requests give the same lies. Owner:
/// the store it is given to.
public final class RandomFaults implements FaultPlan {
    private static final int DELAY_MS_MAX = 30_000;
    private static final int TORN_BYTES_MAX = 1 << 16;

    private final RandomGenerator random;
    private final Map<Kind, Double> chances;
    private final long faultsMax;
    private long faults;

    /// The lies to choose from.
    public enum Kind {
        FAIL_BEFORE,
        FAIL_AFTER,
        THROTTLE,
        DENY,
        DELAY,
        TEAR_PUT,
        FLIP_GET,
        CUT_GET,
        FORGET_ENTRY,
        KEEP_ONE
    }

    /// @param chances for each kind the chance, 0 to 1, that a request which allows it is lied
    ///   about in this way; tried in the kinds' order until one hits. A kind that is missing has no
    ///   chance
    /// @param faultsMax after so many lies the store tells the truth
    public RandomFaults(RandomGenerator random, Map<Kind, Double> chances, long faultsMax) {
        chances.forEach((kind, chance) -> {
            if (!(chance >= 0 && chance <= 1)) {
                throw new IllegalArgumentException(
                        "bad chance: kind=" + kind + ", chance=" + chance);
            }
        });
        this.random = random;
        this.chances = new EnumMap<>(Kind.class);
        this.chances.putAll(chances);
        this.faultsMax = faultsMax;
    }

    @Override
    public Optional<Fault> next(Request request) {
        if (faults >= faultsMax) {
            return Optional.empty();
        }
        for (Map.Entry<Kind, Double> each : chances.entrySet()) {
            if (allows(each.getKey(), request.operation())
                    && random.nextDouble() < each.getValue()) {
                faults++;
                return Optional.of(make(each.getKey()));
            }
        }
        return Optional.empty();
    }

    private static boolean allows(Kind kind, StoreOperation operation) {
        return switch (kind) {
            case FAIL_BEFORE, FAIL_AFTER, THROTTLE, DENY, DELAY -> true;
            case TEAR_PUT -> operation == StoreOperation.PUT;
            case FLIP_GET, CUT_GET -> operation == StoreOperation.GET;
            case FORGET_ENTRY -> operation == StoreOperation.LIST;
            case KEEP_ONE -> operation == StoreOperation.DELETE;
        };
    }

    private Fault make(Kind kind) {
        return switch (kind) {
            case FAIL_BEFORE -> new Fault.FailBefore();
            case FAIL_AFTER -> new Fault.FailAfter();
            case THROTTLE -> new Fault.Throttle();
            case DENY -> new Fault.Deny();
            case DELAY -> new Fault.Delay(Duration.ofMillis(random.nextInt(DELAY_MS_MAX)));
            case TEAR_PUT -> new Fault.TearPut(random.nextInt(TORN_BYTES_MAX));
            case FLIP_GET -> new Fault.FlipGet(random.nextLong(Long.MAX_VALUE));
            case CUT_GET -> new Fault.CutGet(random.nextInt(TORN_BYTES_MAX));
            case FORGET_ENTRY -> new Fault.ForgetEntry(random.nextInt(Integer.MAX_VALUE));
            case KEEP_ONE -> new Fault.KeepOne(random.nextInt(Integer.MAX_VALUE));
        };
    }
}
