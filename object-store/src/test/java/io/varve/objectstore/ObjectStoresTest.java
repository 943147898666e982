// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class ObjectStoresTest {
    @TempDir Path scratch;

    @Test
    void makesTheDirectoryOfAFileUrlAndFindsItsObjectsAgain() throws IOException {
        String url = "file://" + scratch.toRealPath() + "/with%20space/bucket";
        try (ObjectStore store = ObjectStores.open(url)) {
            store.put("a/k", ObjectBody.of(new byte[3]), PutMode.IF_ABSENT);
            assertThat(store.url()).isEqualTo(url);
        }

        try (ObjectStore store = ObjectStores.openExisting(url + "/")) {
            assertThat(store.head("a/k")).isPresent();
        }
        assertThat(scratch.resolve("with space/bucket/a/k")).isRegularFile();
    }

    @Test
    void opensNoMissingDirectoryForWhoeverWantsToRead() {
        Path missing = scratch.resolve("missing");

        assertThatThrownBy(() -> ObjectStores.openExisting("file://" + missing))
                .isInstanceOf(ObjectStoreException.NotFound.class)
                .hasMessageContaining("missing");
        assertThat(missing).doesNotExist();
    }

    @Test
    void refusesAFileInThePlaceOfTheDirectory() throws IOException {
        Path file = Files.writeString(scratch.resolve("file"), "x");

        assertThatThrownBy(() -> ObjectStores.open("file://" + file))
                .isInstanceOf(ObjectStoreException.class);
        assertThatThrownBy(() -> ObjectStores.open("file://" + file + "/below"))
                .isInstanceOf(ObjectStoreException.class);
        assertThat(file).hasContent("x");
    }

    @Test
    void aNameInMemoryIsOneBucketAndNoNameIsANewOne() throws IOException {
        ObjectStores.open("mem:stores-test/p/")
                .put("k", ObjectBody.of(new byte[3]), PutMode.IF_ABSENT);

        assertThat(ObjectStores.open("mem:stores-test").head("p/k")).isPresent();
        assertThat(ObjectStores.open("mem:stores-test/p").head("k")).isPresent();
        assertThat(ObjectStores.open("mem:stores-test/q").head("k")).isEmpty();
        ObjectStore first = ObjectStores.open("mem:");
        first.put("k", ObjectBody.of(new byte[3]), PutMode.IF_ABSENT);
        assertThat(ObjectStores.open("mem:").head("k")).isEmpty();
        assertThat(first.url()).isEqualTo("mem:");
    }

    @ParameterizedTest
    @CsvSource({
        "fil:///d, file:",
        "files:///d, file:",
        "s3a://b, s3:",
        "S3://b, s3:",
        "gcs://b, gs:",
        "azur://c, azure:",
        "abfss://c, azure:",
        "https://b, s3:",
        "memory:, mem:"
    })
    void namesTheNearestOfAnUnknownScheme(String url, String nearest) {
        assertThatThrownBy(() -> ObjectStores.open(url))
                .isInstanceOf(BucketUrlException.class)
                .hasMessageContaining("did you mean " + nearest);
    }

    @Test
    void namesTheNearestOfAnUnknownParameter() {
        assertThatThrownBy(() -> ObjectStores.checkUrl("s3://b?endpiont=x"))
                .isInstanceOf(BucketUrlException.class)
                .hasMessageContaining("did you mean endpoint?");
        assertThatThrownBy(() -> ObjectStores.checkUrl("file:///d?region=x"))
                .isInstanceOf(BucketUrlException.class)
                .hasMessageContaining("takes no parameters");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "s3://AKIDX:hunter2@bucket/p",
                "s3:AKIDX:hunter2@bucket",
                "AKIDX:hunter2@bucket",
                "file://AKIDX:hunter2@host/d",
                "x://AKIDX:hunter2@host/d",
                "s3://bucket?accessKey=AKIDX&region=r",
                "s3://bucket?secret-key=hunter2",
                "azure://c?account=a&sig=hunter2",
                "azure://c?SAS_TOKEN=hunter2",
                "s3://bucket?endpoint=http://AKIDX:hunter2@host",
                "mem:AKIDX:hunter2@name"
            })
    void refusesCredentialsAndNeverPrintsThem(String url) {
        BucketUrlException error =
                catchThrowableOfType(BucketUrlException.class, () -> ObjectStores.open(url));

        assertThat(error.getMessage())
                .contains("credentials in a bucket URL", "AWS_ACCESS_KEY_ID")
                .doesNotContain("hunter2", "AKIDX");
        assertThat(error).hasNoCause();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "", "/var/bucket", "bucket", "file:", "file:relative", "file://host/d",
                        "file:///a b", "file:///a%zz",
                "file:///a#b", "file:///a%00b", "mem:a b", "mem:/p", "mem:n/../p", "mem:n/a//b",
                        "mem://name", "://x"
            })
    void refusesAUrlThatNamesNoBucketAndSaysWhatToWrite(String url) {
        BucketUrlException error =
                catchThrowableOfType(BucketUrlException.class, () -> ObjectStores.open(url));

        assertThat(error.getMessage()).containsAnyOf("file:///DIRECTORY", "mem:NAME");
    }
}
