// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.gcs;

import com.google.auth.Retryable;
import io.varve.objectstore.ObjectStoreException;
import io.varve.objectstore.StoreOperation;
import io.varve.objectstore.gcs.GcsFailure.Next;
import java.io.IOException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.security.cert.CertificateException;
import java.time.Duration;
import java.util.Locale;
import java.util.Set;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.jspecify.annotations.Nullable;

/// What a failure means to a caller, and what a human can do about it. Credentials are in none of
/// it: the SDK's messages have none, and ours add only names and numbers. Immutable.
final class GcsErrors {
    private static final String CREDENTIALS =
            "; give valid credentials: object-store.gcs.credentials-file, GOOGLE_APPLICATION_CREDENTIALS, or another source of Google's Application Default Credentials";

    /// The store keeps an object on purpose.
    private static final Set<String> KEPT =
            Set.of("retentionPolicyNotMet", "objectUnderActiveHold", "objectRetentionNotMet");

    private final GcsAddress address;

    GcsErrors(GcsAddress address) {
        this.address = address;
    }

    /// Whoever gives tokens out did not.
    static final class NoToken extends IOException {
        private static final long serialVersionUID = 1L;

        NoToken(Throwable cause) {
            super(cause);
        }
    }

    /// @param key of the object, or null for a request about many or about the bucket
    /// @param late the time of the attempt, when it was over
    GcsFailure translate(
            StoreOperation operation,
            @Nullable String key,
            IOException failure,
            @Nullable Duration late) {
        @Nullable ObjectStoreException ours = cause(failure, ObjectStoreException.class);
        if (ours != null) {
            return new GcsFailure(ours, Next.NEVER);
        }
        String where = where(operation, key);
        if (failure instanceof GcsRefusal refusal) {
            return new GcsFailure(ofRefusal(refusal, operation, key), next(refusal));
        }
        if (cause(failure, NoToken.class) != null) {
            return withoutToken(failure, where);
        }
        if (late != null) {
            return new GcsFailure(
                    new ObjectStoreException.Transient(
                            "no answer in time: " + where + ", timeMs=" + late.toMillis(), failure),
                    Next.SOON);
        }
        String facts = where + ", error=" + reason(failure);
        if (cause(failure, CertificateException.class) != null
                || cause(failure, SSLPeerUnverifiedException.class) != null) {
            return new GcsFailure(
                    new ObjectStoreException.Denied(
                            "the server's certificate is not trusted: "
                                    + facts
                                    + "; a CA of its own is given by object-store.ca-file",
                            failure),
                    Next.NEVER);
        }
        boolean unknown = cause(failure, UnknownHostException.class) != null;
        return new GcsFailure(
                new ObjectStoreException.Transient(
                        unknown
                                ? "the endpoint's name does not resolve: "
                                        + facts
                                        + "; is it right?"
                                : "no answer from the store: " + facts,
                        failure),
                Next.SOON);
    }

    private static Next next(GcsRefusal refusal) {
        return refusal.slowsDown() ? Next.LATER : refusal.passes() ? Next.SOON : Next.NEVER;
    }

    /// What an answer means that is no success.
    ObjectStoreException ofRefusal(
            GcsRefusal answer, StoreOperation operation, @Nullable String key) {
        int status = answer.status();
        String facts =
                where(operation, key)
                        + ", status="
                        + status
                        + (answer.reason().isEmpty() ? "" : ", reason=" + answer.reason());
        if (answer.passes()) {
            return new ObjectStoreException.Transient(
                    (answer.slowsDown() ? "the store asks to slow down: " : "the store failed: ")
                            + facts
                            + said(answer),
                    answer);
        }
        if (status == 404) {
            boolean object = isMissingObject(answer, operation, key);
            return new ObjectStoreException.NotFound(
                    object
                            ? "no such object: " + facts
                            : "no such bucket: "
                                    + facts
                                    + "; make it, or correct its name or the endpoint",
                    answer);
        }
        if (status == 412 && !answer.reason().toLowerCase(Locale.ROOT).contains("constraint")) {
            return new ObjectStoreException.AlreadyExists("object exists: " + facts, answer);
        }
        return new ObjectStoreException.Denied(
                "the store refused: " + facts + said(answer) + remedy(operation, answer), answer);
    }

