// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.durability;

import static org.assertj.core.api.Assertions.assertThat;

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
        Path ours = folder.resolve("ours");
        Path theirs = folder.resolve("theirs");
        try (BrokerNode broker = BrokerNode.in(ours);
                BrokerNode other = BrokerNode.in(theirs)) {
            broker.start().kill();
            other.start().kill();
            String ourBucket = broker.bucketUrl();
            String ourData = broker.data().toString();

            assertThat(refused(broker.with("archive.bucket", other.bucketUrl())))
                    .contains("bucket of another cluster")
                    .contains(other.bucketUrl());
            assertThat(
                            refused(
                                    broker.with("archive.bucket", ourBucket)
                                            .with("log.dirs", other.data().toString())))
                    .contains("another cluster")
                    .contains(other.data().toString());
            assertThat(refused(broker.with("log.dirs", ourData).with("node.id", "2")))
                    .contains("data directory belongs to another broker")
                    .contains("node.id=1");

            broker.with("node.id", "1").start();
        }
    }

    private static String refused(BrokerNode broker) throws Exception {
        Ended ended = broker.startRefused();
        assertThat(ended.exitCode()).as(ended.err()).isEqualTo(FAILED);
        assertThat(ended.said()).as(ended.err()).hasSize(1);
        return ended.said().getFirst();
    }
}
