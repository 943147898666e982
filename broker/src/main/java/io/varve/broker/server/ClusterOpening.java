// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.server;

import io.varve.manifest.ShardId;
import io.varve.manifest.generation.BrokerAlive;
import io.varve.manifest.generation.ClusterFiles;
import io.varve.manifest.generation.ClusterIdentity;
import io.varve.manifest.generation.Cut;
import io.varve.manifest.generation.GenerationClaim;
import io.varve.manifest.whole.PutOnce;
import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.ObjectStoreException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.random.RandomGenerator;
import org.apache.kafka.common.Uuid;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Decides at start what this broker is, from what the directory and the bucket say.
///
/// | directory | bucket | |
/// |---|---|---|
/// | formatted | same cluster, no later generation | goes on |
/// | formatted | later generation | refuses: fenced |
/// | formatted | another cluster, or none although a broker served from here | refuses |
/// | formatted | unreachable | goes on: it knows its generation |
/// | empty | empty | founds a cluster, generation 1 |
/// | empty | a generation with a cut that nobody opened | opens it |
/// | empty | any other cluster | refuses, naming `recover` |
///
/// The directory is formatted before the bucket is told, and every step is a put-if-absent that
/// recognises itself: a crash at any point is healed by starting again.
final class ClusterOpening {
    private static final Logger LOG = LoggerFactory.getLogger(ClusterOpening.class);
    private static final int PEER_RANDOM_BYTES = 16;

    private final DataDirectory directory;
    private final ObjectStore store;
    private final BrokerPlace place;
    private final RandomGenerator random;
    private final InstantSource clock;

    /// @param place what of the configuration goes into the identity
    /// @param random cryptographically strong: the peer's bits must be unique
    ClusterOpening(
            DataDirectory directory,
            ObjectStore store,
            BrokerPlace place,
            RandomGenerator random,
            InstantSource clock) {
        this.directory = directory;
        this.store = store;
        this.place = place;
        this.random = random;
        this.clock = clock;
    }

    /// What of the configuration goes into the identity.
    ///
    /// @param dataShards shards besides the metadata shard, for a cluster that is founded now
    record BrokerPlace(int nodeId, String listeners, int dataShards) {}

    /// What the broker is.
    ///
    /// @param cut where its generation starts, when it is a restored one and the bucket could be
    ///   asked
    record Opened(DirectoryIdentity identity, Optional<Cut> cut) {}

    Opened open() throws BrokerStartException {
        Optional<DirectoryIdentity> known = directory.identity();
        try {
            return known.isPresent() ? reopen(known.get()) : openEmpty();
        } catch (ObjectStoreException.Transient e) {
            if (known.isPresent()) {
                LOG.warn(
                        "bucket does not answer, serving without it: bucket={}, error={}",
                        store.url(),
                        e.getMessage());
                return new Opened(known.get(), Optional.empty());
            }
            throw unusable(e);
        } catch (ObjectStoreException e) {
            throw unusable(e);
        }
    }

    private BrokerStartException unusable(ObjectStoreException e) {
        return new BrokerStartException(
                "cannot use the bucket: archive.bucket="
                        + store.url()
                        + ", error="
                        + e.getMessage()
                        + "; check the URL, the credentials and the network",
                e);
    }

    private Opened reopen(DirectoryIdentity identity)
            throws ObjectStoreException, BrokerStartException {
        if (identity.nodeId() != place.nodeId()) {
            throw new BrokerStartException(
                    "data directory belongs to another broker: log.dirs="
                            + directory.root()
                            + ", its node.id="
                            + identity.nodeId()
                            + ", configured node.id="
                            + place.nodeId()
                            + "; correct node.id or log.dirs");
        }
        Optional<ClusterIdentity> bucket = ClusterFiles.identity(store);
        if (bucket.isPresent() && !bucket.get().clusterId().equals(identity.clusterId())) {
            throw new BrokerStartException(
                    "bucket of another cluster: archive.bucket="
                            + store.url()
                            + ", its cluster id="
                            + bucket.get().clusterId()
                            + ", cluster id of "
                            + directory.root()
                            + "="
                            + identity.clusterId()
                            + "; correct archive.bucket or log.dirs");
        }
        if (bucket.isEmpty() && directory.served()) {
            throw new BrokerStartException(
                    "bucket holds nothing of this directory's cluster: archive.bucket="
                            + store.url()
                            + ", missing=varve.json, log.dirs="
                            + directory.root()
                            + ", cluster id="
                            + identity.clusterId()
                            + "; is its disk mounted? correct archive.bucket or log.dirs");
        }
        Optional<String> fenced = GenerationGuard.laterGeneration(store, identity.generation());
        if (fenced.isPresent()) {
            throw new BrokerStartException(
                    "this broker's generation is over: "
                            + fenced.get()
                            + "; its data is kept: log.dirs="
                            + directory.root()
                            + "; use the restored cluster, or start this broker on an empty directory");
        }
        if (identity.generation() == 1) {
            found(identity);
            return new Opened(identity, Optional.empty());
        }
        Optional<Cut> cut = ClusterFiles.cut(store, identity.generation());
        becomeFounder(identity);
        return new Opened(identity, cut);
    }

