// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.server;

import io.varve.manifest.generation.BrokerAlive;
import io.varve.manifest.generation.ClusterFiles;
import io.varve.manifest.generation.Cut;
import io.varve.manifest.generation.GenerationClaim;
import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.ObjectStoreException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Watches whether this broker's generation is still the cluster's: says alive, and looks for a
/// later generation. Without the bucket nothing can be learnt; the broker goes on (availability by
/// choice, said in the banner). Owner: the thread that calls [#check].
final class GenerationGuard {
    /// How often a running broker looks (architecture: at least every 10 s).
    static final Duration CHECK_INTERVAL = Duration.ofSeconds(10);

    /// How often a running broker says that it lives; a restore waits for three of these.
    static final Duration ALIVE_INTERVAL = Duration.ofSeconds(30);

    private static final Logger LOG = LoggerFactory.getLogger(GenerationGuard.class);

    private final ObjectStore store;
    private final int generation;
    private final Supplier<BrokerAlive> alive;
    private final Consumer<String> fenced;
    private final InstantSource clock;
    private Instant aliveDue = Instant.MIN;
    private volatile Instant lastSuccess = Instant.EPOCH;

    /// @param alive what to say, with the time of now
    /// @param fenced called once, with the reason, when a later generation was found
    GenerationGuard(
            ObjectStore store,
            int generation,
            Supplier<BrokerAlive> alive,
            Consumer<String> fenced,
            InstantSource clock) {
        this.store = store;
        this.generation = generation;
        this.alive = alive;
        this.fenced = fenced;
        this.clock = clock;
    }

    /// Why a generation is over: a later one is claimed and not withdrawn. Empty while it is not.
    static Optional<String> laterGeneration(ObjectStore store, int generation)
            throws ObjectStoreException {
        OptionalInt newest = ClusterFiles.newestGeneration(store);
        if (newest.isEmpty() || newest.getAsInt() <= generation) {
            return Optional.empty();
        }
        int later = newest.getAsInt();
        Optional<Cut> cut = ClusterFiles.cut(store, later);
        if (cut.isPresent() && cut.get().withdrawn() != null) {
            return Optional.empty();
        }
        String claimedBy =
                ClusterFiles.claim(store, later).map(GenerationClaim::claimedBy).orElse("unknown");
        return Optional.of(
                "generation "
                        + later
                        + " was claimed by "
                        + claimedBy
                        + (cut.isPresent() ? " and has begun" : " and is being restored")
                        + ", this broker is of generation "
                        + generation);
    }

    /// One check; a few requests.
    ///
    /// @return false when the generation is over: no further check is needed
    boolean check() {
        try {
            Optional<String> later = laterGeneration(store, generation);
            if (later.isPresent()) {
                fenced.accept(later.get());
                return false;
            }
            Instant now = clock.instant();
            if (!now.isBefore(aliveDue)) {
                ClusterFiles.sayAlive(store, generation, alive.get());
                aliveDue = now.plus(ALIVE_INTERVAL);
            }
            lastSuccess = now;
        } catch (ObjectStoreException e) {
            LOG.warn("cannot check the generation, serving on: error={}", e.getMessage());
        }
        return true;
    }

    /// When the bucket last confirmed the generation. Any thread.
    Instant lastSuccess() {
        return lastSuccess;
    }
}
