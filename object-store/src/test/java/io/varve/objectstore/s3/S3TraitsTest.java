// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.s3;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.StoreTraits;
import io.varve.objectstore.StoreTraits.Trait;
import io.varve.objectstore.s3.ScriptedS3.Answer;
import java.io.IOException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// What a bucket says of itself, and what is made of a server that does not say.
final class S3TraitsTest {
    private static final String NAMESPACE = " xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"";

    private ScriptedS3 server;

    @BeforeEach
    void start() throws IOException {
        server = new ScriptedS3();
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private StoreTraits traits(Answer... answers) throws IOException {
        try (ObjectStore store = server.open()) {
            server.next(answers);
            return store.traits();
        }
    }

    private static Answer versioning(String status) {
        return Answer.xml(
                "<VersioningConfiguration"
                        + NAMESPACE
                        + ">"
                        + status
                        + "</VersioningConfiguration>");
    }

    private static Answer lock(String rule) {
        return Answer.xml(
                "<ObjectLockConfiguration"
                        + NAMESPACE
                        + "><ObjectLockEnabled>Enabled</ObjectLockEnabled>"
                        + rule
                        + "</ObjectLockConfiguration>");
    }

    @Test
    void aPlainBucketGivesNoRemarks() throws IOException {
        StoreTraits traits =
                traits(
                        versioning(""),
                        Answer.error(404, "ObjectLockConfigurationNotFoundError"),
                        Answer.of(200).with("x-amz-bucket-region", "eu-west-3"));

        assertThat(traits.versions()).isEqualTo(new Trait.Absent());
        assertThat(traits.retention()).isEqualTo(new Trait.Absent());
        assertThat(traits.region()).contains("eu-west-3");
        assertThat(traits.remarks()).isEmpty();
    }

    @Test
    void versionsAndADefaultLockAreSaid() throws IOException {
        StoreTraits traits =
                traits(
                        versioning("<Status>Enabled</Status>"),
                        lock(
                                "<Rule><DefaultRetention><Mode>COMPLIANCE</Mode><Days>30</Days></DefaultRetention></Rule>"));

        assertThat(traits.versions()).isEqualTo(new Trait.Present("versioning=Enabled"));
        assertThat(traits.retention())
                .isEqualTo(new Trait.Present("object lock, mode=COMPLIANCE, days=30"));
        assertThat(traits.remarks())
                .hasSize(2)
                .anyMatch(remark -> remark.contains("stays and costs"))
                .anyMatch(remark -> remark.contains("doomed objects stay"));
    }

    @Test
    void aLockThatLocksNothingByItselfIsNone() throws IOException {
        StoreTraits traits = traits(versioning("<Status>Suspended</Status>"), lock(""));

        assertThat(traits.versions()).isEqualTo(new Trait.Present("versioning=Suspended"));
        assertThat(traits.retention()).isEqualTo(new Trait.Absent());
    }

    @Test
    void whatMayNotBeAskedIsUnknownAndNamesThePermission() throws IOException {
        StoreTraits traits =
                traits(Answer.error(403, "AccessDenied"), Answer.error(403, "AccessDenied"));

        assertThat(traits.versions())
                .isEqualTo(
                        new Trait.Unknown(
                                "the credentials may not ask, it takes s3:GetBucketVersioning"));
        assertThat(traits.retention().toString()).contains("s3:GetBucketObjectLockConfiguration");
        assertThat(traits.remarks()).isEmpty();
    }

    @Test
    void aServerThatDoesNotKnowTheQuestionIsUnknown() throws IOException {
        StoreTraits traits =
                traits(
                        Answer.error(501, "NotImplemented"),
                        Answer.error(400, "WhatIsThis"),
                        Answer.error(403, "AccessDenied"));

        assertThat(traits.versions())
                .isEqualTo(new Trait.Unknown("the server does not know the request"));
        assertThat(traits.retention().toString()).contains("status=400, code=WhatIsThis");
        assertThat(traits.region()).isEmpty();
    }
}
