// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.server;

import io.varve.broker.config.BrokerConfig;
import io.varve.broker.server.ClusterOpening.BrokerPlace;
import io.varve.broker.server.ClusterOpening.Opened;
import io.varve.manifest.CorruptObjectException;
import io.varve.manifest.generation.NestedClusters;
import io.varve.manifest.generation.NestedClusters.Neighbour;
import io.varve.objectstore.BucketUrlException;
import io.varve.objectstore.CostEstimate;
import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.ObjectStoreException;
import io.varve.objectstore.ObjectStores;
import io.varve.objectstore.ProbeResult;
import io.varve.objectstore.StoreAccess;
import io.varve.objectstore.StorePrices;
import io.varve.objectstore.StoreProbe;
import io.varve.objectstore.governed.GovernedBucket;
import io.varve.objectstore.governed.GovernorLimits;
import io.varve.objectstore.governed.Priority;
import io.varve.objectstore.governed.StoreGovernor;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.Optional;
import java.util.function.LongSupplier;
import java.util.function.UnaryOperator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The bucket at start: opened, tried, and asked whose it is.
record BucketStart(GovernedBucket store, Opened opened) {
    private static final Logger LOG = LoggerFactory.getLogger(BucketStart.class);
    private static final int PROBE_NAME_BYTES = 8;

    /// @param config its URL and settings
    /// @param around put around the store
    /// @param metrics told of every request
    /// @throws BrokerStartException the bucket cannot be used, is not safe to write to, or is not
    ///   this broker's
    static BucketStart of(
            BrokerConfig.Archive config,
            UnaryOperator<ObjectStore> around,
            BucketMetrics metrics,
            DataDirectory directory,
            BrokerPlace place,
            SeedSearch seeds,
            InstantSource clock)
            throws BrokerStartException {
        GovernedBucket bucket = open(config, around, metrics, directory);
        ObjectStore store = bucket.as(Priority.READ);
        try {
            SecureRandom random = new SecureRandom();
            probe(store, directory.identity().isPresent(), random, clock);
            Opened opened =
                    new ClusterOpening(directory, store, place, seeds, random, clock).open();
            return new BucketStart(bucket, opened);
        } catch (CorruptObjectException e) {
            bucket.close();
            throw new BrokerStartException(
                    "bucket is damaged: archive.bucket="
                            + store.url()
                            + ", error="
                            + e.getMessage()
                            + "; bring that object back from the store's own versions or a backup",
                    e);
        } catch (BrokerStartException e) {
            bucket.close();
            throw e;
        }
    }

    /// Shows who waits for the bucket, and what it costs.
    ///
    /// @param storedBytes what this broker knows to be in it
    void showOn(
            BucketMetrics metrics,
            BrokerConfig.Archive config,
            LongSupplier storedBytes,
            InstantSource clock) {
        metrics.governor(store.governor());
        StorePrices prices =
                StorePrices.ofBucket(config.bucketUrl(), config.bucketSettings().prices());
        metrics.costs(
                new CostEstimate(prices, store.meter()::snapshot, clock.millis()),
                storedBytes,
                clock::millis);
    }

    /// A directory that knows its cluster had its bucket before: one that is gone is not made anew.
    private static GovernedBucket open(
            BrokerConfig.Archive config,
            UnaryOperator<ObjectStore> around,
            BucketMetrics metrics,
            DataDirectory directory)
            throws BrokerStartException {
        boolean known = directory.identity().isPresent();
        String url = config.bucketUrl();
        StoreGovernor governor =
                new StoreGovernor(
                        GovernorLimits.of(url, config.bucketSettings().rates()), System::nanoTime);
        try {
            StoreAccess access = StoreAccess.of(config.bucketSettings(), metrics.and(governor));
            return new GovernedBucket(
                    around.apply(
                            known
                                    ? ObjectStores.openExisting(url, access)
                                    : ObjectStores.open(url, access)),
                    governor,
                    metrics.meter());
        } catch (BucketUrlException e) {
            throw new BrokerStartException("archive.bucket: " + e.getMessage(), e);
        } catch (ObjectStoreException.NotFound e) {
            throw new BrokerStartException(
                    (known ? "bucket of this data directory is gone" : "there is no such bucket")
                            + ": archive.bucket="
                            + url
                            + ", log.dirs="
                            + directory.root()
                            + ", error="
                            + e.getMessage()
                            + (url.startsWith("file:") ? "; is its disk mounted?" : ""),
                    e);
        } catch (ObjectStoreException e) {
            throw new BrokerStartException(
                    "cannot open the bucket: archive.bucket=" + url + ", error=" + e.getMessage(),
                    e);
        }
    }

    /// Before anything is written.
    private static void refuseNested(ObjectStore store)
            throws ObjectStoreException, BrokerStartException {
        Optional<Neighbour> neighbour = NestedClusters.find(store);
        if (neighbour.isPresent()) {
            throw new BrokerStartException(
                    "bucket is shared with another cluster: archive.bucket="
                            + store.url()
                            + ": "
                            + neighbour.get().text());
        }
    }

    /// A store that breaks its promises is refused by name; one that is away is not, when the
    /// directory knows its cluster.
    private static void probe(
            ObjectStore store, boolean known, SecureRandom random, InstantSource clock)
            throws BrokerStartException {
        byte[] name = new byte[PROBE_NAME_BYTES];
        random.nextBytes(name);
        try {
            refuseNested(store);
            String prefix = "probe/" + HexFormat.of().formatHex(name) + "/";
            ProbeResult result = StoreProbe.persist(store, prefix, clock);
            result.requirePassed();
            result.remarks()
                    .forEach(remark ->
                            LOG.warn("bucket={}, worth knowing: {}", store.url(), remark));
        } catch (ObjectStoreException.Transient e) {
            if (!known) {
                throw new BrokerStartException(
                        "bucket does not answer: archive.bucket="
                                + store.url()
                                + ", error="
                                + e.getMessage(),
                        e);
            }
            LOG.warn("bucket was not tried, it does not answer: error={}", e.getMessage());
        } catch (ObjectStoreException e) {
            throw new BrokerStartException(
                    "bucket is not fit to be written to: archive.bucket="
                            + store.url()
                            + ", "
                            + e.getMessage(),
                    e);
        }
    }
}
