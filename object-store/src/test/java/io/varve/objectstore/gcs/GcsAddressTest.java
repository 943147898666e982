// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.gcs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.varve.objectstore.BucketUrlException;
import io.varve.objectstore.ObjectStores;
import java.net.URI;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class GcsAddressTest {
    @Test
    void readsEveryPart() {
        GcsAddress address = GcsAddress.parse("//my.bucket_1/a/b/?endpoint=http://127.0.0.1:4443/");

        assertThat(address.bucket()).isEqualTo("my.bucket_1");
        assertThat(address.prefix()).isEqualTo("a/b/");
        assertThat(address.endpoint()).isEqualTo(URI.create("http://127.0.0.1:4443"));
        assertThat(address.root()).isEqualTo("http://127.0.0.1:4443/");
        assertThat(address.isGoogle()).isFalse();
        assertThat(address.isEncrypted()).isFalse();
        assertThat(address.place()).isEqualTo("bucket=my.bucket_1, endpoint=http://127.0.0.1:4443");
    }

    @Test
    void googleNeedsNothingButTheBucket() {
        GcsAddress address = GcsAddress.parse("//bucket");

        assertThat(address.prefix()).isEmpty();
        assertThat(address.endpoint()).isNull();
        assertThat(address.root()).isEqualTo("https://storage.googleapis.com/");
        assertThat(address.isGoogle()).isTrue();
        assertThat(address.isEncrypted()).isTrue();
        assertThat(address.place()).isEqualTo("bucket=bucket, endpoint=google");
    }

    @Test
    void anEndpointIsGooglesByItsName() {
        assertThat(GcsAddress.parse("//b-c?endpoint=https://storage-x.p.googleapis.com").isGoogle())
                .isTrue();
        assertThat(
                        GcsAddress.parse("//b-c?endpoint=https://googleapis.com.evil.example")
                                .isGoogle())
                .isFalse();
        assertThat(GcsAddress.parse("//b-c?endpoint=https://notgoogleapis.com").isGoogle())
                .isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "//bucket",
                "//bucket/p/q",
                "//bucket?endpoint=http://h:1",
                "//a.b/p?endpoint=https://h"
            })
    void tellsItsUrlAgain(String rest) {
        String url = GcsAddress.parse(rest).url();

        assertThat(url).isEqualTo("gs:" + rest);
        assertThat(GcsAddress.parse(url.substring(3))).isEqualTo(GcsAddress.parse(rest));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "bucket                             | gs://BUCKET",
                "//                                 | bad name of a bucket",
                "//ab                               | bad name of a bucket",
                "//Bucket                           | small letters",
                "//-bucket                          | bad name of a bucket",
                "//bucket-                          | bad name of a bucket",
                "//bucket/a//b                      | bad prefix",
                "//bucket/.tmp                      | bad prefix",
                "//bucket#x                         | gs://BUCKET",
                "//bucket?endpoint=                 | parameter without a value: parameter=endpoint",
                "//bucket?endpoint=a&endpoint=b     | parameter given twice",
                "//bucket?endpoint=localhost:4443   | endpoint=http://HOST:PORT",
                "//bucket?endpoint=http://h/path    | endpoint=http://HOST:PORT"
            })
    void saysWhatIsWrongAndWhatToWrite(String rest, String expected) {
        assertThatThrownBy(() -> GcsAddress.parse(rest))
                .isInstanceOf(BucketUrlException.class)
                .hasMessageContaining(expected);
    }

    @Test
    void parametersOfOtherStoresAreRefused() {
        assertThatThrownBy(() -> ObjectStores.checkUrl("gs://bucket?region=eu"))
                .isInstanceOf(BucketUrlException.class)
                .hasMessageContaining("parameter=region")
                .hasMessageContaining("did you mean endpoint?");
    }

    @Test
    void refusesHiddenCredentialsInTheEndpointAndNeverPrintsThem() {
        BucketUrlException error =
                catchThrowableOfType(
                        BucketUrlException.class,
                        () -> GcsAddress.parse("//bucket?endpoint=http://user:hunter2%40host"));

        assertThat(error.getMessage())
                .contains("credentials in a bucket URL")
                .doesNotContain("hunter2");
    }
}
