// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.audit;

import io.varve.cli.shell.BucketAccess;
import io.varve.cli.shell.CommandFailure;
import io.varve.cli.shell.ExitCode;
import io.varve.cli.shell.Output;
import io.varve.cli.shell.ProgressLine;
import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.ObjectStoreException;
import io.varve.recovery.RecoveryException;
import io.varve.recovery.audit.Audit;
import io.varve.recovery.audit.AuditLevel;
import io.varve.recovery.audit.AuditOptions;
import io.varve.recovery.audit.AuditReport;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// `varve audit`
@Command(
        name = "audit",
        description = "Says what is wrong with a bucket; reads only, and needs no broker.",
        footer = {
            "",
            "Exit code 1 when something is wrong, 2 when that could not be found out.",
            "Example:  varve audit --level bytes --bucket file:///var/lib/varve/bucket"
        })
public final class AuditCommand implements Callable<Integer> {
    @Mixin private final Output output = new Output();
    @Mixin private final BucketAccess bucket = new BucketAccess();

    @Option(
            names = "--level",
            description =
                    "names: listings and documents; indexes: every pack's index too; bytes: every byte (default: ${DEFAULT-VALUE})",
            defaultValue = "indexes",
            paramLabel = "LEVEL")
    private Level level = Level.indexes;

    @Option(
            names = "--topic",
            arity = "1..*",
            description = "only these topics (default: the whole bucket)",
            paramLabel = "NAME")
    private Set<String> topics = new LinkedHashSet<>();

    @Option(
            names = "--delete-grace-ms",
            description =
                    "archive.delete.grace.ms of the cluster, when it is not the default: what nothing names and is older is an orphan",
            paramLabel = "MS")
    private long graceMs = -1;

    @Option(
            names = "--undelete-ms",
            description = "archive.topic.undelete.ms of the cluster, when it is not the default",
            paramLabel = "MS")
    private long undeleteMs = -1;

    /// As people write it.
    enum Level {
        names(AuditLevel.NAMES),
        indexes(AuditLevel.INDEXES),
        bytes(AuditLevel.BYTES);

        private final AuditLevel level;

        Level(AuditLevel level) {
            this.level = level;
        }
    }

    @Override
    public Integer call() throws CommandFailure {
        try (ObjectStore store = bucket.open();
                ProgressLine progress = ProgressLine.onTerminal(output)) {
            AuditReport report =
                    Audit.run(
                            store, options().withProgress((objects, _) -> progress.seen(objects)));
            AuditView view = AuditView.of(bucket.url(), report);
            progress.clear();
            output.print(view, AuditText.of(view));
            return view.isClean() ? ExitCode.DONE : ExitCode.BAD_NEWS;
        } catch (RecoveryException e) {
            throw new CommandFailure(e.getMessage() + ": --bucket=" + bucket.url(), e);
        } catch (ObjectStoreException e) {
            throw bucket.failure("cannot audit", e);
        }
    }

    /// The limits of the cluster are not in its bucket.
    private AuditOptions options() {
        AuditOptions options = AuditOptions.of(level.level).withTopics(topics);
        if (graceMs >= 0) {
            options = options.withGrace(Duration.ofMillis(graceMs));
        }
        return undeleteMs >= 0 ? options.withUndelete(Duration.ofMillis(undeleteMs)) : options;
    }
}
