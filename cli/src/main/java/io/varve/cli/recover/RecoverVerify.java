// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.recover;

import io.varve.cli.shell.BucketAccess;
import io.varve.cli.shell.ClusterAccess;
import io.varve.cli.shell.CommandFailure;
import io.varve.cli.shell.ExitCode;
import io.varve.cli.shell.Output;
import io.varve.manifest.VersionTooNewException;
import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.ObjectStoreException;
import io.varve.recovery.RecoveryException;
import io.varve.recovery.RecoveryVerify;
import io.varve.recovery.Verification;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/// `varve recover verify`
@Command(
        name = "verify",
        description =
                "Compares a running cluster with its bucket: topics, settings, offsets, groups, every record.",
        footer = {
            "",
            "Exit code 1 when something does not match.",
            "Example:  varve recover verify --bucket file:///var/lib/varve/bucket --bootstrap 127.0.0.1:9092"
        })
final class RecoverVerify implements Callable<Integer> {
    @Mixin private final Output output = new Output();
    @Mixin private final BucketAccess bucket = new BucketAccess();
    @Mixin private final ClusterAccess cluster = new ClusterAccess();

    /// What is printed.
    record Verified(
            String bucket,
            String bootstrap,
            int generation,
            long partitions,
            long records,
            boolean matches,
            List<Mismatch> mismatches) {
        static Verified of(String bucket, String bootstrap, Verification result) {
            return new Verified(
                    bucket,
                    bootstrap,
                    result.generation(),
                    result.partitions(),
                    result.records(),
                    result.matches(),
                    result.mismatches().stream()
                            .map(each ->
                                    new Mismatch(
                                            each.what().label(), each.subject(), each.message()))
                            .toList());
        }

        String text() {
            StringBuilder text = new StringBuilder();
            mismatches.forEach(each ->
                    text.append(each.what())
                            .append(' ')
                            .append(each.subject())
                            .append(": ")
                            .append(each.message())
                            .append('\n'));
            return text.append(matches ? "all matches" : "mismatches: " + mismatches.size())
                    .append(": generation=")
                    .append(generation)
                    .append(", partitions=")
                    .append(partitions)
                    .append(", records=")
                    .append(records)
                    .append('\n')
                    .toString();
        }
    }

    /// @param subject topic, partition or group
    record Mismatch(String what, String subject, String message) {}

    @Override
    public Integer call() throws CommandFailure {
        try (ObjectStore store = bucket.open();
                KafkaClusterView view = new KafkaClusterView(cluster)) {
            Verified verified =
                    Verified.of(
                            bucket.url(), cluster.bootstrap(), RecoveryVerify.verify(store, view));
            output.print(verified, verified.text());
            return verified.matches() ? ExitCode.DONE : ExitCode.BAD_NEWS;
        } catch (RecoveryException | VersionTooNewException e) {
            throw new CommandFailure(e.getMessage() + ": --bucket=" + bucket.url(), e);
        } catch (ObjectStoreException e) {
            throw bucket.failure("cannot verify", e);
        } catch (IOException | UncheckedIOException e) {
            throw new CommandFailure("cannot verify: " + e.getMessage(), e);
        }
    }
}
