// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.varve.objectstore.BucketUrlException;
import io.varve.objectstore.s3.S3Address.Checksums;
import java.net.URI;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class S3AddressTest {
    @Test
    void readsEveryPart() {
        S3Address address =
                S3Address.parse(
                        "//bucket/a/b/?endpoint=http://127.0.0.1:9000/&region=eu-central-1&path-style=false&checksums=required");

        assertThat(address.bucket()).isEqualTo("bucket");
        assertThat(address.prefix()).isEqualTo("a/b/");
        assertThat(address.endpoint()).isEqualTo(URI.create("http://127.0.0.1:9000"));
        assertThat(address.region()).isEqualTo("eu-central-1");
        assertThat(address.pathStyle()).isFalse();
        assertThat(address.checksums()).isEqualTo(Checksums.REQUIRED);
        assertThat(address.isAmazon()).isFalse();
    }

    @Test
    void amazonNeedsNothingButTheBucket() {
        S3Address address = S3Address.parse("//bucket");

        assertThat(address.bucket()).isEqualTo("bucket");
        assertThat(address.prefix()).isEmpty();
        assertThat(address.endpoint()).isNull();
        assertThat(address.region()).isNull();
        assertThat(address.pathStyle()).isFalse();
        assertThat(address.checksums()).isEqualTo(Checksums.SUPPORTED);
        assertThat(address.isAmazon()).isTrue();
        assertThat(S3Address.parse("//b-c?endpoint=https://s3.eu-west-1.amazonaws.com").isAmazon())
                .isTrue();
    }

    @Test
    void anEndpointPutsTheBucketInThePathUnlessToldOtherwise() {
        assertThat(S3Address.parse("//bucket?endpoint=http://h:1").pathStyle()).isTrue();
        assertThat(S3Address.parse("//bucket?endpoint=http://h:1&path-style=false").pathStyle())
                .isFalse();
        assertThat(S3Address.parse("//bucket?endpoint=http%3A%2F%2Fh%3A1").endpoint())
                .isEqualTo(URI.create("http://h:1"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "//bucket",
                "//bucket/p/q",
                "//bucket?endpoint=http://h:1",
                "//bucket/p?endpoint=http://h:1&region=r&path-style=false&checksums=required"
            })
    void tellsItsUrlAgain(String rest) {
        String url = S3Address.parse(rest).url();

        assertThat(url).isEqualTo("s3:" + rest);
        assertThat(S3Address.parse(url.substring(3))).isEqualTo(S3Address.parse(rest));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "bucket                             | s3://BUCKET",
                "//                                 | bad name of a bucket",
                "//b                                | bad name of a bucket",
                "//bad bucket                       | bad name of a bucket",
                "//bucket/a//b                      | bad prefix",
                "//bucket/.tmp                      | bad prefix",
                "//bucket/a%20b                     | s3://BUCKET",
                "//bucket#x                         | s3://BUCKET",
                "//bucket?region=                   | parameter without a value: parameter=region",
                "//bucket?region                    | parameter without a value: parameter=region",
                "//bucket?region=a&region=b         | parameter given twice",
                "//bucket?region=Frankfurt!         | write one like region=eu-central-1",
                "//bucket?path-style=yes            | write true or false",
                "//bucket?checksums=none            | write required or supported",
                "//bucket?endpoint=localhost:9000   | endpoint=http://HOST:PORT",
                "//bucket?endpoint=ftp://h          | endpoint=http://HOST:PORT",
                "//bucket?endpoint=http://          | bad endpoint",
                "//bucket?endpoint=http://h/minio   | endpoint=http://HOST:PORT",
                "//bucket?endpoint=http://h?x       | bad endpoint",
                "//bucket?endpoint=%zz              | write % as %25"
            })
    void saysWhatIsWrongAndWhatToWrite(String rest, String expected) {
        assertThatThrownBy(() -> S3Address.parse(rest))
                .isInstanceOf(BucketUrlException.class)
                .hasMessageContaining(expected);
    }

    @Test
    void refusesHiddenCredentialsInTheEndpointAndNeverPrintsThem() {
        BucketUrlException error =
                catchThrowableOfType(
                        BucketUrlException.class,
                        () -> S3Address.parse("//bucket?endpoint=http://AKIDX:hunter2%40host"));

        assertThat(error.getMessage())
                .contains("credentials in a bucket URL")
                .doesNotContain("AKIDX", "hunter2");
    }
}
