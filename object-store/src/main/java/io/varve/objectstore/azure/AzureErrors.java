// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.azure;

import com.azure.core.exception.ClientAuthenticationException;
import io.varve.objectstore.ObjectStoreException;
import java.io.IOException;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What refusals and failures mean to a caller, and what a human can do about them. Credentials are
/// in none of them: what the service says of signatures is not repeated. Immutable.
final class AzureErrors {
    private static final Set<String> UNKNOWN_CREDENTIALS =
            Set.of(
                    "AuthenticationFailed",
                    "InvalidAuthenticationInfo",
                    "NoAuthenticationInformation",
                    "InvalidSasToken");
    private static final Set<String> NO_CONTAINER =
            Set.of("ContainerNotFound", "ContainerDisabled", "ContainerBeingDeleted");
    private static final Set<String> LEASED =
            Set.of(
                    "LeaseIdMissing",
                    "LeaseIdMismatchWithBlobOperation",
                    "LeaseIdMismatchWithContainerOperation",
                    "LeaseLost",
                    "LeaseNotPresentWithBlobOperation");
    private static final Set<String> LOCKED =
            Set.of("BlobImmutableDueToPolicy", "ImmutabilityPolicyDeleteOnLockedPolicy");
    private static final Set<String> OFFLINE = Set.of("BlobArchived", "BlobBeingRehydrated");

    private final AzureAddress address;
    private final AzureCredentials credentials;

    AzureErrors(AzureAddress address, AzureCredentials credentials) {
        this.address = address;
        this.credentials = credentials;
    }

    /// What an answer other than success means.
    ///
    /// @param action what was tried, as `put`
    /// @param key null when it was not about one object
    ObjectStoreException refused(String action, @Nullable String key, AzureAnswer answer) {
        String facts = where(action, key) + facts(answer);
        String code = answer.code();
        int status = answer.getStatusCode();
        if (status == 409 && code.equals("BlobAlreadyExists")) {
            return new ObjectStoreException.AlreadyExists("object exists: " + facts, null);
        }
        if (status == 412 && code.equals("ConditionNotMet") && action.equals("put")) {
            return new ObjectStoreException.AlreadyExists("object exists: " + facts, null);
        }
        if (NO_CONTAINER.contains(code)) {
            return new ObjectStoreException.NotFound(
                    "no such container: "
                            + facts
                            + "; make it (az storage container create), or correct the bucket URL",
                    null);
        }
        if (status == 404) {
            return key != null && (code.equals("BlobNotFound") || code.isEmpty())
                    ? new ObjectStoreException.NotFound("no such object: " + facts, null)
                    : new ObjectStoreException.NotFound(
                            "no such container: "
                                    + facts
                                    + "; is the container's name right, and the endpoint one of Blob Storage with its account?",
                            null);
        }
        if (AzureRetries.slowsDown(status)) {
            return new ObjectStoreException.Transient(
                    "the store asks to slow down: " + facts, null);
        }
        if (AzureRetries.passes(status)) {
            return new ObjectStoreException.Transient("the store failed: " + facts, null);
        }
        return new ObjectStoreException.Denied(
                "the store refused: " + facts + remedy(status, code, answer), null);
    }

    private static String facts(AzureAnswer answer) {
        // What it says of a signature may quote it.
        String says = UNKNOWN_CREDENTIALS.contains(answer.code()) ? "" : answer.says();
        return ", status="
                + answer.getStatusCode()
                + (answer.code().isEmpty() ? "" : ", code=" + answer.code())
                + (says.isEmpty() ? "" : ", says=" + says)
                + (answer.requestId().isEmpty() ? "" : ", request=" + answer.requestId());
    }

    private String where(String action, @Nullable String key) {
        return "operation=" + action + (key == null ? "" : ", key=" + key) + ", " + address.place();
    }

