// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.faulty;

import io.varve.objectstore.StoreOperation;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;

/// Lies by rules: each one says which requests, how many of them to let pass first, and how often
/// to lie. The first rule that fits a request and is not used up decides; rules may be added while
/// the store is in use. Thread-safe.
public final class ScriptedFaults implements FaultPlan {
    /// Most rules that are not used up.
    static final int RULES_MAX = 1_000;

    private final ReentrantLock lock = new ReentrantLock();
    private final Deque<Rule> rules = new ArrayDeque<>();

    /// Lies about the next `times` requests of the operation whose key starts with `keyPrefix`.
    ///
    /// @return this
    public ScriptedFaults next(int times, StoreOperation operation, String keyPrefix, Fault fault) {
        return after(0, times, operation, keyPrefix, fault);
    }

    /// Lets `passed` such requests pass and then lies about `times`.
    ///
    /// @return this
    public ScriptedFaults after(
            int passed, int times, StoreOperation operation, String keyPrefix, Fault fault) {
        return add(
                passed,
                times,
                request -> request.operation() == operation && request.key().startsWith(keyPrefix),
                fault);
    }

    /// Lets `passed` requests that `which` selects pass and then lies about `times`, as far as the
    /// fault allows the operation.
    ///
    /// @return this
    public ScriptedFaults add(int passed, int times, Predicate<Request> which, Fault fault) {
        if (passed < 0 || times < 1) {
            throw new IllegalArgumentException("bad rule: passed=" + passed + ", times=" + times);
        }
        lock.lock();
        try {
            if (rules.size() >= RULES_MAX) {
                throw new IllegalStateException("too many rules: limit=" + RULES_MAX);
            }
            rules.add(new Rule(which, fault, passed, times));
            return this;
        } finally {
            lock.unlock();
        }
    }

    /// How many lies are still to come.
    public int remaining() {
        lock.lock();
        try {
            return rules.stream().mapToInt(rule -> rule.remaining).sum();
        } finally {
            lock.unlock();
        }
    }

    /// Drops all rules: from now on the store tells the truth.
    public void clear() {
        lock.lock();
        try {
            rules.clear();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public Optional<Fault> next(Request request) {
        lock.lock();
        try {
            for (Iterator<Rule> each = rules.iterator(); each.hasNext(); ) {
                Rule rule = each.next();
                if (!rule.fits(request)) {
                    continue;
                }
                if (rule.toPass > 0) {
                    rule.toPass--;
                    continue;
                }
                rule.remaining--;
                if (rule.remaining == 0) {
                    each.remove();
                }
                return Optional.of(rule.fault);
            }
            return Optional.empty();
        } finally {
            lock.unlock();
        }
    }

    private static final class Rule {
        private final Predicate<Request> which;
        private final Fault fault;
        private int toPass;
        private int remaining;

        Rule(Predicate<Request> which, Fault fault, int toPass, int remaining) {
            this.which = which;
            this.fault = fault;
            this.toPass = toPass;
            this.remaining = remaining;
        }

        boolean fits(Request request) {
            return fault.operations().contains(request.operation()) && which.test(request);
        }
    }
}
