// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.bucket;

import io.varve.cli.shell.BucketAccess;
import io.varve.cli.shell.CommandFailure;
import io.varve.cli.shell.ExitCode;
import io.varve.cli.shell.Output;
import io.varve.manifest.CorruptObjectException;
import io.varve.manifest.VersionTooNewException;
import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.ObjectStoreException;
import io.varve.recovery.Finding;
import io.varve.recovery.PartitionContent;
import io.varve.recovery.PartitionPlan;
import io.varve.recovery.RecoveryException;
import io.varve.recovery.RecoveryPlan;
import io.varve.recovery.RecoveryPlanner;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.common.KafkaException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `varve bucket cat`
@Command(
        name = "cat",
        description =
                "Prints a partition's records from the bucket alone, each checksum checked (-o json: one JSON object a line).",
        footer = {
            "",
            "Exit code 1 when something of it is damaged or missing.",
            "Example:  varve bucket cat orders/0 --from 100 --max 10 --bucket file:///var/lib/varve/bucket"
        })
final class BucketCat implements Callable<Integer> {
    private static final Pattern PLACE = Pattern.compile("(.+)/([0-9]{1,9})");

    @Mixin private final Output output = new Output();
    @Mixin private final BucketAccess bucket = new BucketAccess();

    @Parameters(index = "0", paramLabel = "TOPIC/PARTITION", description = "e.g. orders/0")
    private String place = "";

    @Option(
            names = "--from",
            description = "first offset (default: the first there is)",
            paramLabel = "O")
    private long from;

    @Option(names = "--max", description = "end after so many records", paramLabel = "N")
    private long max = Long.MAX_VALUE;

    @Override
    public Integer call() throws CommandFailure {
        Matcher named = PLACE.matcher(place);
        if (!named.matches() || from < 0 || max < 1) {
            throw new CommandFailure(
                    "not a place: "
                            + place
                            + ", --from="
                            + from
                            + ", --max="
                            + max
                            + "; give TOPIC/PARTITION, an offset, a count");
        }
        try (ObjectStore store = bucket.open()) {
            RecoveryPlan plan = RecoveryPlanner.plan(store);
            PartitionPlan partition =
                    partition(plan, named.group(1), Integer.parseInt(named.group(2)));
            RecordPrinter printer = new RecordPrinter(output, partition, from, max);
            new PartitionContent(store, partition).read(from, printer::take);
            output.out().flush();
            return sayWhatIsMissing(plan, partition);
        } catch (CorruptObjectException | ObjectStoreException.NotFound | KafkaException e) {
            output.out().flush();
            output.say("damaged: " + e.getMessage());
            return ExitCode.BAD_NEWS;
        } catch (VersionTooNewException | RecoveryException e) {
            throw new CommandFailure(e.getMessage() + ": --bucket=" + bucket.url(), e);
        } catch (ObjectStoreException e) {
            throw bucket.failure("cannot read " + place, e);
        }
    }

    /// What was printed may end too early: damage that concerns this partition, or everything.
    private int sayWhatIsMissing(RecoveryPlan plan, PartitionPlan partition) {
        List<Finding> lost =
                plan.lost().stream()
                        .filter(finding ->
                                finding.topic() == null
                                        || (finding.topic().equals(partition.topicName())
                                                && Objects.equals(
                                                        finding.partition(),
                                                        partition.id().partition())))
                        .toList();
        lost.forEach(finding ->
                output.say(
                        "damaged: "
                                + finding.message()
                                + ": "
                                + finding.key()
                                + "; "
                                + finding.kind().remedy()));
        return lost.isEmpty() ? ExitCode.DONE : ExitCode.BAD_NEWS;
    }

    private PartitionPlan partition(RecoveryPlan plan, String topic, int number)
            throws CommandFailure {
        return plan.partition(topic, number)
                .orElseThrow(() ->
                        new CommandFailure(
                                "no such partition in the bucket: "
                                        + place
                                        + ", --bucket="
                                        + bucket.url()
                                        + "; varve recover plan shows what there is"));
    }
}
