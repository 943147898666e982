// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.bucket;

import io.varve.cli.bucket.BucketUsage.Kind;
import io.varve.cli.bucket.BucketUsage.TopicUse;
import io.varve.cli.bucket.BucketUsage.Use;
import io.varve.cli.shell.BucketAccess;
import io.varve.cli.shell.ByteSize;
import io.varve.cli.shell.CommandFailure;
import io.varve.cli.shell.ExitCode;
import io.varve.cli.shell.Output;
import io.varve.cli.shell.ProgressLine;
import io.varve.cli.shell.Table;
import io.varve.manifest.CorruptObjectException;
import io.varve.manifest.ShardId;
import io.varve.manifest.VersionTooNewException;
import io.varve.manifest.checkpoint.CheckpointStore;
import io.varve.manifest.checkpoint.DoomedObject;
import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.ObjectStoreException;
import io.varve.objectstore.StorePrices;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// `varve bucket du`
@Command(
        name = "du",
        description = "What a bucket's objects take, by kind and by topic, and what that costs.",
        footer = {
            "",
            "Costs are list prices of storage alone; object-store.price.* overrides them.",
            "Example:  varve bucket du --topics 10 --bucket file:///var/lib/varve/bucket"
        })
final class BucketDu implements Callable<Integer> {
    /// Most topics in memory and in the answer.
    static final int TOPICS_MAX = 10_000;

    @Mixin private final Output output = new Output();
    @Mixin private final BucketAccess bucket = new BucketAccess();

    @Option(
            names = "--topics",
            description =
                    "how many topics are listed, the largest first (default: ${DEFAULT-VALUE})",
            defaultValue = "20",
            paramLabel = "N")
    private int topics = 20;

    /// The answer.
    ///
    /// @param monthlyUsd of storage alone
    /// @param doomed what waits for its deletion, as the newest checkpoints name it; it counts in
    ///   its kind too. Null when a checkpoint could not be read
    /// @param otherTopics those that are not listed
    record View(
            String bucket,
            long objects,
            long bytes,
            double monthlyUsd,
            String prices,
            List<KindRow> kinds,
            @Nullable Use doomed,
            List<TopicRow> topics,
            Others otherTopics) {}

    record KindRow(String kind, long objects, long bytes, double monthlyUsd) {}

    record TopicRow(String topic, long objects, long bytes, double monthlyUsd) {}

    record Others(long topics, long objects, long bytes) {}

    @Override
    public Integer call() throws CommandFailure {
        if (topics < 0 || topics > TOPICS_MAX) {
            throw new CommandFailure(
                    "not a count: --topics=" + topics + "; give 0 to " + TOPICS_MAX);
        }
        StorePrices prices = bucket.prices();
        try (ObjectStore store = bucket.open();
                ProgressLine progress = ProgressLine.onTerminal(output)) {
            BucketUsage usage = new BucketUsage(topics);
            ObjectPages.each(
                    store,
                    "",
                    "",
                    page -> {
                        page.forEach(usage::add);
                        progress.seen(usage.all().objects());
                        return true;
                    });
            @Nullable Use doomed = doomed(store, usage.newestCheckpoints());
            progress.clear();
            View view = view(usage, doomed, prices);
            output.print(view, text(view));
            return ExitCode.DONE;
        } catch (ObjectStoreException e) {
            throw bucket.failure("cannot list", e);
        }
    }

    /// A checkpoint that is gone has been replaced by a newer one meanwhile.
    private @Nullable Use doomed(ObjectStore store, Map<ShardId, Long> checkpoints)
            throws ObjectStoreException {
        Use doomed = Use.NONE;
        for (Map.Entry<ShardId, Long> newest : checkpoints.entrySet()) {
            try {
                for (DoomedObject object :
                        CheckpointStore.read(store, newest.getKey(), newest.getValue()).doomed()) {
                    doomed = doomed.plus(object.bytes());
                }
            } catch (CorruptObjectException
                    | VersionTooNewException
                    | ObjectStoreException.NotFound e) {
                output.say("doomed objects are not counted: " + e.getMessage());
                return null;
            }
        }
        return doomed;
    }

    private View view(BucketUsage usage, @Nullable Use doomed, StorePrices prices) {
        List<KindRow> kinds = new ArrayList<>();
        usage.kinds()
                .forEach((kind, use) ->
                        kinds.add(
                                new KindRow(
                                        kind.name(),
                                        use.objects(),
                                        use.bytes(),
                                        cost(prices, use.bytes()))));
        List<TopicRow> rows = new ArrayList<>();
        for (TopicUse each : usage.topics()) {
            rows.add(
                    new TopicRow(
                            each.topic(),
                            each.objects(),
                            each.bytes(),
                            cost(prices, each.bytes())));
        }
        Use others = usage.otherTopics();
        return new View(
                bucket.url(),
                usage.all().objects(),
                usage.all().bytes(),
                cost(prices, usage.all().bytes()),
                prices.table(),
                kinds,
                doomed,
                rows,
                new Others(usage.otherTopicCount(), others.objects(), others.bytes()));
    }

    /// To a hundredth of a cent: less is no money.
    private static double cost(StorePrices prices, long bytes) {
        return Math.round(prices.monthlyUsd(bytes) * 10_000) / 10_000.0;
    }

    private static String text(View view) {
        Table kinds = new Table("OBJECTS", "BYTES", "SIZE", "USD/MONTH", "KIND");
        for (KindRow row : view.kinds()) {
            if (row.objects() > 0) {
                String words = Kind.valueOf(row.kind()).words();
                kinds.row(
                        row.objects(),
                        row.bytes(),
                        ByteSize.text(row.bytes()),
                        usd(row.monthlyUsd()),
                        words);
            }
        }
        kinds.row(
                view.objects(),
                view.bytes(),
                ByteSize.text(view.bytes()),
                usd(view.monthlyUsd()),
                "all");
        StringBuilder text = new StringBuilder(kinds.toString());
        Use doomed = view.doomed();
        if (doomed != null) {
            text.append("of these wait for their deletion: objects=")
                    .append(doomed.objects())
                    .append(", bytes=")
                    .append(doomed.bytes())
                    .append('\n');
        }
        text.append("prices: ").append(view.prices()).append(", storage alone\n");
        return text.append(topicsText(view)).toString();
    }

    private static String topicsText(View view) {
        if (view.topics().isEmpty()) {
            return "";
        }
        Table table = new Table("OBJECTS", "BYTES", "SIZE", "USD/MONTH", "TOPIC");
        for (TopicRow row : view.topics()) {
            table.row(
                    row.objects(),
                    row.bytes(),
                    ByteSize.text(row.bytes()),
                    usd(row.monthlyUsd()),
                    row.topic());
        }
        Others others = view.otherTopics();
        return "\n"
                + table
                + (others.topics() == 0
                        ? ""
                        : "and "
                                + others.topics()
                                + " more topics of "
                                + ByteSize.text(others.bytes())
                                + ": --topics N\n");
    }

    private static String usd(double amount) {
        return String.format(Locale.ROOT, "%.4f", amount);
    }
}
