// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.azure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.objectstore.BucketUrlException;
import io.varve.objectstore.ObjectStores;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class AzureAddressTest {
    @Test
    void anAccountIsMicrosoftsOwnService() {
        AzureAddress address = AzureAddress.parse("//logs/team/a?account=mystorage");

        assertThat(address.container()).isEqualTo("logs");
        assertThat(address.prefix()).isEqualTo("team/a/");
        assertThat(address.objectUrl("team/a/k"))
                .isEqualTo("https://mystorage.blob.core.windows.net/logs/team/a/k");
        assertThat(address.url()).isEqualTo("azure://logs/team/a?account=mystorage");
        assertThat(address.place())
                .isEqualTo(
                        "container=logs, account=mystorage, endpoint=https://mystorage.blob.core.windows.net");
        assertThat(address.isPlain()).isFalse();
    }

    @ParameterizedTest
    @CsvSource({
        "http://127.0.0.1:10000/devstoreaccount1, devstoreaccount1",
        "http://azurite:10000/devstoreaccount1/, devstoreaccount1",
        "http://gateway/azure/acc1, acc1",
        "https://mystorage.blob.core.usgovcloudapi.net, mystorage"
    })
    void anEndpointNamesTheAccount(String endpoint, String account) {
        AzureAddress address = AzureAddress.parse("//logs?endpoint=" + endpoint);

        String shown =
                endpoint.endsWith("/") ? endpoint.substring(0, endpoint.length() - 1) : endpoint;
        assertThat(address.account()).isEqualTo(account);
        assertThat(address.containerUrl()).isEqualTo(shown + "/logs");
        assertThat(address.url()).isEqualTo("azure://logs?endpoint=" + shown);
        assertThat(AzureAddress.parse(address.url().substring("azure:".length())))
                .isEqualTo(AzureAddress.parse("//logs?endpoint=" + shown));
    }

    @Test
    void aGivenAccountCountsMoreThanTheEndpoints() {
        AzureAddress address =
                AzureAddress.parse(
                        "//logs?account=other&endpoint=http://127.0.0.1:1/devstoreaccount1");

        assertThat(address.account()).isEqualTo("other");
        assertThat(address.url())
                .isEqualTo(
                        "azure://logs?account=other&endpoint=http://127.0.0.1:1/devstoreaccount1");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "//logs",
                "//logs/p",
                "//logs?endpoint=http://localhost:10000",
                "//logs?endpoint=http://h/a/No_Account"
            })
    void withoutAnAccountItSaysWhatToAdd(String rest) {
        assertThatThrownBy(() -> AzureAddress.parse(rest))
                .isInstanceOf(BucketUrlException.class)
                .hasMessageContaining("container=logs")
                .hasMessageContaining("add account=ACCOUNT");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "//",
                "//ab?account=acc",
                "//Logs?account=acc",
                "//a--b?account=acc",
                "//-ab?account=acc",
                "//ab-?account=acc",
                "//a.b?account=acc",
                "//a_b?account=acc",
                "logs?account=acc"
            })
    void aBadContainerIsRefusedWithTheForm(String rest) {
        assertThatThrownBy(() -> AzureAddress.parse(rest))
                .isInstanceOf(BucketUrlException.class)
                .hasMessageContaining("write azure://CONTAINER/PREFIX?account=ACCOUNT");
    }

    @ParameterizedTest
    @ValueSource(strings = {"a", "My", "a.b", "a/b", "abcdefghijklmnopqrstuvwxy"})
    void aBadAccountIsRefused(String account) {
        assertThatThrownBy(() -> AzureAddress.parse("//logs?account=" + account))
                .isInstanceOf(BucketUrlException.class)
                .hasMessageContaining("account=mystorage");
    }

    @Test
    void otherStoresParametersAreUnknown() {
        assertThatThrownBy(() -> ObjectStores.checkUrl("azure://logs?account=acc&region=x"))
                .isInstanceOf(BucketUrlException.class)
                .hasMessageContaining("unknown parameter");
        assertThatThrownBy(() -> ObjectStores.checkUrl("azure://logs?acount=acc"))
                .isInstanceOf(BucketUrlException.class)
                .hasMessageContaining("did you mean account?");
        ObjectStores.checkUrl("azure://logs/p?account=acc");
    }

    @Test
    void whatMeansSomethingInAUrlIsEncoded() {
        AzureAddress address = AzureAddress.parse("//logs?account=acc");

        assertThat(address.objectUrl("a/b?c=1&d#e%25+f\\g"))
                .isEqualTo(
                        "https://acc.blob.core.windows.net/logs/a/b%3Fc%3D1%26d%23e%2525%2Bf%5B~g");
    }
}