    private Opened openEmpty() throws ObjectStoreException, BrokerStartException {
        Optional<ClusterIdentity> cluster = ClusterFiles.identity(store);
        OptionalInt newest = ClusterFiles.newestGeneration(store);
        if (newest.isEmpty()) {
            String clusterId = cluster.isPresent() ? cluster.get().clusterId() : randomClusterId();
            DirectoryIdentity identity = newIdentity(clusterId, 1, foundingShards());
            directory.format(identity);
            found(identity);
            return new Opened(identity, Optional.empty());
        }
        if (cluster.isEmpty()) {
            throw new BrokerStartException(
                    "bucket holds generations and no identity: archive.bucket="
                            + store.url()
                            + ", missing=varve.json; run `varve audit` on it, or choose another bucket");
        }
        return openRestored(cluster.get().clusterId(), newest.getAsInt());
    }

    private Opened openRestored(String clusterId, int generation)
            throws ObjectStoreException, BrokerStartException {
        Optional<Cut> cut = ClusterFiles.cut(store, generation);
        if (cut.isEmpty() || cut.get().withdrawn() != null) {
            throw refused(clusterId, generation, "no restore of it is prepared");
        }
        Optional<BrokerAlive> founder = ClusterFiles.founder(store, generation);
        if (founder.isPresent()) {
            throw refused(clusterId, generation, "it was opened by broker " + founder.get().peer());
        }
        List<ShardId> shards =
                cut.get().shards().stream().map(Cut.ShardCut::to).distinct().toList();
        DirectoryIdentity identity = newIdentity(clusterId, generation, shards);
        directory.format(identity);
        becomeFounder(identity);
        LOG.info("opening restored generation: cluster={}, generation={}", clusterId, generation);
        return new Opened(identity, cut);
    }

    private BrokerStartException refused(String clusterId, int generation, String why) {
        return new BrokerStartException(
                "data directory is empty and the bucket holds a cluster: log.dirs="
                        + directory.root()
                        + ", archive.bucket="
                        + store.url()
                        + ", cluster id="
                        + clusterId
                        + ", generation="
                        + generation
                        + ", "
                        + why
                        + "; to bring that cluster back run `varve recover run --cluster --bucket "
                        + store.url()
                        + "`, or choose an empty bucket for a new cluster");
    }

    private void found(DirectoryIdentity identity)
            throws ObjectStoreException, BrokerStartException {
        ClusterIdentity wanted =
                new ClusterIdentity(
                        ClusterIdentity.FORMAT_VERSION, identity.clusterId(), clock.millis());
        if (ClusterFiles.createIdentity(store, wanted)
                        instanceof PutOnce.Theirs<ClusterIdentity>(var theirs)
                && !theirs.clusterId().equals(identity.clusterId())) {
            throw refused(theirs.clusterId(), 1, "another broker founded it at the same time");
        }
        GenerationClaim claim =
                new GenerationClaim(1, 0, identity.peerId(), "founded", clock.millis());
        if (ClusterFiles.claim(store, claim) instanceof PutOnce.Theirs<GenerationClaim>(var theirs)
                && !theirs.claimedBy().equals(identity.peerId())) {
            throw refused(identity.clusterId(), 1, "it was founded by " + theirs.claimedBy());
        }
        becomeFounder(identity);
    }

    private void becomeFounder(DirectoryIdentity identity)
            throws ObjectStoreException, BrokerStartException {
        BrokerAlive me =
                new BrokerAlive(
                        identity.peerId(), place.nodeId(), place.listeners(), clock.millis());
        if (ClusterFiles.found(store, identity.generation(), me)
                        instanceof PutOnce.Theirs<BrokerAlive>(var theirs)
                && !theirs.peer().equals(identity.peerId())) {
            throw refused(
                    identity.clusterId(),
                    identity.generation(),
                    "it was opened by broker " + theirs.peer());
        }
    }

    private List<ShardId> foundingShards() {
        List<ShardId> shards = new ArrayList<>();
        for (int shard = 0; shard <= place.dataShards(); shard++) {
            shards.add(new ShardId(1, shard, 0));
        }
        return shards;
    }

    private DirectoryIdentity newIdentity(String clusterId, int generation, List<ShardId> shards) {
        byte[] bits = new byte[PEER_RANDOM_BYTES];
        random.nextBytes(bits);
        return new DirectoryIdentity(
                clusterId, place.nodeId(), generation, HexFormat.of().formatHex(bits), shards);
    }

    private String randomClusterId() {
        return new Uuid(random.nextLong(), random.nextLong()).toString();
    }
}
