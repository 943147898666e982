// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore;

/// How much the contract does: what a change has to pass, or with `-Dcontract.long=true`, as the
/// server of the day gets it in `.ci/run`, all of it. What is left out is printed once.
final class ContractSize {
    private static final boolean LONG = Boolean.getBoolean("contract.long");

    static {
        if (!LONG) {
            System.out.printf(
                    "LEFT OUT of the contract: objects over %d MiB, listings over %d keys, races over %d rounds; -Dcontract.long=true runs them%n",
                    largestBytes() >> 20, keys(), raceRounds());
        }
    }

    private ContractSize() {}

    /// Size of the largest object.
    static long largestBytes() {
        return LONG ? ObjectStore.MAX_OBJECT_BYTES : 64 << 20;
    }

    /// How many keys are listed.
    static int keys() {
        return LONG ? 10_000 : 2_000;
    }

    /// How often a race is run; `-Drace.rounds=N` for another number.
    static int raceRounds() {
        return Integer.getInteger("race.rounds", LONG ? 200 : 20);
    }
}
