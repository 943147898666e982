// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.shell;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.sun.net.httpserver.HttpServer;
import io.varve.objectstore.ObjectStore;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/// What commands know of a bucket beside its URL.
class BucketAccessTest {
    private static BucketAccess access(String url, Map<String, String> environment) {
        BucketAccess access = new BucketAccess(environment);
        new CommandLine(access).parseArgs("--bucket", url);
        return access;
    }

    @Test
    void credentialsAreTakenFromTheEnvironmentAsABrokerTakesThem() throws Exception {
        List<String> authorizations = new CopyOnWriteArrayList<>();
        HttpServer server =
                HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext(
                "/",
                exchange -> {
                    authorizations.add(exchange.getRequestHeaders().getFirst("Authorization"));
                    byte[] empty =
                            "<ListBucketResult></ListBucketResult>"
                                    .getBytes(StandardCharsets.US_ASCII);
                    exchange.sendResponseHeaders(200, empty.length);
                    exchange.getResponseBody().write(empty);
                    exchange.close();
                });
        server.start();
        String url = "s3://bucket?endpoint=http://127.0.0.1:" + server.getAddress().getPort();

        try (ObjectStore store =
                access(
                                url,
                                Map.of(
                                        "VARVE_OBJECT_STORE_S3_ACCESS_KEY", "of-the-environment",
                                        "VARVE_OBJECT_STORE_S3_SECRET_KEY", "hunter2",
                                        "VARVE_OUTPUT", "json"))
                        .open()) {
            assertThat(store.list("", "", 10)).isEmpty();
        } finally {
            server.stop(0);
        }

        assertThat(authorizations)
                .isNotEmpty()
                .allMatch(it -> it.contains("Credential=of-the-environment/"));
    }

    @Test
    void aMistypedVariableIsNamedWithTheNearestAndWithoutItsValue() {
        BucketAccess access =
                access("mem:", Map.of("VARVE_OBJECT_STORE_AZURE_ACOUNT_KEY", "hunter2"));

        assertThatThrownBy(access::open)
                .isInstanceOf(CommandFailure.class)
                .hasMessage(
                        "environment: unknown environment variable: variable=VARVE_OBJECT_STORE_AZURE_ACOUNT_KEY; nearest=VARVE_OBJECT_STORE_AZURE_ACCOUNT_KEY");
    }

    @Test
    void commandsKeepToTheRateOfTheEnvironment() throws Exception {
        BucketAccess access =
                access("mem:rated", Map.of("VARVE_OBJECT_STORE_REQUESTS_PER_SECOND", "5"));
        long startNs = System.nanoTime();
        try (ObjectStore store = access.open()) {
            for (int i = 0; i < 8; i++) {
                store.head("k");
            }
        }

        assertThat(Duration.ofNanos(System.nanoTime() - startNs))
                .as("five at once, then five a second")
                .isGreaterThanOrEqualTo(Duration.ofMillis(590));
    }

    @Test
    void aPriceOfTheEnvironmentOverridesTheTable() throws Exception {
        Map<String, String> cheap = Map.of("VARVE_OBJECT_STORE_PRICE_GB_MONTH", "0.01");

        assertThat(access("s3://bucket", Map.of()).prices().monthlyUsd(10L << 30))
                .isCloseTo(0.23, within(1e-9));
        assertThat(access("s3://bucket", cheap).prices().monthlyUsd(10L << 30))
                .isCloseTo(0.1, within(1e-9));
        assertThat(access("file:///d", Map.of()).prices().monthlyUsd(10L << 30)).isZero();
    }
}
