// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.recover;

import io.varve.broker.http.AdminView.ClusterInfo;
import io.varve.broker.metadata.TopicToRestore;
import io.varve.cli.recover.PlanView.Found;
import io.varve.cli.shell.BrokerHttp;
import io.varve.cli.shell.CommandFailure;
import io.varve.manifest.generation.ClusterFiles;
import io.varve.manifest.generation.ClusterIdentity;
import io.varve.manifest.metadata.RestoredRow;
import io.varve.manifest.state.PartitionState.ManifestRef;
import io.varve.objectstore.ObjectStore;
import io.varve.recovery.RecoveryException;
import io.varve.recovery.RecoveryRun.Progress;
import io.varve.recovery.RestoredTopic;
import io.varve.recovery.TopicRestore;
import io.varve.recovery.TopicSource;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.kafka.common.Uuid;

/// Topics out of a bucket into a running cluster: asks the cluster whether it would have them,
/// writes their records into its bucket, tells it of them. Owner: one thread.
final class TopicRecovery {
    private final ObjectStore source;
    private final ObjectStore target;
    private final BrokerHttp broker;
    private final ClusterInfo cluster;
    private final Progress progress;

    /// @param target the cluster's own bucket
    TopicRecovery(
            ObjectStore source,
            ObjectStore target,
            BrokerHttp broker,
            ClusterInfo cluster,
            Progress progress) {
        this.source = source;
        this.target = target;
        this.broker = broker;
        this.cluster = cluster;
        this.progress = progress;
    }

    /// A topic and the name that it gets.
    record Wanted(TopicSource source, String name) {}

    /// Finds out what can be known before anything is written.
    ///
    /// @throws CommandFailure the cluster would not have one of them
    void check(List<Wanted> topics) throws CommandFailure, IOException {
        Optional<String> found = ClusterFiles.identity(target).map(ClusterIdentity::clusterId);
        if (!found.equals(Optional.of(cluster.clusterId()))) {
            throw new CommandFailure(
                    "bucket of another cluster than the one that runs: bucket="
                            + target.url()
                            + ", clusterId="
                            + found.orElse("none")
                            + ", running="
                            + cluster.clusterId()
                            + "; give --target-bucket");
        }
        for (Wanted wanted : topics) {
            List<RestoredRow> empty =
                    wanted.source().topic().partitions().stream()
                            .map(plan -> new RestoredRow(0, 0, 0, ManifestRef.NONE, List.of()))
                            .toList();
            tell(
                    new TopicToRestore(
                            wanted.name(),
                            Uuid.randomUuid(),
                            cluster.generation(),
                            (short) -1,
                            wanted.source().topic().configs(),
                            empty),
                    true);
        }
    }

    TopicRunView run(List<Wanted> topics, String writer, long startNs)
            throws CommandFailure, IOException, RecoveryException {
        List<RestoredTopic> restored = new ArrayList<>();
        Path temporary = Files.createTempDirectory("varve-recover-");
        try {
            for (Wanted wanted : topics) {
                restored.add(restore(wanted, temporary, writer));
            }
        } finally {
            Files.deleteIfExists(temporary);
        }
        return new TopicRunView(
                cluster.clusterId(),
                cluster.generation(),
                restored.stream().map(TopicRunView.Topic::of).toList(),
                Duration.ofNanos(System.nanoTime() - startNs).toMillis() / 1e3,
                List.of(),
                Found.all(topics.stream().flatMap(wanted -> wanted.source().findings().stream())));
    }

    private RestoredTopic restore(Wanted wanted, Path temporary, String writer)
            throws CommandFailure, IOException, RecoveryException {
        RestoredTopic written =
                new TopicRestore(
                                source,
                                target,
                                new TopicRestore.Settings(
                                        temporary, TopicRestore.SEGMENT_BYTES, writer),
                                InstantSource.system(),
                                new SecureRandom(),
                                progress)
                        .run(wanted.source(), wanted.name(), Uuid.randomUuid());
        tell(
                new TopicToRestore(
                        written.name(),
                        written.id(),
                        written.generation(),
                        (short) -1,
                        written.configs(),
                        written.partitions().stream()
                                .map(partition ->
                                        new RestoredRow(
                                                partition.baseEpoch(),
                                                partition.logStart(),
                                                partition.endOffset(),
                                                partition.manifest(),
                                                partition.epochs()))
                                .toList()),
                false);
        progress.done("open: topic=" + written.name() + ", id=" + written.id());
        return written;
    }

    private void tell(TopicToRestore topic, boolean checkOnly) throws CommandFailure {
        broker.post(
                "/api/v1/topics/"
                        + URLEncoder.encode(topic.name(), StandardCharsets.UTF_8)
                        + "/restore?check="
                        + checkOnly,
                topic.toJson());
    }
}
