// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.shell;

import io.varve.objectstore.BucketUrlException;
import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.ObjectStoreException;
import io.varve.objectstore.ObjectStores;
import picocli.CommandLine.Option;

/// The option of commands that work on a bucket; none of them makes one.
public final class BucketAccess {
    @Option(
            names = "--bucket",
            required = true,
            description = "URL of the bucket",
            paramLabel = "URL")
    private String url = "";

    public String url() {
        return url;
    }

    /// Opens the bucket, which must be there.
    public ObjectStore open() throws CommandFailure {
        try {
            return ObjectStores.openExisting(url);
        } catch (BucketUrlException e) {
            throw new CommandFailure("--bucket: " + e.getMessage(), e);
        } catch (ObjectStoreException e) {
            throw failure("cannot open the bucket", e);
        }
    }

    /// A failure of the store as one line.
    public CommandFailure failure(String what, ObjectStoreException e) {
        return new CommandFailure(what + ": --bucket=" + url + ": " + e.getMessage(), e);
    }
}
