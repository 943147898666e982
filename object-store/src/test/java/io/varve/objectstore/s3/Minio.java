// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.s3;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/// A MinIO for one test class, by `bin/test-servers`. Where there is none, the class is skipped,
/// and the reason is in the report; with TEST_MINIO set, as `.ci/run` sets it, there has to be one.
final class Minio implements BeforeAllCallback, AfterAllCallback {
    private static final int NOT_THERE = 3;
    private static final Pattern LINE = Pattern.compile("export (\\w+)='(.*)'");
    private static final Pattern ENDPOINT = Pattern.compile("endpoint=([^&]+)");

    private final Path script = Path.of(System.getProperty("varve.root"), "bin/test-servers");
    private Path state;
    private S3Server server;

    @Override
    public void beforeAll(ExtensionContext context) throws Exception {
        state = Files.createTempFile("varve-minio-", ".state");
        Files.delete(state);
        Process start = run("start");
        String printed = new String(start.getInputStream().readAllBytes(), UTF_8);
        int status = start.exitValue();
        if (status == NOT_THERE && System.getenv("TEST_MINIO") == null) {
            String reason = "no MinIO here: bin/test-servers minio install builds one";
            System.out.println("SKIPPED: " + context.getDisplayName() + ": " + reason);
            abort(reason);
        }
        assertThat(status).as("bin/test-servers minio start").isZero();
        Map<String, String> said = new HashMap<>();
        for (String line : printed.lines().toList()) {
            Matcher variable = LINE.matcher(line);
            assertThat(variable.matches()).as(line).isTrue();
            said.put(variable.group(1), variable.group(2));
        }
        Matcher endpoint = ENDPOINT.matcher(said.get("TEST_BUCKET"));
        assertThat(endpoint.find()).isTrue();
        server =
                new S3Server(
                        URI.create(endpoint.group(1)),
                        said.get("AWS_ACCESS_KEY_ID"),
                        said.get("AWS_SECRET_ACCESS_KEY"));
    }

    @Override
    public void afterAll(ExtensionContext context) throws Exception {
        if (server != null) {
            assertThat(run("stop").exitValue()).as("bin/test-servers minio stop").isZero();
        }
    }

    private Process run(String verb) throws IOException, InterruptedException {
        Process process =
                new ProcessBuilder(script.toString(), "minio", verb, state.toString())
                        .redirectError(ProcessBuilder.Redirect.INHERIT)
                        .start();
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).as(verb + " ends").isTrue();
        return process;
    }

    S3Server server() {
        return server;
    }
}
