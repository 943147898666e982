// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.azure;

import com.azure.core.credential.AzureSasCredential;
import com.azure.core.http.HttpClient;
import com.azure.core.http.policy.AzureSasCredentialPolicy;
import com.azure.core.http.policy.HttpPipelinePolicy;
import com.azure.identity.DefaultAzureCredentialBuilder;
import com.azure.storage.common.StorageSharedKeyCredential;
import com.azure.storage.common.policy.StorageBearerTokenChallengeAuthorizationPolicy;
import com.azure.storage.common.policy.StorageSharedKeyCredentialPolicy;
import io.varve.objectstore.BucketSettings;
import io.varve.objectstore.ObjectStoreException;
import java.util.Base64;
import java.util.Optional;

/// How requests are signed: with the account's key or a shared access signature, where the settings
/// give one, else with a token from the SDK's default chain (environment, workload identity,
/// managed identity, the command line's login).
enum AzureCredentials {
    ACCOUNT_KEY("object-store.azure.account-key"),
    SAS_TOKEN("object-store.azure.sas-token"),
    DEFAULT_CHAIN("the SDK's default chain");

    private static final String SCOPE = "https://storage.azure.com/.default";

    /// For messages.
    private final String source;

    AzureCredentials(String source) {
        this.source = source;
    }

    static AzureCredentials of(BucketSettings settings) {
        if (settings.azure().flatMap(BucketSettings.Azure::accountKey).isPresent()) {
            return ACCOUNT_KEY;
        }
        return settings.azure().flatMap(BucketSettings.Azure::sasToken).isPresent()
                ? SAS_TOKEN
                : DEFAULT_CHAIN;
    }

    String source() {
        return source;
    }

    /// What signs each attempt. Asks nobody yet.
    ///
    /// @param http what tokens are fetched with
    /// @throws ObjectStoreException.Denied the credentials cannot be used at all
    HttpPipelinePolicy policy(AzureAddress address, BucketSettings settings, HttpClient http)
            throws ObjectStoreException.Denied {
        Optional<BucketSettings.Azure> given = settings.azure();
        return switch (this) {
            case ACCOUNT_KEY ->
                    new StorageSharedKeyCredentialPolicy(
                            new StorageSharedKeyCredential(
                                    address.account(),
                                    key(
                                            given.flatMap(BucketSettings.Azure::accountKey)
                                                    .orElseThrow())));
            case SAS_TOKEN ->
                    new AzureSasCredentialPolicy(
                            new AzureSasCredential(
                                    token(
                                            given.flatMap(BucketSettings.Azure::sasToken)
                                                    .orElseThrow())),
                            false);
            case DEFAULT_CHAIN -> {
                if (address.isPlain()) {
                    throw new ObjectStoreException.Denied(
                            "no credentials for a plain endpoint: "
                                    + address.place()
                                    + "; set object-store.azure.account-key or object-store.azure.sas-token: tokens are sent over https only",
                            null);
                }
                yield new StorageBearerTokenChallengeAuthorizationPolicy(
                        new DefaultAzureCredentialBuilder().httpClient(http).build(), SCOPE);
            }
        };
    }

    private static String key(String text) throws ObjectStoreException.Denied {
        try {
            if (Base64.getDecoder().decode(text.strip()).length > 0) {
                return text.strip();
            }
        } catch (IllegalArgumentException e) {
            // Said below, and without what it quotes.
        }
        throw new ObjectStoreException.Denied(
                "bad account key: key="
                        + ACCOUNT_KEY.source
                        + "; give the storage account's key as it is shown, in Base64",
                null);
    }

    private static String token(String text) throws ObjectStoreException.Denied {
        String token = text.strip();
        token = token.startsWith("?") ? token.substring(1) : token;
        if (!token.contains("sig=")) {
            throw new ObjectStoreException.Denied(
                    "bad SAS token: key="
                            + SAS_TOKEN.source
                            + "; give the whole token, as sv=...&sp=rwdl&sig=...",
                    null);
        }
        return token;
    }
}
