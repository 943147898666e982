// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.bucket;

import io.varve.cli.shell.BucketAccess;
import io.varve.cli.shell.CommandFailure;
import io.varve.cli.shell.ExitCode;
import io.varve.cli.shell.Output;
import io.varve.manifest.generation.NestedClusters;
import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.ObjectStoreException;
import io.varve.objectstore.ProbeResult;
import io.varve.objectstore.ReadProbe;
import io.varve.objectstore.StoreProbe;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// `varve bucket verify-access`
@Command(
        name = "verify-access",
        description =
                "Tries what a bucket really does, as a broker does at its start: writes a few small objects and removes them.",
        footer = {
            "",
            "Exit code 1 when a cluster must not use it, 2 when that could not be found out.",
            "Example:  varve bucket verify-access --bucket file:///var/lib/varve/bucket"
        })
final class BucketVerifyAccess implements Callable<Integer> {
    private static final int NAME_BYTES = 8;

    @Mixin private final Output output = new Output();
    @Mixin private final BucketAccess bucket = new BucketAccess();

    @Option(names = "--read-only", description = "only what a reader needs; writes nothing")
    private boolean readOnly;

    @Override
    public Integer call() throws CommandFailure {
        byte[] name = new byte[NAME_BYTES];
        new SecureRandom().nextBytes(name);
        String key = "probe/" + HexFormat.of().formatHex(name);
        InstantSource clock = InstantSource.system();
        try (ObjectStore store = bucket.open()) {
            ProbeResult result =
                    readOnly
                            ? ReadProbe.run(store, key, clock)
                            : StoreProbe.persist(store, key + "/", clock);
            AccessView view = AccessView.of(result, readOnly, neighbour(store, result));
            output.print(view, AccessText.of(view));
            return switch (view.verdict()) {
                case usable -> ExitCode.DONE;
                case unusable -> ExitCode.BAD_NEWS;
                case unknown -> {
                    output.say(view.problem() + ": --bucket=" + bucket.url());
                    yield ExitCode.FAILED;
                }
            };
        } catch (ObjectStoreException e) {
            throw bucket.failure("cannot look for other clusters", e);
        }
    }

    /// Readers may read anywhere; a store that does not answer is not asked again.
    private Optional<String> neighbour(ObjectStore store, ProbeResult result)
            throws ObjectStoreException {
        return readOnly || !result.passed()
                ? Optional.empty()
                : NestedClusters.find(store).map(NestedClusters.Neighbour::text);
    }
}