    private String remedy(int status, String code, AzureAnswer answer) {
        if (UNKNOWN_CREDENTIALS.contains(code) || status == 401) {
            return unauthenticated(answer);
        }
        if (LOCKED.contains(code)) {
            return "; an immutability policy or a legal hold keeps the object: wait for its end, or use a container without one";
        }
        if (LEASED.contains(code)) {
            return "; somebody holds a lease on it: break it, or use a container that nobody leases";
        }
        if (OFFLINE.contains(code)) {
            return "; the object is in the archive tier: rehydrate it, and set object-store.storage-class to Hot, Cool or Cold";
        }
        if (status == 400 && (code.contains("Tier") || mentions(answer, "x-ms-access-tier"))) {
            return "; is object-store.storage-class an access tier of this account, as Hot, Cool or Cold?";
        }
        if (code.equals("KeyBasedAuthenticationNotPermitted")) {
            return "; the account takes no account keys: leave object-store.azure.account-key out, so that the SDK's default chain is asked";
        }
        if (code.equals("AuthorizationSourceIPMismatch") || mentions(answer, "firewall")) {
            return "; the account's network rules keep this machine out: allow its address";
        }
        if (code.equals("AuthorizationFailure")) {
            return "; is "
                    + credentials.source()
                    + " right for this account, and do its network rules allow this machine?";
        }
        if (status == 403) {
            return "; "
                    + credentials.source()
                    + " lacks a permission here, or the container is read-only: a broker needs the role Storage Blob Data Contributor or a SAS token with sp=rwdl, a reader Storage Blob Data Reader or sp=rl";
        }
        return status == 501 ? "; this server does not know the request" : "";
    }

    private static boolean mentions(AzureAnswer answer, String word) {
        return new String(answer.body(), StandardCharsets.UTF_8).contains(word);
    }

    private String unauthenticated(AzureAnswer answer) {
        String detail = answer.authenticationDetail().toLowerCase(Locale.ROOT);
        if (detail.contains("date header")) {
            return "; this machine's clock is wrong: correct it";
        }
        if (detail.contains("time frame") || detail.contains("expiry")) {
            return "; the SAS token has expired or is not valid yet: give another as "
                    + AzureCredentials.SAS_TOKEN.source();
        }
        return switch (credentials) {
            case ACCOUNT_KEY ->
                    "; "
                            + credentials.source()
                            + " is no key of account="
                            + address.account()
                            + ": correct the key or the account";
            case SAS_TOKEN ->
                    "; "
                            + credentials.source()
                            + " is not valid for account="
                            + address.account()
                            + ": correct the token or the account";
            case DEFAULT_CHAIN ->
                    "; the account does not take the token of the SDK's default chain: check its tenant, or set "
                            + AzureCredentials.ACCOUNT_KEY.source();
        };
    }

    /// Whether a failure came from the network, or from where tokens are fetched; all others are
    /// mistakes of ours.
    static boolean isOfTheWorld(Throwable failure) {
        return AzureRetries.cause(failure, IOException.class) != null
                || AzureRetries.cause(failure, ClientAuthenticationException.class) != null;
    }

    /// What a failure without an answer means.
    ///
    /// @param attempts how many were made
    /// @param signedBefore whether the credentials have worked already
    ObjectStoreException failed(
            String action,
            @Nullable String key,
            Throwable failure,
            int attempts,
            boolean signedBefore) {
        ObjectStoreException ours = AzureRetries.cause(failure, ObjectStoreException.class);
        if (ours != null) {
            return ours;
        }
        String where = where(action, key);
        String facts = where + ", error=" + reason(failure) + ", attempts=" + attempts;
        if (AzureRetries.isUntrusted(failure)) {
            return new ObjectStoreException.Denied(
                    "the server's certificate is not trusted: "
                            + facts
                            + "; if the store has a CA of its own, set object-store.ca-file",
                    failure);
        }
        if (AzureRetries.cause(failure, ClientAuthenticationException.class) != null) {
            return signedBefore
                    ? new ObjectStoreException.Transient("no token just now: " + where, failure)
                    : new ObjectStoreException.Denied(
                            "no credentials found: "
                                    + where
                                    + "; set object-store.azure.account-key or object-store.azure.sas-token, or use a source of the SDK's default chain, as AZURE_CLIENT_ID, AZURE_TENANT_ID and AZURE_CLIENT_SECRET",
                            failure);
        }
        if (AzureRetries.cause(failure, UnknownHostException.class) != null) {
            return new ObjectStoreException.Transient(
                    "the endpoint's name does not resolve: "
                            + facts
                            + "; is there a storage account of this name, and is the endpoint right?",
                    failure);
        }
        return new ObjectStoreException.Transient("no answer from the store: " + facts, failure);
    }

    ObjectStoreException.Transient ended(String what, String action, @Nullable String key) {
        return new ObjectStoreException.Transient(what + ": " + where(action, key), null);
    }

    /// The innermost cause that is an I/O error says it best.
    private static String reason(Throwable failure) {
        Throwable told = failure;
        Throwable next = failure;
        while (next != null) {
            told = next instanceof IOException || next.getCause() == null ? next : told;
            next = next.getCause();
        }
        return told.getClass().getSimpleName() + ": " + told.getMessage();
    }
}
