// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.recover;

import io.varve.broker.config.HostPort;
import io.varve.broker.http.AdminView.ClusterInfo;
import io.varve.cli.recover.TopicRecovery.Wanted;
import io.varve.cli.shell.BrokerHttp;
import io.varve.cli.shell.BucketAccess;
import io.varve.cli.shell.ClusterAccess;
import io.varve.cli.shell.CommandFailure;
import io.varve.cli.shell.Confirmation;
import io.varve.cli.shell.ExitCode;
import io.varve.cli.shell.Output;
import io.varve.manifest.VersionTooNewException;
import io.varve.objectstore.BucketUrlException;
import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.ObjectStoreException;
import io.varve.recovery.RecoveryException;
import io.varve.recovery.RecoveryOptions;
import io.varve.recovery.RecoveryPlan;
import io.varve.recovery.RecoveryPlanner;
import io.varve.recovery.RecoveryReport;
import io.varve.recovery.RecoveryRun;
import io.varve.recovery.TopicPlanner;
import io.varve.recovery.TopicSource;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// `varve recover run`
@Command(
        name = "run",
        description =
                "Claims the cluster's next generation and prepares it in the bucket; brokers started on empty directories open it. Or brings topics back into a cluster that runs.",
        footer = {
            "",
            "Interrupted anywhere, it is simply run again. Exit code 1 when something was lost.",
            "Example:  varve recover run --cluster --bucket file:///var/lib/varve/bucket",
            "          varve recover run --topic orders --bootstrap 127.0.0.1:9092 --bucket file:///var/lib/varve/bucket"
        })
final class RecoverRun implements Callable<Integer> {
    @Mixin private final Output output = new Output();

    @ArgGroup(multiplicity = "1")
    private RecoverScope scope = new RecoverScope();

    @Mixin private final BucketAccess bucket = new BucketAccess();
    @Mixin private final ClusterAccess cluster = new ClusterAccess();
    @Mixin private final OffsetGap offsetGap = new OffsetGap();
    @Mixin private final Confirmation confirmation = new Confirmation();

    @Option(
            names = "--force",
            description = "go on although a broker of the old generation gave a sign of life")
    private boolean force;

    @Option(
            names = "--accept-loss",
            description = "restore the rest when something is lost or damaged")
    private boolean acceptLoss;

    @Option(
            names = "--wait",
            description =
                    "wait for a broker of the restored cluster there, and measure the time to restore",
            paramLabel = "HOST:PORT")
    private @Nullable String wait;

    @Option(
            names = "--as",
            description = "a topic's new name (with one --topic; default: its own)",
            paramLabel = "NEW")
    private @Nullable String as;

    @Option(
            names = "--target-bucket",
            description = "bucket of the running cluster (default: asked of the broker)",
            paramLabel = "URL")
    private @Nullable String targetBucket;

    @Override
    public Integer call() throws CommandFailure {
        long startNs = System.nanoTime();
        List<String> topics = scope.topics();
        if (as != null && topics.size() != 1) {
            throw new CommandFailure("--as gives one topic a name: give one --topic with it");
        }
        if (!topics.isEmpty()) {
            return restoreTopics(topics, startNs);
        }
        if (wait != null && HostPort.parse(wait) == null) {
            throw new CommandFailure("not an address: --wait=" + wait + "; give HOST:PORT");
        }
        RecoveryOptions options = options();
        try (ObjectStore store = bucket.open()) {
            if (!confirmation.granted(output, intent(store))) {
                return ExitCode.DONE;
            }
            RecoveryReport report =
                    new RecoveryRun(store, options, InstantSource.system(), output::say).run();
            RunView.Rto rto =
                    wait == null
                            ? null
                            : new RestoreTimes(wait, startNs, output::say).measure(report.topics());
            RunView view = RunView.of(report, rto);
            output.print(view, view.text());
            return report.isWhole() ? ExitCode.DONE : ExitCode.BAD_NEWS;
        } catch (RecoveryException | VersionTooNewException e) {
            throw new CommandFailure(e.getMessage() + ": --bucket=" + bucket.url(), e);
        } catch (ObjectStoreException e) {
            throw bucket.failure(
                    "cannot recover " + scope.named() + "; run it again, it goes on where it was",
                    e);
        }
    }

