// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.gcs;

import com.google.api.services.storage.Storage;
import com.google.api.services.storage.model.Bucket;
import io.varve.objectstore.ObjectStoreException;
import io.varve.objectstore.StoreOperation;
import io.varve.objectstore.StoreTraits;
import io.varve.objectstore.StoreTraits.Trait;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Asks a bucket what it is: one request, which the role that a broker needs does not allow.
/// Immutable.
final class GcsTraits {
    private static final String FIELDS =
            "versioning,retentionPolicy,defaultEventBasedHold,softDeletePolicy,location";

    private final GcsAddress address;
    private final GcsConnection connection;

    GcsTraits(GcsAddress address, GcsConnection connection) {
        this.address = address;
        this.connection = connection;
    }

    StoreTraits look() {
        try {
            Bucket bucket =
                    connection.call(
                            StoreOperation.HEAD,
                            null,
                            0,
                            requests -> {
                                Storage.Buckets.Get get =
                                        requests.service()
                                                .buckets()
                                                .get(address.bucket())
                                                .setFields(FIELDS);
                                return requests.json(requests.request(get), Bucket.class).content();
                            });
            return of(bucket);
        } catch (ObjectStoreException.Transient e) {
            return unknown("no answer from the store");
        } catch (ObjectStoreException e) {
            return unknown(refused(e));
        }
    }

    private static String refused(ObjectStoreException error) {
        if (error.getCause() instanceof GcsRefusal refusal) {
            return refusal.status() == 403
                    ? "the credentials may not ask, it takes storage.buckets.get"
                    : "the store refused to say: status="
                            + refusal.status()
                            + (refusal.reason().isEmpty() ? "" : ", reason=" + refusal.reason());
        }
        return "the store's answer is not understood";
    }

    private static StoreTraits unknown(String why) {
        Trait trait = new Trait.Unknown(why);
        return new StoreTraits(trait, trait, trait, Optional.empty());
    }

    private static StoreTraits of(Bucket bucket) {
        @Nullable String location = bucket.getLocation();
        return new StoreTraits(
                versions(bucket.getVersioning()),
                retention(bucket),
                softDelete(bucket.getSoftDeletePolicy()),
                location == null || location.isBlank()
                        ? Optional.empty()
                        : Optional.of(location.toLowerCase(Locale.ROOT)));
    }

    private static Trait versions(Bucket.@Nullable Versioning versioning) {
        return versioning != null && Boolean.TRUE.equals(versioning.getEnabled())
                ? new Trait.Present("versioning=enabled")
                : new Trait.Absent();
    }

    private static Trait retention(Bucket bucket) {
        Bucket.@Nullable RetentionPolicy policy = bucket.getRetentionPolicy();
        if (policy != null && isPositive(policy.getRetentionPeriod())) {
            return new Trait.Present(
                    "retention policy, "
                            + time(policy.getRetentionPeriod())
                            + (Boolean.TRUE.equals(policy.getIsLocked()) ? ", locked" : ""));
        }
        return Boolean.TRUE.equals(bucket.getDefaultEventBasedHold())
                ? new Trait.Present("hold on each object, until somebody takes it off")
                : new Trait.Absent();
    }

    private static Trait softDelete(Bucket.@Nullable SoftDeletePolicy policy) {
        return policy != null && isPositive(policy.getRetentionDurationSeconds())
                ? new Trait.Present("soft delete, " + time(policy.getRetentionDurationSeconds()))
                : new Trait.Absent();
    }

    private static boolean isPositive(@Nullable Long seconds) {
        return seconds != null && seconds > 0;
    }

    private static String time(long seconds) {
        long days = Duration.ofSeconds(seconds).toDays();
        return days > 0 ? "days=" + days : "seconds=" + seconds;
    }
}
