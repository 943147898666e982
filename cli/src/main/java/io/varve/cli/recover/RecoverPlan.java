// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.recover;

import io.varve.cli.shell.BucketAccess;
import io.varve.cli.shell.CommandFailure;
import io.varve.cli.shell.ExitCode;
import io.varve.cli.shell.Output;
import io.varve.manifest.VersionTooNewException;
import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.ObjectStoreException;
import io.varve.recovery.RecoveryException;
import io.varve.recovery.RecoveryPlanner;
import io.varve.recovery.TopicPlanner;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/// `varve recover plan`
@Command(
        name = "plan",
        description =
                "What a restore would bring back, what is lost, and what it costs; changes nothing.",
        footer = {
            "",
            "Exit code 1 when something is lost or damaged.",
            "Example:  varve recover plan --cluster --bucket file:///var/lib/varve/bucket",
            "          varve recover plan --topic orders --bucket file:///var/lib/varve/bucket"
        })
final class RecoverPlan implements Callable<Integer> {
    @Mixin private final Output output = new Output();

    @ArgGroup(multiplicity = "1")
    private RecoverScope scope = new RecoverScope();

    @Mixin private final BucketAccess bucket = new BucketAccess();
    @Mixin private final OffsetGap offsetGap = new OffsetGap();

    @Override
    public Integer call() throws CommandFailure {
        long gap = offsetGap.offsets();
        try (ObjectStore store = bucket.open()) {
            if (!scope.topics().isEmpty()) {
                TopicPlanView plan =
                        TopicPlanView.of(bucket.url(), TopicPlanner.plan(store, scope.topics()));
                output.print(plan, plan.text());
                return plan.lost().isEmpty() ? ExitCode.DONE : ExitCode.BAD_NEWS;
            }
            PlanView plan = PlanView.of(bucket.url(), RecoveryPlanner.plan(store, gap));
            output.print(plan, ReportText.plan(plan));
            return plan.lost().isEmpty() ? ExitCode.DONE : ExitCode.BAD_NEWS;
        } catch (RecoveryException | VersionTooNewException e) {
            throw new CommandFailure(e.getMessage() + ": --bucket=" + bucket.url(), e);
        } catch (ObjectStoreException e) {
            throw bucket.failure("cannot plan " + scope.named(), e);
        }
    }
}
