// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.azure;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.objectstore.ObjectBody;
import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.PutMode;
import io.varve.objectstore.StoreTraits;
import io.varve.objectstore.StoreTraits.Trait;
import io.varve.objectstore.azure.ScriptedAzure.Answer;
import java.io.IOException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// What a container and its account say of themselves.
final class AzureTraitsTest {
    private ScriptedAzure server;
    private ObjectStore store;

    @BeforeEach
    void start() throws IOException {
        server = new ScriptedAzure();
        store = server.open();
    }

    @AfterEach
    void stop() {
        store.close();
        server.close();
    }

    private StoreTraits traits(Answer container, Answer account) {
        server.next(container, account);
        return store.traits();
    }

    private static Answer softDelete(String policy) {
        return Answer.of(
                200,
                "<StorageServiceProperties><Logging><RetentionPolicy><Enabled>true</Enabled></RetentionPolicy></Logging><DeleteRetentionPolicy>"
                        + policy
                        + "</DeleteRetentionPolicy></StorageServiceProperties>");
    }

    @Test
    void aPlainContainerGivesNoRemarks() {
        StoreTraits traits =
                traits(
                        Answer.of(200).with("x-ms-has-legal-hold", "false"),
                        softDelete("<Enabled>false</Enabled>"));

        assertThat(traits.retention()).isEqualTo(new Trait.Absent());
        assertThat(traits.softDelete()).isEqualTo(new Trait.Absent());
        assertThat(traits.versions()).isInstanceOf(Trait.Unknown.class);
        assertThat(traits.remarks()).isEmpty();
        assertThat(server.requests().getLast().uri().toString())
                .isEqualTo("/acc1/?restype=service&comp=properties");
    }

    @Test
    void locksAndSoftDeleteAreSaid() {
        StoreTraits traits =
                traits(
                        Answer.of(200)
                                .with("x-ms-has-legal-hold", "true")
                                .with("x-ms-has-immutability-policy", "true"),
                        softDelete("<Enabled>true</Enabled><Days>7</Days>"));

        assertThat(traits.retention())
                .isEqualTo(new Trait.Present("container has-immutability-policy, has-legal-hold"));
        assertThat(traits.softDelete()).isEqualTo(new Trait.Present("soft delete, days=7"));
    }

    @Test
    void aPutThatNamesItsVersionShowsThatVersionsAreKept() throws IOException {
        server.next(Answer.of(201).with("x-ms-version-id", "2026-11-28T10:00:00.0000000Z"));
        store.put("k", ObjectBody.of(new byte[1]), PutMode.OVERWRITE);

        assertThat(traits(Answer.of(200), Answer.of(200)).versions())
                .isEqualTo(new Trait.Present("versioning=enabled"));
    }

    @Test
    void whatIsRefusedIsUnknown() {
        StoreTraits traits =
                traits(
                        Answer.error(403, "AuthorizationPermissionMismatch"),
                        Answer.error(501, "NotImplemented"));

        assertThat(traits.retention()).isEqualTo(new Trait.Unknown("the credentials may not ask"));
        assertThat(traits.softDelete())
                .isEqualTo(
                        new Trait.Unknown(
                                "the store refused to say: status=501, code=NotImplemented"));
    }
}
