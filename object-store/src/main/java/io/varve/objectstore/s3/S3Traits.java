// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.s3;

import io.varve.objectstore.StoreTraits;
import io.varve.objectstore.StoreTraits.Trait;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.BucketVersioningStatus;
import software.amazon.awssdk.services.s3.model.DefaultRetention;
import software.amazon.awssdk.services.s3.model.GetBucketVersioningResponse;
import software.amazon.awssdk.services.s3.model.ObjectLockConfiguration;

/// Asks a bucket what it is: three requests, each of which may be refused or unknown to the server.
final class S3Traits {
    private final String bucket;
    private final S3Connection connection;

    S3Traits(S3Address address, S3Connection connection) {
        this.bucket = address.bucket();
        this.connection = connection;
    }

    StoreTraits look() {
        return new StoreTraits(versions(), retention(), new Trait.Absent(), region());
    }

    private Trait versions() {
        return ask(
                "s3:GetBucketVersioning",
                client -> versions(client.getBucketVersioning(request -> request.bucket(bucket))));
    }

    /// After a suspension old versions stay, and a delete leaves a marker where one was.
    private static Trait versions(GetBucketVersioningResponse answer) {
        boolean on =
                answer.status() == BucketVersioningStatus.ENABLED
                        || answer.status() == BucketVersioningStatus.SUSPENDED;
        return on ? new Trait.Present("versioning=" + answer.statusAsString()) : new Trait.Absent();
    }

    private Trait retention() {
        return ask(
                "s3:GetBucketObjectLockConfiguration",
                client ->
                        retention(
                                client.getObjectLockConfiguration(request -> request.bucket(bucket))
                                        .objectLockConfiguration()));
    }

    /// Without a default, only those objects are locked that somebody locks.
    private static Trait retention(@Nullable ObjectLockConfiguration lock) {
        if (lock == null || lock.rule() == null || lock.rule().defaultRetention() == null) {
            return new Trait.Absent();
        }
        DefaultRetention each = lock.rule().defaultRetention();
        return new Trait.Present(
                "object lock, mode="
                        + each.modeAsString()
                        + (each.days() == null ? "" : ", days=" + each.days())
                        + (each.years() == null ? "" : ", years=" + each.years()));
    }

    private Optional<String> region() {
        try {
            String region =
                    connection
                            .call(client -> client.headBucket(request -> request.bucket(bucket)))
                            .bucketRegion();
            return region == null || region.isBlank() ? Optional.empty() : Optional.of(region);
        } catch (SdkException e) {
            return Optional.empty();
        }
    }

    private Trait ask(String permission, Function<S3Client, Trait> question) {
        try {
            return connection.call(question);
        } catch (AwsServiceException e) {
            return refused(permission, e.statusCode(), S3Retries.code(e));
        } catch (SdkException e) {
            return new Trait.Unknown("no answer from the store");
        }
    }

    private static Trait refused(String permission, int status, String code) {
        if (status == 404 && code.startsWith("ObjectLockConfigurationNotFound")) {
            return new Trait.Absent();
        }
        if (status == 403) {
            return new Trait.Unknown("the credentials may not ask, it takes " + permission);
        }
        if (status == 501 || status == 405) {
            return new Trait.Unknown("the server does not know the request");
        }
        return new Trait.Unknown(
                "the store refused to say: status="
                        + status
                        + (code.isEmpty() ? "" : ", code=" + code));
    }
}
