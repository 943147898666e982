// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.durability;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.manifest.generation.ClusterFiles;
import io.varve.manifest.generation.ClusterIdentity;
import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.ObjectStores;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `varve server start` with a configuration that cannot be right: exit code 2, one clear message,
/// and nothing is changed.
class RefusalIT {
    private static final int FAILED = 2;

    @TempDir Path folder;

    @Test
    void anUnknownKeyIsNamedWithTheNearestKnownOne() throws Exception {
        try (BrokerNode broker = BrokerNode.in(folder).with("archive.intervall.ms", "500")) {
            Ended ended = broker.startRefused();

            assertThat(ended.exitCode()).as(ended.err()).isEqualTo(FAILED);
            assertThat(ended.err())
                    .contains("archive.intervall.ms")
                    .contains("archive.interval.ms")
                    .contains("varve.properties");
            assertThat(Files.exists(broker.data())).isFalse();
            assertThat(Files.exists(broker.bucket())).isFalse();
        }
    }

    @Test
    void aTakenPortIsNamed() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                BrokerNode broker =
                        BrokerNode.in(folder)
                                .with(
                                        "listeners",
                                        "PLAINTEXT://127.0.0.1:" + taken.getLocalPort())) {
            assertThat(refused(broker))
                    .contains("cannot listen")
                    .contains(Integer.toString(taken.getLocalPort()))
                    .contains("is the port free?");
        }
    }

    @Test
    void theDirectoryOfAnotherClusterOrBrokerAndTheBucketOfAnotherAreRefused() throws Exception {
        String otherBucket = "file://" + folder.resolve("other-bucket");
        try (ObjectStore bucket = ObjectStores.open(otherBucket)) {
            ClusterFiles.createIdentity(
                    bucket, new ClusterIdentity(ClusterIdentity.FORMAT_VERSION, "another", 1));
        }
        try (BrokerNode broker = BrokerNode.in(folder.resolve("ours"))) {
            broker.start().kill();
            String ourBucket = broker.bucketUrl();

            assertThat(refused(broker.with("archive.bucket", otherBucket)))
                    .contains("bucket of another cluster")
                    .contains(otherBucket);
            assertThat(refused(broker.with("archive.bucket", ourBucket).with("node.id", "2")))
                    .contains("data directory belongs to another broker")
                    .contains("node.id=1");

            Path identity = broker.data().resolve("varve.properties");
            Files.writeString(
                    identity,
                    Files.readString(identity)
                            .replaceFirst("cluster\\.id=.*", "cluster.id=another"));
            assertThat(refused(broker.with("node.id", "1")))
                    .contains("another cluster")
                    .contains(broker.data().toString());
        }
    }

    private static String refused(BrokerNode broker) throws Exception {
        Ended ended = broker.startRefused();
        assertThat(ended.exitCode()).as(ended.err()).isEqualTo(FAILED);
        assertThat(ended.said()).as(ended.err()).hasSize(1);
        return ended.said().getFirst();
    }
}
