// SPDX-License-Identifier: Apache-2.0
package io.varve.manifest;

import java.security.SecureRandom;
import java.util.Random;

/// The seed of a random test: a new one each time, or the one that `-Dsim.seed` names. Tests put it
/// into their messages.
public final class RandomSeed {
    private RandomSeed() {}

    public static long next() {
        Long given = Long.getLong("sim.seed");
        return given != null ? given : new SecureRandom().nextLong();
    }

    public static Random random(long seed) {
        return new Random(seed);
    }
}