    private int restoreTopics(List<String> topics, long startNs) throws CommandFailure {
        if (force || acceptLoss || wait != null || offsetGap.offsets() > 0) {
            throw new CommandFailure(
                    "--force, --accept-loss, --wait and --offset-gap go with --cluster only");
        }
        BrokerHttp broker = cluster.brokers().getFirst();
        ClusterInfo info = broker.get("/api/v1/cluster", ClusterInfo.class);
        String url = targetBucket == null ? info.bucket() : targetBucket;
        try (ObjectStore source = bucket.open();
                ObjectStore target = bucket.open("--target-bucket", url)) {
            List<Wanted> wanted = new ArrayList<>();
            for (TopicSource found : TopicPlanner.plan(source, topics)) {
                String name = as;
                wanted.add(new Wanted(found, name == null ? found.topic().name() : name));
            }
            TopicRecovery recovery = new TopicRecovery(source, target, broker, info, output::say);
            recovery.check(wanted);
            if (!confirmation.granted(output, intent(wanted))) {
                return ExitCode.DONE;
            }
            TopicRunView view = recovery.run(wanted, "varve recover run " + runner(), startNs);
            output.print(view, view.text());
            return ExitCode.DONE;
        } catch (RecoveryException | VersionTooNewException e) {
            throw new CommandFailure(e.getMessage() + ": --bucket=" + bucket.url(), e);
        } catch (BucketUrlException e) {
            throw new CommandFailure("the cluster's bucket: " + e.getMessage(), e);
        } catch (IOException e) {
            throw new CommandFailure(
                    "cannot recover "
                            + scope.named()
                            + ", nothing that was there is changed; run it again: --bucket="
                            + bucket.url()
                            + ", target="
                            + url
                            + ": "
                            + e.getMessage(),
                    e);
        }
    }

    private String intent(List<Wanted> topics) {
        List<String> lines =
                topics.stream()
                        .map(wanted ->
                                wanted.source().topic().name()
                                        + "."
                                        + wanted.source().topic().id()
                                        + (wanted.source().deleted() ? " (deleted)" : " (alive)")
                                        + " as "
                                        + wanted.name()
                                        + ", partitions="
                                        + wanted.source().topic().partitions().size()
                                        + ", bytes="
                                        + wanted.source().bytes())
                        .toList();
        return "restore out of "
                + bucket.url()
                + " into the cluster at "
                + cluster.bootstrap()
                + ": "
                + String.join("; ", lines);
    }

    /// What would be done, in words. Costs a plan, so that it is asked for only when somebody reads
    /// it.
    private String intent(ObjectStore store) throws ObjectStoreException, RecoveryException {
        if (confirmation.unasked()) {
            return "restore " + scope.named() + " in " + bucket.url();
        }
        RecoveryPlan plan = RecoveryPlanner.plan(store);
        return "restore cluster "
                + plan.clusterId()
                + " in "
                + bucket.url()
                + " as generation "
                + plan.target()
                + " from generation "
                + plan.source()
                + ", whose brokers are shut out for ever: topics="
                + plan.topics().size()
                + ", groups="
                + plan.groups().size()
                + ", lowered group offsets="
                + plan.lowered().size()
                + ", lost="
                + plan.lost().size();
    }

    private RecoveryOptions options() throws CommandFailure {
        RecoveryOptions options =
                RecoveryOptions.careful(runner()).withOffsetGap(offsetGap.offsets());
        if (force) {
            options = options.withForce();
        }
        return acceptLoss ? options.withAcceptLoss() : options;
    }

    private static String runner() {
        String host;
        try {
            host = InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException e) {
            host = "unnamed";
        }
        return host
                + "-"
                + ProcessHandle.current().pid()
                + "-"
                + Long.toHexString(new SecureRandom().nextLong());
    }
}
