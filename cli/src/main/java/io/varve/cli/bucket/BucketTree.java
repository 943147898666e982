// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.bucket;

import io.varve.cli.shell.BucketAccess;
import io.varve.cli.shell.ByteSize;
import io.varve.cli.shell.CommandFailure;
import io.varve.cli.shell.ExitCode;
import io.varve.cli.shell.Output;
import io.varve.cli.shell.ProgressLine;
import io.varve.cli.shell.Table;
import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.ObjectStoreException;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `varve bucket tree`
@Command(
        name = "tree",
        description = "Folders with the objects and bytes in and below each.",
        footer = {
            "",
            "Example:  varve bucket tree topics --depth 1 --bucket file:///var/lib/varve/bucket"
        })
final class BucketTree implements Callable<Integer> {
    /// Most folders in memory and in the answer.
    static final int FOLDERS_MAX = 10_000;

    private static final String INDENT = "  ";

    @Mixin private final Output output = new Output();
    @Mixin private final BucketAccess bucket = new BucketAccess();

    @Parameters(
            index = "0",
            arity = "0..1",
            paramLabel = "FOLDER",
            defaultValue = "",
            description = "only this folder (default: the whole bucket)")
    private String folder = "";

    @Option(
            names = "--depth",
            description = "levels of folders (default: ${DEFAULT-VALUE})",
            defaultValue = "2",
            paramLabel = "N")
    private int depth = 2;

    /// The answer.
    ///
    /// @param notShown folders that were too many; what is in them counts in those above
    record View(
            String bucket,
            String folder,
            int depth,
            long objects,
            long bytes,
            List<Row> folders,
            long notShown) {}

    /// One folder with what is in and below it.
    record Row(String folder, int depth, long objects, long bytes) {}

    @Override
    public Integer call() throws CommandFailure {
        if (depth < 0) {
            throw new CommandFailure("not a depth: --depth=" + depth + "; give 0 or more");
        }
        String root = folder.isEmpty() || folder.endsWith("/") ? folder : folder + "/";
        try (ObjectStore store = bucket.open();
                ProgressLine progress = ProgressLine.onTerminal(output)) {
            FolderTree tree = new FolderTree(root, depth, FOLDERS_MAX);
            ObjectPages.each(
                    store,
                    root,
                    "",
                    page -> {
                        page.forEach(tree::add);
                        progress.seen(tree.objects());
                        return true;
                    });
            progress.clear();
            View view = view(root, tree);
            output.print(view, text(view));
            return ExitCode.DONE;
        } catch (IllegalArgumentException e) {
            throw new CommandFailure("not a folder: " + folder + ": " + e.getMessage(), e);
        } catch (ObjectStoreException e) {
            throw bucket.failure("cannot list", e);
        }
    }

    private View view(String root, FolderTree tree) {
        List<Row> rows =
                tree.folders().stream()
                        .map(each ->
                                new Row(each.path(), each.depth(), each.objects(), each.bytes()))
                        .toList();
        Row whole = rows.getFirst();
        return new View(
                bucket.url(), root, depth, whole.objects(), whole.bytes(), rows, tree.notShown());
    }

    private static String text(View view) {
        Table table = new Table("OBJECTS", "BYTES", "SIZE", "FOLDER");
        for (Row row : view.folders()) {
            table.row(row.objects(), row.bytes(), ByteSize.text(row.bytes()), name(row));
        }
        return table
                + (view.notShown() == 0
                        ? ""
                        : "and "
                                + view.notShown()
                                + " more folders, counted in those above: give a FOLDER or a smaller --depth\n");
    }

    /// Its own part of the path, moved in.
    private static String name(Row row) {
        if (row.depth() == 0) {
            return row.folder().isEmpty() ? "/" : row.folder();
        }
        String path = row.folder();
        return INDENT.repeat(row.depth())
                + path.substring(path.lastIndexOf('/', path.length() - 2) + 1);
    }
}
