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
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/// `varve bucket show`
@Command(
        name = "show",
        description = "What one object says: a pack's index, a checkpoint's state, a document.",
        footer = {
            "",
            "Exit code 1 when the object is damaged.",
            "Example:  varve bucket show varve.json --bucket file:///var/lib/varve/bucket"
        })
final class BucketShow implements Callable<Integer> {
    @Mixin private final Output output = new Output();
    @Mixin private final BucketAccess bucket = new BucketAccess();

    @Parameters(index = "0", paramLabel = "KEY")
    private String key = "";

    @Override
    public Integer call() throws CommandFailure {
        try (ObjectStore store = bucket.open()) {
            String text = ShownObject.text(store, key);
            output.out().println(text.stripTrailing());
            output.out().flush();
            return ExitCode.DONE;
        } catch (CorruptObjectException e) {
            output.say("damaged: " + naming(e));
            return ExitCode.BAD_NEWS;
        } catch (VersionTooNewException e) {
            throw new CommandFailure(naming(e) + ": --bucket=" + bucket.url(), e);
        } catch (IllegalArgumentException e) {
            throw new CommandFailure("not a key: " + key + ": " + e.getMessage(), e);
        } catch (ObjectStoreException e) {
            throw bucket.failure("cannot show " + key, e);
        }
    }

    private String naming(RuntimeException e) {
        String message = String.valueOf(e.getMessage());
        return message.contains(key) ? message : message + ": object=" + key;
    }
}
