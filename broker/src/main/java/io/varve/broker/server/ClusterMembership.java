// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.server;

import io.varve.archiver.StepResult;
import io.varve.broker.metadata.BrokerIdentity;
import io.varve.broker.metadata.ClusterMetadata;
import io.varve.broker.metadata.Registration;
import io.varve.broker.peers.ControllerLink;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.ApiError;
import org.apache.kafka.metadata.BrokerRegistration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// This broker's place in the cluster: registers with the controller, wherever that is, and says
/// that it lives. Owner of [#step]: one thread; the rest thread-safe.
final class ClusterMembership {
    private static final Logger LOG = LoggerFactory.getLogger(ClusterMembership.class);
    private static final long SOON_MS = 50;
    private static final long BEAT_MS = 2_000;
    private static final long ANSWER_LIMIT_MS = 20_000;

    /// A broker that stops does not wait long to say so.
    private static final long FAREWELL_LIMIT_MS = 1_000;

    private final ControllerLink link;
    private final String clusterId;
    private final BrokerIdentity broker;
    private final ClusterMetadata metadata;
    private volatile long epoch = -1;
    private Errors told = Errors.NONE;

    ClusterMembership(
            ControllerLink link,
            String clusterId,
            BrokerIdentity broker,
            ClusterMetadata metadata) {
        this.link = link;
        this.clusterId = clusterId;
        this.broker = broker;
        this.metadata = metadata;
    }

    /// Registers, or gives a sign of life.
    StepResult step() {
        Registration answer =
                epoch < 0
                        ? await(link.register(clusterId, broker), ANSWER_LIMIT_MS)
                        : await(
                                link.heartbeat(
                                        broker.nodeId(), epoch, metadata.appliedEnd(), false),
                                ANSWER_LIMIT_MS);
        Errors error = answer.error().error();
        if (error == Errors.NONE) {
            epoch = answer.brokerEpoch();
        } else if (error == Errors.STALE_BROKER_EPOCH) {
            epoch = -1;
        }
        if (error != told && error != Errors.NONE) {
            LOG.info(
                    "controller does not know this broker yet: error={}, {}",
                    error,
                    answer.error().messageWithFallback());
        }
        told = error;
        return new StepResult.Idle(error != Errors.NONE || answer.fenced() ? SOON_MS : BEAT_MS);
    }

    private static Registration await(CompletableFuture<Registration> answer, long limitMs) {
        try {
            return answer.get(limitMs, TimeUnit.MILLISECONDS);
        } catch (TimeoutException | ExecutionException e) {
            return Registration.failed(new ApiError(Errors.REQUEST_TIMED_OUT, e.toString()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Registration.failed(new ApiError(Errors.REQUEST_TIMED_OUT, "interrupted"));
        }
    }

    /// Whether clients are told of this broker, in the life that it lives now.
    boolean serving() {
        BrokerRegistration known = metadata.image().cluster().broker(broker.nodeId());
        return known != null
                && known.incarnationId().equals(broker.incarnation())
                && !known.fenced();
    }

    /// Says that this broker stops: clients are sent elsewhere.
    void stopping() {
        if (epoch >= 0) {
            var _ =
                    await(
                            link.heartbeat(broker.nodeId(), epoch, metadata.appliedEnd(), true),
                            FAREWELL_LIMIT_MS);
        }
    }
}
