// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.bucket;

import io.varve.cli.shell.BucketAccess;
import io.varve.cli.shell.CommandFailure;
import io.varve.cli.shell.ExitCode;
import io.varve.cli.shell.Output;
import io.varve.objectstore.ObjectInfo;
import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.ObjectStoreException;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `varve bucket ls`
@Command(
        name = "ls",
        description = "Lists objects, a page at a time (-o json: one JSON object a line).",
        footer = {
            "",
            "Example:  varve bucket ls topics/orders --bucket file:///var/lib/varve/bucket"
        })
final class BucketLs implements Callable<Integer> {
    @Mixin private final Output output = new Output();
    @Mixin private final BucketAccess bucket = new BucketAccess();

    @Parameters(
            index = "0",
            arity = "0..1",
            paramLabel = "PREFIX",
            defaultValue = "",
            description = "only keys that begin so")
    private String prefix = "";

    @Option(
            names = "--after",
            description = "begin behind this key, as at the last line of the page before",
            paramLabel = "KEY")
    private String after = "";

    @Option(names = "--max", description = "end after so many objects", paramLabel = "N")
    private long max = Long.MAX_VALUE;

    private long left;

    /// One line of JSON.
    record Line(String key, long bytes, String lastModified) {}

    @Override
    public Integer call() throws CommandFailure {
        if (max < 1) {
            throw new CommandFailure("not a count: --max=" + max + "; give 1 or more");
        }
        left = max;
        try (ObjectStore store = bucket.open()) {
            ObjectPages.each(store, prefix, after, this::print);
            return ExitCode.DONE;
        } catch (IllegalArgumentException e) {
            throw new CommandFailure(
                    "not a prefix or key: "
                            + prefix
                            + (after.isEmpty() ? "" : ", --after=" + after)
                            + ": "
                            + e.getMessage(),
                    e);
        } catch (ObjectStoreException e) {
            throw bucket.failure("cannot list", e);
        }
    }

    /// @return whether anybody wants more: whoever read us may have gone
    private boolean print(List<ObjectInfo> page) {
        PrintWriter out = output.out();
        for (ObjectInfo object : page) {
            if (left == 0) {
                break;
            }
            left--;
            out.println(line(object));
        }
        return !out.checkError() && left > 0;
    }

    private String line(ObjectInfo object) {
        return output.json()
                ? Output.toJsonLine(
                        new Line(object.key(), object.bytes(), object.lastModified().toString()))
                : String.format(
                        "%12d  %s  %s", object.bytes(), object.lastModified(), object.key());
    }
}
