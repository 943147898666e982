// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.shell;

import io.varve.objectstore.BucketSettings;
import io.varve.objectstore.BucketUrlException;
import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.ObjectStoreException;
import io.varve.objectstore.ObjectStores;
import io.varve.objectstore.RequestMeter;
import io.varve.objectstore.StoreAccess;
import io.varve.objectstore.StorePrices;
import io.varve.objectstore.governed.GovernedBucket;
import io.varve.objectstore.governed.GovernorLimits;
import io.varve.objectstore.governed.Priority;
import io.varve.objectstore.governed.StoreGovernor;
import java.util.Map;
import picocli.CommandLine.Option;

/// The option of commands that work on a bucket; none of them makes one. Credentials, proxy and the
/// other `object-store.*` settings are taken from the environment, as a broker takes them
/// (`VARVE_OBJECT_STORE_AZURE_ACCOUNT_KEY`); without, each SDK looks where it always does.
public final class BucketAccess {
    @Option(
            names = "--bucket",
            required = true,
            description = "URL of the bucket",
            paramLabel = "URL")
    private String url = "";

    private final Map<String, String> environment;

    public BucketAccess() {
        this(System.getenv());
    }

    BucketAccess(Map<String, String> environment) {
        this.environment = environment;
    }

    public String url() {
        return url;
    }

    /// Opens the bucket, which must be there. Calls keep to the limits that the environment gives.
    public ObjectStore open() throws CommandFailure {
        return open("--bucket", url);
    }

    /// Opens another bucket in the same way, which must be there.
    ///
    /// @param option that names it, for messages
    public ObjectStore open(String option, String otherUrl) throws CommandFailure {
        BucketSettings settings = settings();
        StoreGovernor governor =
                new StoreGovernor(GovernorLimits.of(otherUrl, settings.rates()), System::nanoTime);
        try {
            ObjectStore store =
                    ObjectStores.openExisting(otherUrl, StoreAccess.of(settings, governor));
            return new GovernedBucket(store, governor, new RequestMeter()).allAs(Priority.READ);
        } catch (BucketUrlException e) {
            throw new CommandFailure(option + ": " + e.getMessage(), e);
        } catch (ObjectStoreException e) {
            throw new CommandFailure(
                    "cannot open the bucket: " + option + "=" + otherUrl + ": " + e.getMessage(),
                    e);
        }
    }

    /// How the bucket is reached, as the environment says.
    public BucketSettings settings() throws CommandFailure {
        try {
            return BucketSettings.ofEnvironment(environment);
        } catch (BucketUrlException e) {
            throw new CommandFailure("environment: " + e.getMessage(), e);
        }
    }

    /// What this bucket's store charges.
    public StorePrices prices() throws CommandFailure {
        return StorePrices.ofBucket(url, settings().prices());
    }

    /// A failure of the store as one line.
    public CommandFailure failure(String what, ObjectStoreException e) {
        return new CommandFailure(what + ": --bucket=" + url + ": " + e.getMessage(), e);
    }
}
