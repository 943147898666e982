// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// What [StoreProbe] found out about a store. Immutable.
///
/// @param traits what the bucket says of itself; unknown when it did not answer
/// @param checks what was tried, in that order
public record ProbeResult(String url, StoreTraits traits, List<Checked> checks) {
    public ProbeResult {
        checks = List.copyOf(checks);
    }

    /// What is tried.
    public enum Check {
        PUT_IF_ABSENT_TWICE(
                "put-if-absent-twice", "a second put-if-absent is refused and changes nothing"),
        PUT_IF_ABSENT_RACE(
                "put-if-absent-race", "of writers that race for one key, one wins, each time"),
        LIST_AFTER_WRITE("list-after-write", "a listing shows at once what was written, in order"),
        RANGED_READ("ranged-read", "a range is read exactly, and cut at the object's end"),
        CHECKSUM(
                "checksum",
                "what is read is what was put, and a body unlike its CRC32C is refused"),
        OVERWRITE("overwrite", "an overwritten object is seen at once"),
        DELETE("delete", "what is deleted is gone at once"),
        MISSING("missing-object", "an object that is not there is told so"),
        CLOCK("clock", "the store's clock is this host's, within a minute");

        private final String label;
        private final String promise;

        Check(String label, String promise) {
            this.label = label;
            this.promise = promise;
        }

        /// The name for messages.
        public String label() {
            return label;
        }

        /// What holds when the check passes.
        public String promise() {
            return promise;
        }
    }

    /// How a check ended.
    public sealed interface Outcome {
        /// The promise was kept.
        record Held() implements Outcome {}

        /// Worth knowing, and safe.
        ///
        /// @param remark a sentence: what was seen and what to do
        record Noted(String remark) implements Outcome {}

        /// The store broke the promise: it is not safe.
        ///
        /// @param finding what it did, as a sentence
        record Broken(String finding) implements Outcome {}

        /// It could not be tried to its end; nothing is known.
        record Untried(ObjectStoreException error) implements Outcome {}

        /// It was not tried.
        ///
        /// @param why as a sentence
        record Skipped(String why) implements Outcome {}
    }

    /// @param elapsed time it took
    public record Checked(Check check, Outcome outcome, Duration elapsed) {
        /// Whether the check says something against the store, or could not be tried.
        boolean failed() {
            return switch (outcome) {
                case Outcome.Broken _, Outcome.Untried _ -> true;
                case Outcome.Held _, Outcome.Noted _, Outcome.Skipped _ -> false;
            };
        }

        /// What was seen, as a sentence.
        public String finding() {
            return switch (outcome) {
                case Outcome.Broken(String finding) -> finding;
                case Outcome.Untried(ObjectStoreException error) ->
                        "could not be tried: " + error.getMessage();
                case Outcome.Noted(String remark) -> remark;
                case Outcome.Skipped(String why) -> why;
                case Outcome.Held() -> check.promise();
            };
        }
    }

    /// The checks that failed.
    public List<Checked> failures() {
        return checks.stream().filter(Checked::failed).toList();
    }

    /// Whether every promise that was tried held, and none could not be tried.
    public boolean passed() {
        return failures().isEmpty();
    }

    /// Whether the store was seen to break a promise.
    public boolean broken() {
        return checks.stream().anyMatch(checked -> checked.outcome() instanceof Outcome.Broken);
    }

    /// Whether nothing speaks against the store, and a failure that may pass kept a check from
    /// being made.
    boolean wasKeptFromItsEnd() {
        return !broken()
                && checks.stream()
                        .anyMatch(checked ->
                                checked.outcome()
                                        instanceof
                                        Outcome.Untried(ObjectStoreException.Transient _));
    }

    /// Whether the store was seen to let a second put-if-absent through: nobody may ever write to
    /// it.
    public boolean ignoresPutIfAbsent() {
        return checks.stream()
                .anyMatch(checked ->
                        checked.outcome() instanceof Outcome.Broken
                                && Set.of(Check.PUT_IF_ABSENT_TWICE, Check.PUT_IF_ABSENT_RACE)
                                        .contains(checked.check()));
    }

    /// What an operator should know although the store is safe, a sentence each.
    public List<String> remarks() {
        List<String> noted =
                checks.stream()
                        .filter(checked -> checked.outcome() instanceof Outcome.Noted)
                        .map(checked -> checked.check().label() + ": " + checked.finding())
                        .toList();
        return Stream.concat(noted.stream(), traits.remarks().stream()).toList();
    }

    /// Does nothing when the store passed.
    ///
    /// @throws ObjectStoreException [ObjectStoreException.Denied] when the store does not keep a
    ///   promise, naming which; else what kept a check from being tried (try again when it is
    ///   transient)
    public void requirePassed() throws ObjectStoreException {
        if (ignoresPutIfAbsent()) {
            throw new ObjectStoreException.Denied(
                    "the store does not enforce put-if-absent, refusing to write to it: "
                            + summary(),
                    null);
        }
        if (broken()) {
            throw new ObjectStoreException.Denied(
                    "the store does not keep its promises: " + summary(), null);
        }
        for (Checked checked : failures()) {
            if (checked.outcome() instanceof Outcome.Untried(ObjectStoreException error)) {
                throw error;
            }
        }
    }

    /// One line for a log or a message.
    public String summary() {
        String found =
                failures().stream()
                        .map(failure -> failure.check().label() + ": " + failure.finding())
                        .collect(Collectors.joining("; "));
        return "bucket=" + url + ", " + (passed() ? "all checks passed" : "failed: " + found);
    }
}
