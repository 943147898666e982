// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.s3;

import io.varve.objectstore.ObjectStoreException;
import java.net.UnknownHostException;
import java.security.cert.CertificateException;
import java.util.Set;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.SdkException;

/// What the SDK's errors mean to a caller, and what a human can do about them. Credentials are in
/// none of them: the SDK's messages have none, and ours add only names and numbers. Immutable.
final class S3Errors {
    private static final Set<String> UNKNOWN_CREDENTIALS =
            Set.of("InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidToken", "ExpiredToken");
    private static final Set<String> WRONG_REGION =
            Set.of(
                    "PermanentRedirect",
                    "TemporaryRedirect",
                    "AuthorizationHeaderMalformed",
                    "IllegalLocationConstraintException");
    private static final Set<String> NO_ROOM =
            Set.of("XMinioStorageFull", "QuotaExceeded", "XMinioAdminBucketQuotaExceeded");
    private static final Set<String> BAD_BYTES =
            Set.of(
                    "BadDigest",
                    "InvalidDigest",
                    "XAmzContentChecksumMismatch",
                    "XAmzContentSHA256Mismatch",
                    "InvalidRequest");

    private final S3Address address;

    S3Errors(S3Address address) {
        this.address = address;
    }

    /// @param action what was being done, as `put`
    /// @param key of the object, or null for a request about many or about the bucket
    ObjectStoreException translate(String action, @Nullable String key, Throwable failure) {
        ObjectStoreException ours = S3Retries.cause(failure, ObjectStoreException.class);
        if (ours != null) {
            return ours;
        }
        String where =
                "operation="
                        + action
                        + (key == null ? "" : ", key=" + key)
                        + ", "
                        + address.place();
        if (failure instanceof AwsServiceException answer) {
            return ofAnswer(action, S3Retries.code(answer), answer, key, where);
        }
        return withoutAnswer(failure, where);
    }

    /// @param code the store's word for it
    private ObjectStoreException ofAnswer(
            String action,
            String code,
            AwsServiceException answer,
            @Nullable String key,
            String where) {
        int status = answer.statusCode();
        String facts = where + ", status=" + status + (code.isEmpty() ? "" : ", code=" + code);
        if (code.equals("NoSuchBucket") || (status == 404 && key == null)) {
            return new ObjectStoreException.NotFound(
                    "no such bucket: " + facts + "; make it, or correct its name or the endpoint",
                    answer);
        }
        if (status == 404) {
            return new ObjectStoreException.NotFound("no such object: " + facts, answer);
        }
        if (status == 412) {
            return new ObjectStoreException.AlreadyExists("object exists: " + facts, answer);
        }
        // One attempt after the other was made with the clock put right, as far as the SDK knows.
        if (S3Retries.passes(answer) && !answer.isClockSkewException()) {
            return new ObjectStoreException.Transient(
                    (S3Retries.slowsDown(answer)
                                    ? "the store asks to slow down: "
                                    : "the store failed: ")
                            + facts
                            + words(answer),
                    answer);
        }
        return new ObjectStoreException.Denied(
                "the store refused: "
                        + facts
                        + words(answer)
                        + remedy(action, code, status, answer),
                answer);
    }

    /// One key of a batch delete.
    ObjectStoreException ofKey(String key, String code, String message) {
        String facts = "operation=delete, key=" + key + ", " + address.place() + ", code=" + code;
        boolean passes =
                code.isEmpty()
                        || code.startsWith("SlowDown")
                        || Set.of("InternalError", "ServiceUnavailable", "OperationAborted")
                                .contains(code);
        return passes
                ? new ObjectStoreException.Transient("not deleted: " + facts, null)
                : new ObjectStoreException.Denied(
                        "the store refused: "
                                + facts
                                + ", says="
                                + message
                                + (code.equals("AccessDenied")
                                        ? missing("delete") + "; or the object is locked"
                                        : ""),
                        null);
    }

    private static String words(AwsServiceException answer) {
        String message =
                answer.awsErrorDetails() == null ? null : answer.awsErrorDetails().errorMessage();
        return message == null || message.isBlank() ? "" : ", says=" + message;
    }

    private static String remedy(
            String action, String code, int status, AwsServiceException answer) {
        if (UNKNOWN_CREDENTIALS.contains(code)) {
            return "; give valid credentials: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or another source of the SDK's default chain";
        }
        if (code.equals("RequestTimeTooSkewed")) {
            return "; this host's clock is wrong";
        }
        if (WRONG_REGION.contains(code) || status == 301 || status == 307) {
            String right = header(answer, "x-amz-bucket-region");
            return "; the bucket is in another region: set region="
                    + (right.isEmpty() ? "R in the bucket URL" : right);
        }
        if (NO_ROOM.contains(code) || status == 507) {
            return "; the store has no room left";
        }
        if (BAD_BYTES.contains(code)) {
            return "; if this server cannot verify checksums, set checksums=required in the bucket URL";
        }
        if (status == 401 || status == 403) {
            return missing(action);
        }
        return status == 501 ? "; this server does not know the request" : "";
    }

    /// The permission that a refused request takes, and those beside it.
    private static String missing(String action) {
        String permission =
                switch (action) {
                    case "put" -> "s3:PutObject";
                    case "get", "head" -> "s3:GetObject";
                    case "delete" -> "s3:DeleteObject";
                    default -> "s3:ListBucket";
                };
        return "; the credentials lack "
                + permission
                + " here, or the bucket is read-only: a broker needs s3:GetObject, s3:PutObject, s3:DeleteObject and s3:ListBucket, a reader the first and the last";
    }

    private static String header(AwsServiceException answer, String name) {
        if (answer.awsErrorDetails() == null
                || answer.awsErrorDetails().sdkHttpResponse() == null) {
            return "";
        }
        return answer.awsErrorDetails().sdkHttpResponse().firstMatchingHeader(name).orElse("");
    }

    private static ObjectStoreException withoutAnswer(Throwable failure, String where) {
        String facts = where + ", error=" + reason(failure);
        if (S3Retries.hasCause(failure, CertificateException.class)
                || S3Retries.hasCause(failure, SSLPeerUnverifiedException.class)) {
            return new ObjectStoreException.Denied(
                    "the server's certificate is not trusted: "
                            + facts
                            + "; set object-store.ca-file to the certificate of its CA",
                    failure);
        }
        String text = String.valueOf(failure.getMessage());
        if (text.contains("Unable to load credentials")) {
            return new ObjectStoreException.Denied(
                    "no credentials found: "
                            + where
                            + "; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or use another source of the SDK's default chain",
                    failure);
        }
        if (text.contains("Unable to load region")) {
            return new ObjectStoreException.Denied(
                    "no region found: " + where + "; set region=R in the bucket URL, or AWS_REGION",
                    failure);
        }
        if (S3Retries.hasCause(failure, UnknownHostException.class)) {
            return new ObjectStoreException.Transient(
                    "the endpoint's name does not resolve: " + facts + "; is it right?", failure);
        }
        if (failure instanceof SdkException sdk) {
            return new ObjectStoreException.Transient(
                    "no answer from the store: "
                            + facts
                            + (sdk.numAttempts() == null ? "" : ", attempts=" + sdk.numAttempts()),
                    failure);
        }
        return new ObjectStoreException.Transient("no answer from the store: " + facts, failure);
    }

    /// The innermost cause says it best.
    private static String reason(Throwable failure) {
        Throwable root = failure;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return root.getClass().getSimpleName() + ": " + root.getMessage();
    }
}
