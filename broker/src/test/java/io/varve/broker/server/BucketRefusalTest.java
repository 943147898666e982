// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.varve.manifest.generation.ClusterFiles;
import io.varve.manifest.generation.ClusterIdentity;
import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.ObjectStores;
import io.varve.objectstore.StoreOperation;
import io.varve.objectstore.faulty.Fault;
import io.varve.objectstore.faulty.FaultyObjectStore;
import io.varve.objectstore.faulty.ScriptedFaults;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Buckets that a broker does not start on, and what it says: what, where, and what to change.
final class BucketRefusalTest {
    @TempDir Path folder;

    private String refusal(String bucket, UnaryOperator<ObjectStore> around) {
        Surroundings surroundings = new Surroundings(around, Surroundings.real().disks());
        Throwable refusal =
                catchThrowable(() -> {
                    try (RunningBroker running =
                            RunningBroker.start(
                                    folder, Map.of("archive.bucket", bucket), surroundings)) {
                        assertThat(running.ends).as("a broker that should not run").isNotNull();
                    }
                });
        assertThat(refusal).isNotNull();
        assertThat(refusal.getMessage().lines()).hasSize(1);
        return refusal.getMessage();
    }

    private String refusal(String bucket) {
        return refusal(bucket, UnaryOperator.identity());
    }

    private void found(Path bucket, String clusterId) throws Exception {
        try (ObjectStore store = ObjectStores.open(bucket.toUri().toString())) {
            ClusterFiles.createIdentity(
                    store, new ClusterIdentity(ClusterIdentity.FORMAT_VERSION, clusterId, 1));
        }
    }

    @Test
    void aPrefixInsideAnotherClusters() throws Exception {
        Path outer = folder.resolve("shared");
        found(outer, "outer-cluster");

        assertThat(refusal(outer.resolve("team/prod").toUri().toString()))
                .contains("the prefix lies inside another cluster's")
                .contains("directory=" + outer.toRealPath(), "cluster id=outer-cluster")
                .contains("give each cluster a prefix of its own");
        assertThat(ls(outer.resolve("team/prod"))).isEmpty();
    }

    @Test
    void aPrefixThatContainsAnotherClusters() throws Exception {
        Path outer = folder.resolve("shared");
        found(outer.resolve("team/prod"), "inner-cluster");

        assertThat(refusal(outer.toUri().toString()))
                .contains("another cluster's prefix lies inside")
                .contains("prefix below=team/prod/", "cluster id=inner-cluster")
                .contains("give each cluster a prefix of its own");
        assertThat(Files.exists(outer.resolve("varve.json"))).isFalse();
    }

    private static String[] ls(Path directory) {
        String[] names = directory.toFile().list((_, name) -> !name.startsWith(".tmp"));
        return names == null ? new String[0] : names;
    }

    @Test
    void aReadOnlyBucket() {
        ScriptedFaults denying = new ScriptedFaults();
        denying.next(1_000, StoreOperation.PUT, "", new Fault.Deny());

        assertThat(
                        refusal(
                                folder.resolve("bucket").toUri().toString(),
                                store -> new FaultyObjectStore(store, denying, _ -> {})))
                .contains("bucket is not fit to be written to", "archive.bucket=file:")
                .contains("denied");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "s4://b/p                     | did you mean s3:?",
                "s3:/b/p                      | write s3://BUCKET/PREFIX",
                "s3://bucket//p               | bad prefix",
                "s3://buc ket/p               | bad name of a bucket",
                "s3://bucket?regoin=eu-west-1 | did you mean region?",
                "s3://bucket?region=Paris     | write one like region=",
                "s3://key:secret@bucket/p     | credentials in a bucket URL",
                "s3://bucket?secret-key=abc   | credentials in a bucket URL",
                "s3://bucket?endpoint=host:90 | write endpoint=http://HOST:PORT",
                "file://bucket                | with an absolute path",
                "bucket                       | file:///DIRECTORY"
            })
    void aUrlWithAMistake(String url, String remedy) {
        assertThat(refusal(url))
                .contains("archive.bucket")
                .contains(remedy)
                .doesNotContain("abc", "key:secret");
    }
}
