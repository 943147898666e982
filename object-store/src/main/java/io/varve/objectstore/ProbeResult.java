// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore;

import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// What [StoreProbe] found out about a store: nothing wrong when there are no failures. Immutable.
public record ProbeResult(String url, List<Failure> failures) {
    public ProbeResult {
        failures = List.copyOf(failures);
    }

    /// What was tried.
    public enum Check {
        PUT_IF_ABSENT_TWICE("put-if-absent-twice"),
        PUT_IF_ABSENT_RACE("put-if-absent-race"),
        LIST_AFTER_WRITE("list-after-write"),
        RANGED_READ("ranged-read"),
        DELETE("delete");

        private final String label;

        Check(String label) {
            this.label = label;
        }

        /// The name for messages.
        public String label() {
            return label;
        }
    }

    /// @param finding what the store did, as a sentence
    /// @param error why the check could not be tried to its end, else null: then the store has
    ///   broken the promise
    public record Failure(Check check, String finding, @Nullable ObjectStoreException error) {}

    /// Whether every promise held.
    public boolean passed() {
        return failures.isEmpty();
    }

    /// Whether the store was seen to let a second put-if-absent through: nobody may ever write to
    /// it.
    public boolean ignoresPutIfAbsent() {
        return failures.stream()
                .anyMatch(failure ->
                        failure.error() == null
                                && Set.of(Check.PUT_IF_ABSENT_TWICE, Check.PUT_IF_ABSENT_RACE)
                                        .contains(failure.check()));
    }

    /// Does nothing when the store passed.
    ///
    /// @throws ObjectStoreException what a failed check met (try again when it is transient), or
    ///   [ObjectStoreException.Denied] when the store does not keep a promise, naming which
    public void requirePassed() throws ObjectStoreException {
        if (ignoresPutIfAbsent()) {
            throw new ObjectStoreException.Denied(
                    "the store does not enforce put-if-absent, refusing to write to it: "
                            + summary(),
                    null);
        }
        for (Failure failure : failures) {
            if (failure.error() != null) {
                throw failure.error();
            }
        }
        if (!passed()) {
            throw new ObjectStoreException.Denied(
                    "the store does not keep its promises: " + summary(), null);
        }
    }

    /// One line for a log or a message.
    public String summary() {
        String found =
                failures.stream()
                        .map(failure -> failure.check().label() + ": " + failure.finding())
                        .collect(Collectors.joining("; "));
        return "bucket=" + url + ", " + (passed() ? "all checks passed" : "failed: " + found);
    }
}
