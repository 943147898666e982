// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore;

import io.varve.objectstore.ProbeResult.Check;
import io.varve.objectstore.ProbeResult.Checked;
import io.varve.objectstore.ProbeResult.Outcome;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;

/// Makes the checks of a probe one after the other and keeps what each found. After a request that
/// failed nothing more is tried: each could take as long as a call's deadline, and what one failed
/// request left behind would be held against the store. Owner: one probe.
final class ProbeSteps {
    /// A larger difference of clocks is said.
    static final Duration SKEW_MAX = Duration.ofMinutes(1);

    private final ObjectStore store;
    private final InstantSource clock;
    private final List<Checked> checks = new ArrayList<>();
    private boolean stopped;

    ProbeSteps(ObjectStore store, InstantSource clock) {
        this.store = store;
        this.clock = clock;
    }

    /// Gives what was found.
    @FunctionalInterface
    interface Attempt {
        Outcome run() throws ObjectStoreException;
    }

    void check(Check check, Attempt attempt) {
        if (stopped) {
            Outcome skipped = new Outcome.Skipped("not tried, a request before it failed");
            checks.add(new Checked(check, skipped, Duration.ZERO));
            return;
        }
        always(check, attempt);
    }

    /// Also after a failed request.
    void always(Check check, Attempt attempt) {
        Instant start = clock.instant();
        Outcome outcome = outcome(attempt);
        checks.add(new Checked(check, outcome, Duration.between(start, clock.instant())));
    }

    /// Kept only when it is not as promised.
    ///
    /// @return whether it is
    boolean holds(Check check, Attempt attempt) {
        int before = checks.size();
        check(check, attempt);
        boolean held = checks.getLast().outcome() instanceof Outcome.Held;
        if (held) {
            checks.subList(before, checks.size()).clear();
        }
        return held;
    }

    private Outcome outcome(Attempt attempt) {
        try {
            return attempt.run();
        } catch (ObjectStoreException e) {
            stopped = true;
            return new Outcome.Untried(e);
        }
    }

    /// Whether a request has failed.
    boolean stopped() {
        return stopped;
    }

    /// The last check of a probe: a wrong clock is never the store's fault alone.
    ProbeResult end(StoreTraits traits) {
        check(Check.CLOCK, this::compareClocks);
        return new ProbeResult(store.url(), traits, checks);
    }

    private Outcome compareClocks() throws ObjectStoreException {
        Instant before = clock.instant();
        Instant server = store.serverTime();
        Instant after = clock.instant();
        Duration behind = Duration.between(server, before);
        Duration ahead = Duration.between(after, server);
        if (behind.compareTo(SKEW_MAX) > 0) {
            return skewed(behind, "behind");
        }
        return ahead.compareTo(SKEW_MAX) > 0 ? skewed(ahead, "ahead of") : new Outcome.Held();
    }

    private static Outcome skewed(Duration skew, String where) {
        return new Outcome.Noted(
                "the store's clock is "
                        + skew.toSeconds()
                        + " s "
                        + where
                        + " this host's; set this host's clock right (NTP): services refuse requests that are signed 15 min off");
    }

    /// @return held where there is nothing to find fault with
    static Outcome unless(boolean wrong, String finding) {
        return wrong ? new Outcome.Broken(finding) : new Outcome.Held();
    }
}
