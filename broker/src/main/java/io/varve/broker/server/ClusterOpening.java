// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.server;

import io.varve.manifest.ShardId;
import io.varve.manifest.generation.BrokerAlive;
import io.varve.manifest.generation.ClusterFiles;
import io.varve.manifest.generation.ClusterIdentity;
import io.varve.manifest.generation.Cut;
import io.varve.manifest.generation.GenerationClaim;
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
/// | empty | a generation that another seed belongs to | joins it |
/// | empty | any other cluster | refuses, naming `recover` |
///
/// Of brokers that start together on an empty bucket, or on a restored generation, the bucket
/// decides who founds it; the others join. The directory is formatted before the bucket is told,
/// and every step is a put-if-absent that recognises itself: a crash at any point is healed by
/// starting again.
final class ClusterOpening {
    private static final Logger LOG = LoggerFactory.getLogger(ClusterOpening.class);
    private static final int PEER_RANDOM_BYTES = 16;

    private final DataDirectory directory;
    private final ObjectStore store;
    private final BrokerPlace place;
    private final SeedSearch seeds;
    private final RandomGenerator random;
    private final InstantSource clock;

    /// @param place what of the configuration goes into the identity
    /// @param seeds finds a cluster that can be joined
    /// @param random cryptographically strong: the peer's bits must be unique
    ClusterOpening(
            DataDirectory directory,
            ObjectStore store,
            BrokerPlace place,
            SeedSearch seeds,
            RandomGenerator random,
            InstantSource clock) {
        this.directory = directory;
        this.store = store;
        this.place = place;
        this.seeds = seeds;
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
        if (identity.founder() && !directory.served() && beaten(identity)) {
            return openEmpty();
        }
        Optional<Cut> cut =
                identity.generation() == 1
                        ? Optional.empty()
                        : ClusterFiles.cut(store, identity.generation());
        if (identity.founder() && !found(identity)) {
            throw refused(identity.clusterId(), identity.generation(), "another broker founded it");
        }
        return new Opened(identity, cut);
    }

    /// Whether somebody else founded the generation that this directory was formatted for.
    private boolean beaten(DirectoryIdentity identity) throws ObjectStoreException {
        Optional<String> founder =
                ClusterFiles.founder(store, identity.generation()).map(BrokerAlive::peer);
        Optional<String> claimer =
                identity.generation() == 1
                        ? ClusterFiles.claim(store, 1).map(GenerationClaim::claimedBy)
                        : Optional.empty();
        return founder.or(() -> claimer).map(peer -> !peer.equals(identity.peerId())).orElse(false);
    }

    private Opened openEmpty() throws ObjectStoreException, BrokerStartException {
        SeedSearch.Turns turns = seeds.begin();
        while (true) {
            Optional<Opened> founded = tryToFound();
            if (founded.isPresent()) {
                return founded.get();
            }
            String clusterId =
                    ClusterFiles.identity(store).orElseThrow(this::withoutIdentity).clusterId();
            int generation = ClusterFiles.newestGeneration(store).orElse(1);
            Optional<ShardId> metadata = turns.next(clusterId, generation);
            if (metadata.isPresent()) {
                DirectoryIdentity identity =
                        newIdentity(clusterId, generation, false, List.of(metadata.get()));
                directory.format(identity);
                LOG.info("joining: cluster={}, generation={}", clusterId, generation);
                return new Opened(identity, ClusterFiles.cut(store, generation));
            }
            if (turns.over()) {
                throw refused(clusterId, generation, turns.why());
            }
        }
    }

    private BrokerStartException withoutIdentity() {
        return new BrokerStartException(
                "bucket holds generations and no identity: archive.bucket="
                        + store.url()
                        + ", missing=varve.json; run `varve audit` on it, or choose another bucket");
    }

    /// Empty when there is nothing to found, or somebody else was quicker.
    private Optional<Opened> tryToFound() throws ObjectStoreException, BrokerStartException {
        OptionalInt newest = ClusterFiles.newestGeneration(store);
        if (newest.isEmpty()) {
            ClusterIdentity wanted =
                    new ClusterIdentity(
                            ClusterIdentity.FORMAT_VERSION, randomClusterId(), clock.millis());
            String clusterId = ClusterFiles.createIdentity(store, wanted).value().clusterId();
            return foundWith(newIdentity(clusterId, 1, true, foundingShards()), Optional.empty());
        }
        int generation = newest.getAsInt();
        Optional<Cut> cut = ClusterFiles.cut(store, generation);
        if (cut.isEmpty()
                || cut.get().withdrawn() != null
                || ClusterFiles.founder(store, generation).isPresent()) {
            return Optional.empty();
        }
        String clusterId =
                ClusterFiles.identity(store).orElseThrow(this::withoutIdentity).clusterId();
        List<ShardId> shards =
                cut.get().shards().stream().map(Cut.ShardCut::to).distinct().toList();
        LOG.info("opening restored generation: cluster={}, generation={}", clusterId, generation);
        return foundWith(newIdentity(clusterId, generation, true, shards), cut);
    }

    private Optional<Opened> foundWith(DirectoryIdentity identity, Optional<Cut> cut)
            throws ObjectStoreException, BrokerStartException {
        directory.format(identity);
        return found(identity) ? Optional.of(new Opened(identity, cut)) : Optional.empty();
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

    /// Tells the bucket that this broker founded its generation.
    ///
    /// @return false when another did
    private boolean found(DirectoryIdentity identity)
            throws ObjectStoreException, BrokerStartException {
        if (identity.generation() == 1) {
            ClusterIdentity wanted =
                    new ClusterIdentity(
                            ClusterIdentity.FORMAT_VERSION, identity.clusterId(), clock.millis());
            String clusterId = ClusterFiles.createIdentity(store, wanted).value().clusterId();
            if (!clusterId.equals(identity.clusterId())) {
                throw refused(clusterId, 1, "another broker founded it at the same time");
            }
            GenerationClaim claim =
                    new GenerationClaim(1, 0, identity.peerId(), "founded", clock.millis());
            if (!ClusterFiles.claim(store, claim).value().claimedBy().equals(identity.peerId())) {
                return false;
            }
        }
        BrokerAlive me =
                new BrokerAlive(
                        identity.peerId(), place.nodeId(), place.listeners(), clock.millis());
        return ClusterFiles.found(store, identity.generation(), me)
                .value()
                .peer()
                .equals(identity.peerId());
    }

    private List<ShardId> foundingShards() {
        List<ShardId> shards = new ArrayList<>();
        for (int shard = 0; shard <= place.dataShards(); shard++) {
            shards.add(new ShardId(1, shard, 0));
        }
        return shards;
    }

    private DirectoryIdentity newIdentity(
            String clusterId, int generation, boolean founder, List<ShardId> shards) {
        byte[] bits = new byte[PEER_RANDOM_BYTES];
        random.nextBytes(bits);
        return new DirectoryIdentity(
                clusterId,
                place.nodeId(),
                generation,
                HexFormat.of().formatHex(bits),
                founder,
                shards);
    }

    private String randomClusterId() {
        return new Uuid(random.nextLong(), random.nextLong()).toString();
    }
}
