// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.wire;

import java.util.ArrayDeque;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.TreeMap;

/// Says what becomes of each request. Thread-safe.
@FunctionalInterface
public interface FaultPlan {
    /// @param request its first line, `PUT /path?query HTTP/1.1`
    Fault next(String request);

    /// The same faults for the same seed, as far as requests come in the same order.
    ///
    /// @param perMille how many of a thousand requests meet a fault; the others pass
    static FaultPlan random(long seed, Map<Fault, Integer> perMille) {
        int sum = perMille.values().stream().mapToInt(Integer::intValue).sum();
        if (sum > 1_000 || perMille.values().stream().anyMatch(share -> share < 0)) {
            throw new IllegalArgumentException("shares are of a thousand requests: " + perMille);
        }
        Random random = new Random(seed);
        Map<Fault, Integer> shares = new TreeMap<>(perMille);
        return _ -> {
            int drawn;
            synchronized (random) {
                drawn = random.nextInt(1_000);
            }
            for (Map.Entry<Fault, Integer> share : shares.entrySet()) {
                drawn -= share.getValue();
                if (drawn < 0) {
                    return share.getKey();
                }
            }
            return Fault.PASS;
        };
    }

    /// What a test says, one request after the other; those after them pass.
    final class Script implements FaultPlan {
        private final Queue<Fault> faults = new ArrayDeque<>();

        synchronized void add(Fault... more) {
            faults.addAll(List.of(more));
        }

        synchronized boolean isThrough() {
            return faults.isEmpty();
        }

        @Override
        public synchronized Fault next(String request) {
            return faults.isEmpty() ? Fault.PASS : faults.remove();
        }
    }
}
