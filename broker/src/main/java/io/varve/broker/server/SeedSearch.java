// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.server;

import io.varve.broker.config.BrokerConfig.Node;
import io.varve.broker.config.BrokerConfig.Seed;
import io.varve.broker.config.HostPort;
import io.varve.broker.peers.Hello;
import io.varve.broker.raft.PeerClient;
import io.varve.manifest.ShardId;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Looks for brokers of a cluster at the addresses that `cluster.seeds` names. Owner: the starting
/// thread.
///
/// @param others the seeds that are not this broker
/// @param limit how long to look: brokers that start together take a while to found their cluster
/// @param nanos a ticker
record SeedSearch(List<HostPort> others, PeerClient client, Duration limit, LongSupplier nanos) {
    private static final Logger LOG = LoggerFactory.getLogger(SeedSearch.class);
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final Duration ANSWER_LIMIT = Duration.ofSeconds(1);
    private static final Duration PAUSE = Duration.ofMillis(200);

    static SeedSearch of(Node node, PeerClient client) {
        return new SeedSearch(
                node.seeds().stream()
                        .filter(seed -> seed.nodeId() != node.nodeId())
                        .map(Seed::address)
                        .toList(),
                client,
                LIMIT,
                System::nanoTime);
    }

    Turns begin() {
        return new Turns(nanos.getAsLong() + limit.toNanos());
    }

    /// One search: a turn asks every seed once.
    final class Turns {
        private final long deadlineNs;
        private String why = "no other broker is named by cluster.seeds";
        private boolean first = true;

        private Turns(long deadlineNs) {
            this.deadlineNs = deadlineNs;
        }

        /// The metadata shard of the cluster, if a seed belongs to it. Waits a moment before every
        /// turn but the first.
        ///
        /// @throws BrokerStartException a seed belongs to another cluster
        Optional<ShardId> next(String clusterId, int generation) throws BrokerStartException {
            for (HostPort seed : others) {
                Optional<Hello> hello = ask(seed);
                if (hello.isEmpty()) {
                    why = "no seed answers: asked=" + others;
                } else if (!hello.get().clusterId().equals(clusterId)) {
                    throw new BrokerStartException(
                            "seed belongs to another cluster: seed="
                                    + seed
                                    + ", its cluster id="
                                    + hello.get().clusterId()
                                    + ", cluster id of the bucket="
                                    + clusterId
                                    + "; correct cluster.seeds or archive.bucket");
                } else if (hello.get().metadataShard().generation() != generation) {
                    why =
                            "seed is of another generation: seed="
                                    + seed
                                    + ", its generation="
                                    + hello.get().metadataShard().generation();
                } else {
                    return Optional.of(hello.get().metadataShard());
                }
            }
            if (first && !others.isEmpty()) {
                LOG.info("waiting for a broker to join: seeds={}", others);
                first = false;
            }
            return Optional.empty();
        }

        private Optional<Hello> ask(HostPort seed) throws BrokerStartException {
            try {
                return Optional.of(
                        Hello.ask(client, seed.toString(), ANSWER_LIMIT)
                                .get(2 * ANSWER_LIMIT.toMillis(), TimeUnit.MILLISECONDS));
            } catch (ExecutionException | TimeoutException e) {
                return Optional.empty();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new BrokerStartException("interrupted while looking for a cluster", e);
            }
        }

        /// Whether no turn is left; waits a moment when one is.
        boolean over() throws BrokerStartException {
            if (others.isEmpty() || nanos.getAsLong() - deadlineNs >= 0) {
                return true;
            }
            try {
                TimeUnit.MILLISECONDS.sleep(PAUSE.toMillis());
                return false;
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new BrokerStartException("interrupted while looking for a cluster", e);
            }
        }

        String why() {
            return why;
        }
    }
}
