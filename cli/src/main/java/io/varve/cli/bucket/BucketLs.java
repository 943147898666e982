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
    private static final int PAGE = 1_000;

    @Mixin private final Output output = new Output();
    @Mixin private final BucketAccess bucket = new BucketAccess();

    @Parameters(
            index = "0",
            arity = "0..1",
            paramLabel = "PREFIX",
            defaultValue = "",
            description = "only keys that begin so")
    private String prefix = "";

    /// One line of JSON.
    record Line(String key, long bytes, String lastModified) {}

    @Override
    public Integer call() throws CommandFailure {
        PrintWriter out = output.out();
        try (ObjectStore store = bucket.open()) {
            String after = "";
            List<ObjectInfo> page = store.list(prefix, after, PAGE);
            while (!page.isEmpty()) {
                for (ObjectInfo object : page) {
                    out.println(line(object));
                }
                after = page.getLast().key();
                page = page.size() < PAGE ? List.of() : store.list(prefix, after, PAGE);
            }
            out.flush();
            return ExitCode.DONE;
        } catch (IllegalArgumentException e) {
            throw new CommandFailure("not a prefix: " + prefix + ": " + e.getMessage(), e);
        } catch (ObjectStoreException e) {
            throw bucket.failure("cannot list", e);
        }
    }

    private String line(ObjectInfo object) {
        return output.json()
                ? Output.toJsonLine(
                        new Line(object.key(), object.bytes(), object.lastModified().toString()))
                : String.format(
                        "%12d  %s  %s", object.bytes(), object.lastModified(), object.key());
    }
}
