// SPDX-License-Identifier: Apache-2.0
package io.varve.recovery;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.manifest.PartitionId;
import io.varve.manifest.checkpoint.DoomedObject;
import io.varve.manifest.partition.ManifestStore;
import io.varve.objectstore.ByteRange;
import io.varve.objectstore.DeleteResult;
import io.varve.objectstore.ObjectBody;
import io.varve.objectstore.ObjectInfo;
import io.varve.objectstore.ObjectSlice;
import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.ObjectStoreException;
import io.varve.objectstore.PutMode;
import io.varve.recovery.audit.Audit;
import io.varve.recovery.audit.AuditLevel;
import io.varve.recovery.audit.AuditOptions;
import io.varve.recovery.audit.AuditReport;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// A cluster goes on while its bucket is audited: between any two requests of the audit it
/// journals, archives, deletes what was doomed, writes checkpoints, makes and deletes topics.
/// Nothing of that is a finding; what was wrong before is found nevertheless.
class AuditBesideWritersTest {
    private static final int SPACINGS = 14;

    /// Lets the cluster take a step after every so many requests.
    private static class Interleaved implements ObjectStore {
        private final BucketBuilder cluster;
        private final int spacing;
        private final ReentrantLock lock = new ReentrantLock();
        private int requests;
        private int steps;

        Interleaved(BucketBuilder cluster, int spacing) {
            this.cluster = cluster;
            this.spacing = spacing;
        }

        private interface Request<T> {
            T send() throws ObjectStoreException;
        }

        private <T> T between(Request<T> request) throws ObjectStoreException {
            lock.lock();
            try {
                requests++;
                if (requests % spacing == 0) {
                    step();
                }
                return request.send();
            } finally {
                lock.unlock();
            }
        }

        private void step() {
            try {
                switch (steps++ % 7) {
                    case 0 -> write();
                    case 1 -> {
                        cluster.segment(cluster.id("orders", 0));
                        AuditPropertyTest.segmentUsers(cluster);
                    }
                    case 2 -> cluster.checkpoint(1);
                    case 3 -> {
                        write();
                        cluster.segment(cluster.id("orders", 0));
                        cluster.segment(cluster.id("orders", 1));
                    }
                    case 4 -> newTopic();
                    case 5 -> deleteOld();
                    default -> cluster.checkpoint(2);
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        private void write() throws IOException {
            for (int partition = 0; partition < 3; partition++) {
                cluster.append("orders", partition, 2);
            }
            cluster.append("users", 0, 1);
            cluster.journalAll();
        }

        private void newTopic() throws IOException {
            String name = "made-" + steps;
            cluster.createTopic(name, 2, Map.of());
            cluster.append(name, 0, 3);
            cluster.journalAll();
            cluster.segment(cluster.id(name, 0));
            cluster.topic(name).write(cluster.store);
        }

        /// The log start goes to the last segment; what is in front goes at once.
        private void deleteOld() throws IOException {
            PartitionId id = cluster.id("orders", 0);
            var ledger = cluster.shardOf(id).ledger(id);
            if (ledger.archivedEnd() <= ledger.logStart()) {
                return;
            }
            cluster.moveLogStart("orders", 0, ledger.archivedEnd());
            write();
            cluster.segment(id);
            List<String> doomed =
                    ManifestStore.newest(cluster.store, "orders", id, cluster.generation)
                            .orElseThrow()
                            .doomed()
                            .stream()
                            .map(DoomedObject::key)
                            .toList();
            cluster.store.delete(doomed);
        }

        @Override
        public ObjectSlice get(String key, ByteRange range) throws ObjectStoreException {
            return between(() -> cluster.store.get(key, range));
        }

        @Override
        public Optional<ObjectInfo> head(String key) throws ObjectStoreException {
            return between(() -> cluster.store.head(key));
        }

        @Override
        public List<ObjectInfo> list(String prefix, String startAfter, int maxKeys)
                throws ObjectStoreException {
            return between(() -> cluster.store.list(prefix, startAfter, maxKeys));
        }

        @Override
        public ObjectInfo put(String key, ObjectBody body, PutMode mode) {
            throw new AssertionError("an audit writes nothing: key=" + key);
        }

        @Override
        public Map<String, DeleteResult> delete(Collection<String> keys) {
            throw new AssertionError("an audit deletes nothing: keys=" + keys);
        }

        @Override
        public Instant serverTime() throws ObjectStoreException {
            return cluster.store.serverTime();
        }

        @Override
        public String url() {
            return "mem:interleaved";
        }

        @Override
        public void close() {}
    }

    @ParameterizedTest
    @EnumSource(AuditLevel.class)
    void whatComesAndGoesMeanwhileIsNoFinding(AuditLevel level) throws Exception {
        for (int spacing = 1; spacing <= SPACINGS; spacing++) {
            LivedCluster lived =
                    spacing % 2 == 0
                            ? AuditedBuckets.restored(spacing)
                            : AuditedBuckets.lived(spacing);
            Interleaved store = new Interleaved(lived.cluster, spacing);

            AuditReport report = Audit.run(store, AuditOptions.of(level));

            assertThat(store.steps).as("spacing %d", spacing).isPositive();
            assertThat(report.findings()).as("spacing %d", spacing).isEmpty();
        }
    }

    @Test
    void anObjectThatGoesWhileItIsReadIsMissingAndTheAuditGoesOn() throws Exception {
        for (int gets = 1; gets <= 2; gets++) {
            LivedCluster lived = AuditedBuckets.lived(gets);
            PartitionId id = lived.cluster.id("orders", 1);
            String key =
                    ManifestStore.newest(lived.store, "orders", id, 1)
                            .orElseThrow()
                            .entries()
                            .getFirst()
                            .key("orders", id);
            AtomicInteger left = new AtomicInteger(gets);
            ObjectStore store =
                    new Interleaved(lived.cluster, Integer.MAX_VALUE) {
                        @Override
                        public ObjectSlice get(String asked, ByteRange range)
                                throws ObjectStoreException {
                            if (asked.equals(key) && left.decrementAndGet() == 0) {
                                lived.store.delete(List.of(key));
                            }
                            return super.get(asked, range);
                        }
                    };

            assertThat(Audit.run(store, AuditOptions.of(AuditLevel.BYTES)).findings())
                    .as("gone before get %d", gets)
                    .singleElement()
                    .satisfies(finding -> {
                        assertThat(finding.kind()).isEqualTo(Finding.Kind.MISSING_OBJECT);
                        assertThat(finding.key()).isEqualTo(key);
                    });
        }
    }

    @ParameterizedTest
    @EnumSource(AuditLevel.class)
    void whatWasWrongBeforeIsFoundNevertheless(AuditLevel level) throws Exception {
        for (int spacing = 2; spacing <= SPACINGS; spacing += 3) {
            LivedCluster lived = AuditedBuckets.lived(spacing);
            PartitionId id = lived.cluster.id("orders", 1);
            String key =
                    ManifestStore.newest(lived.store, "orders", id, 1)
                            .orElseThrow()
                            .entries()
                            .getFirst()
                            .key("orders", id);
            lived.store.delete(Set.of(key));

            AuditReport report =
                    Audit.run(new Interleaved(lived.cluster, spacing), AuditOptions.of(level));

            assertThat(report.findings())
                    .as("spacing %d", spacing)
                    .singleElement()
                    .satisfies(finding -> {
                        assertThat(finding.kind()).isEqualTo(Finding.Kind.MISSING_OBJECT);
                        assertThat(finding.key()).isEqualTo(key);
                    });
        }
    }
}
