// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.bucket;

import static io.varve.cli.shell.JsonShape.assertJsonShape;
import static io.varve.cli.shell.JsonShape.assertShape;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.varve.cli.Run;
import io.varve.cli.bucket.AccessView.Verdict;
import io.varve.manifest.generation.ClusterFiles;
import io.varve.manifest.generation.ClusterIdentity;
import io.varve.objectstore.ObjectBody;
import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.ObjectStoreException;
import io.varve.objectstore.ObjectStores;
import io.varve.objectstore.ProbeResult;
import io.varve.objectstore.PutMode;
import io.varve.objectstore.StoreOperation;
import io.varve.objectstore.StoreProbe;
import io.varve.objectstore.StoreTraits;
import io.varve.objectstore.StoreTraits.Trait;
import io.varve.objectstore.faulty.Fault;
import io.varve.objectstore.faulty.FaultyObjectStore;
import io.varve.objectstore.faulty.ScriptedFaults;
import io.varve.objectstore.memory.MemoryObjectStore;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BucketVerifyAccessTest {
    @TempDir Path folder;
    private String bucket;

    @BeforeEach
    void make() throws ObjectStoreException {
        bucket = folder.resolve("bucket").toUri().toString();
        try (ObjectStore store = ObjectStores.open(bucket)) {
            store.put("kept", ObjectBody.of(new byte[3_000]), PutMode.IF_ABSENT);
        }
    }

    private static Run verify(String url, String... more) {
        List<String> arguments =
                new ArrayList<>(List.of("bucket", "verify-access", "--bucket", url));
        arguments.addAll(List.of(more));
        return Run.of(arguments.toArray(String[]::new));
    }

    @Test
    void aGoodBucketIsShownAsATableAndAsJson() throws Exception {
        Run text = verify(bucket);
        Run json = verify(bucket, "-o", "json");

        assertThat(text.exitCode()).as(text.out() + text.err()).isZero();
        assertThat(text.out())
                .contains("CHECK", "put-if-absent-race", "checksum", "clock", "versions")
                .endsWith("a cluster may use this bucket\n");
        assertThat(json.exitCode()).isZero();
        assertJsonShape("bucket-verify-access", json.out());
        JsonNode view = new ObjectMapper().readTree(json.out());
        assertThat(view.get("verdict").asText()).isEqualTo("usable");
        assertThat(view.get("checks").findValuesAsText("result")).containsOnly("ok");
        try (ObjectStore store = ObjectStores.openExisting(bucket)) {
            assertThat(store.list("", "", 10)).hasSize(1);
        }
    }

    @Test
    void aReaderTriesReadingOnly() throws Exception {
        Run json = verify(bucket, "--read-only", "-o", "json");

        assertThat(json.exitCode()).isZero();
        assertJsonShape("bucket-verify-access", json.out());
        assertThat(new ObjectMapper().readTree(json.out()).get("checks").findValuesAsText("check"))
                .containsExactly("list-after-write", "ranged-read", "missing-object", "clock");
        assertThat(verify(bucket, "--read-only").out()).endsWith("a reader may use this bucket\n");
    }

    @Test
    void aPrefixInsideAnotherClustersIsBadNews() throws Exception {
        try (ObjectStore store = ObjectStores.open(bucket)) {
            ClusterFiles.createIdentity(store, new ClusterIdentity(1, "outer", 0));
        }
        String inner = bucket + (bucket.endsWith("/") ? "" : "/") + "team";
        try (ObjectStore store = ObjectStores.open(inner)) {
            assertThat(store.list("", "", 1)).isEmpty();
        }

        Run run = verify(inner);

        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.out()).contains("must not use this bucket", "cluster id=outer");
        assertThat(verify(bucket).exitCode()).isZero();
    }

    @Test
    void aStoreThatDoesNotAnswerIsNotJudged() {
        ScriptedFaults away = new ScriptedFaults();
        away.after(5, 1_000, StoreOperation.PUT, "", new Fault.Throttle());

        AccessView view = view(away);

        assertThat(view.verdict()).isEqualTo(Verdict.unknown);
        assertThat(view.problem()).contains("try again");
        assertShape("bucket-verify-access", view);
    }

    @Test
    void aRefusalAndABrokenPromiseAreBadNews() {
        AccessView refused = view(denying(StoreOperation.PUT));
        ScriptedFaults forgetful = new ScriptedFaults();
        forgetful.after(1, 1, StoreOperation.LIST, "", new Fault.ForgetEntry(1));
        AccessView broken = view(forgetful);

        assertThat(refused.verdict()).isEqualTo(Verdict.unusable);
        assertThat(refused.problem()).contains("denied");
        assertThat(broken.verdict()).isEqualTo(Verdict.unusable);
        assertThat(AccessText.of(broken))
                .contains("list-after-write", "broken", "does not keep its promises");
        assertShape("bucket-verify-access", refused);
        assertShape("bucket-verify-access", broken);
    }

    private static ScriptedFaults denying(StoreOperation operation) {
        ScriptedFaults faults = new ScriptedFaults();
        faults.next(1_000, operation, "", new Fault.Deny());
        return faults;
    }

    private static AccessView view(ScriptedFaults faults) {
        ObjectStore store =
                new FaultyObjectStore(
                        new MemoryObjectStore(InstantSource.system()), faults, _ -> {});
        ProbeResult result = StoreProbe.run(store, "probe/x/", InstantSource.system());
        return AccessView.of(result, false, Optional.empty());
    }

    @Test
    void whatABucketIsIsSaid() {
        StoreTraits traits =
                new StoreTraits(
                        new Trait.Present("versioning=Enabled"),
                        new Trait.Unknown("it takes s3:GetBucketObjectLockConfiguration"),
                        new Trait.Absent(),
                        Optional.of("eu-west-3"));
        AccessView view =
                AccessView.of(
                        new ProbeResult("s3://b", traits, List.of()), false, Optional.empty());

        assertThat(AccessText.of(view))
                .contains("region eu-west-3", "versioning=Enabled", "stays and costs")
                .contains(
                        "not known whether it locks new objects: it takes s3:GetBucketObjectLock");
        assertShape("bucket-verify-access", view);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "s4://b/p                     | did you mean s3:?",
                "s3://bucket?regoin=eu-west-1 | did you mean region?",
                "s3://key:sesame@bucket/p     | credentials in a bucket URL",
                "file://bucket                | with an absolute path",
                "file:///no/such/bucket       | no/such/bucket"
            })
    void aUrlWithAMistakeIsAFailureThatSaysWhatToChange(String url, String remedy) {
        for (String command : List.of("verify-access", "ls", "tree", "du")) {
            Run run = Run.of("bucket", command, "--bucket", url);

            assertThat(run.exitCode()).as(command).isEqualTo(2);
            assertThat(run.err().lines()).as(command).hasSize(1);
            assertThat(run.err()).contains("--bucket", remedy).doesNotContain("sesame");
            assertThat(run.out()).isEmpty();
        }
    }
}