    /// Only reads can miss an object; what a put or a listing misses is the bucket.
    private static boolean isMissingObject(
            GcsRefusal answer, StoreOperation operation, @Nullable String key) {
        boolean reads =
                operation == StoreOperation.GET
                        || operation == StoreOperation.HEAD
                        || operation == StoreOperation.DELETE;
        return key != null && reads && !namesBucket(answer);
    }

    /// Whether an answer says that the bucket itself is missing.
    static boolean namesBucket(GcsRefusal answer) {
        return answer.words().toLowerCase(Locale.ROOT).contains("bucket does not exist");
    }

    private static String said(GcsRefusal answer) {
        return answer.words().isBlank() ? "" : ", says=" + answer.words();
    }

    private static String remedy(StoreOperation operation, GcsRefusal answer) {
        String words = answer.words().toLowerCase(Locale.ROOT);
        if (KEPT.contains(answer.reason()) || words.contains("retention policy")) {
            return "; a retention policy or a hold keeps the object: Varve has to be able to delete and overwrite its objects";
        }
        if (words.contains("crc32c")) {
            return "; the bytes changed on the way: another put may succeed";
        }
        return switch (answer.status()) {
            case 301, 302, 307, 308 -> "; another endpoint is asked for: is this one right?";
            case 401 -> CREDENTIALS;
            case 403 -> missing(operation);
            case 407 -> "; the proxy wants credentials, which Varve does not give";
            case 501 -> "; this server does not know the request";
            case 507 -> "; the store has no room left";
            default -> "";
        };
    }

    /// The permission that a refused request takes, and the roles that have it.
    private static String missing(StoreOperation operation) {
        String permission =
                switch (operation) {
                    case PUT -> "storage.objects.create (and delete, to overwrite)";
                    case GET, HEAD -> "storage.objects.get";
                    case DELETE -> "storage.objects.delete";
                    case LIST, SERVER_TIME -> "storage.objects.list";
                };
        return "; the credentials lack "
                + permission
                + " here, or the bucket is read-only: a broker needs the role Storage Object User (roles/storage.objectUser) on it, a reader Storage Object Viewer (roles/storage.objectViewer)";
    }

    private static GcsFailure withoutToken(IOException failure, String where) {
        @Nullable Retryable said = cause(failure, Retryable.class);
        boolean away =
                cause(failure, SocketException.class) != null
                        || cause(failure, SocketTimeoutException.class) != null
                        || cause(failure, UnknownHostException.class) != null;
        String facts = where + ", error=" + reason(failure);
        if (away || (said != null && said.isRetryable())) {
            return new GcsFailure(
                    new ObjectStoreException.Transient(
                            "no token from Google for the credentials: " + facts, failure),
                    Next.SOON);
        }
        return new GcsFailure(
                new ObjectStoreException.Denied(
                        "the credentials give no token: " + facts + CREDENTIALS, failure),
                Next.NEVER);
    }

    GcsFailure interrupted(
            StoreOperation operation, @Nullable String key, @Nullable IOException failure) {
        return new GcsFailure(
                new ObjectStoreException.Transient(
                        "interrupted: " + where(operation, key), failure),
                Next.NEVER);
    }

    GcsFailure closed(StoreOperation operation, @Nullable String key, Exception failure) {
        return new GcsFailure(
                new ObjectStoreException.Transient(
                        "connection is closed: " + where(operation, key), failure),
                Next.NEVER);
    }

    private String where(StoreOperation operation, @Nullable String key) {
        return "operation="
                + operation.name().toLowerCase(Locale.ROOT)
                + (key == null ? "" : ", key=" + key)
                + ", "
                + address.place();
    }

    /// The first of this type among a failure and its causes.
    private static <T> @Nullable T cause(Throwable failure, Class<T> type) {
        @Nullable Throwable next = failure;
        while (next != null) {
            if (type.isInstance(next)) {
                return type.cast(next);
            }
            next = next.getCause();
        }
        return null;
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
