// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/// A server of its own for one test class, by `bin/test-servers`. Where it is not installed, the
/// class is skipped, and the reason is in the report; with its name among the words of
/// TEST_SERVERS_REQUIRED (or with TEST_MINIO set, for MinIO), as `.ci/run` sets it, it has to be
/// there. Owner: the thread of the test class; what it tells may be read by any thread.
public final class ScriptedServer implements BeforeAllCallback, AfterAllCallback {
    private static final int NOT_THERE = 3;

    /// Ceph takes 20 s on an idle machine.
    private static final long START_SECONDS_MAX = 300;

    private static final Pattern LINE = Pattern.compile("export (\\w+)='(.*)'");
    private static final Pattern ENDPOINT = Pattern.compile("endpoint=([^&]+)");

    private final String name;
    private final Path scripts = Path.of(System.getProperty("varve.root"), "bin");
    private @Nullable Path state;
    private Map<String, String> said = Map.of();

    /// @param name as `bin/test-servers` calls it
    public ScriptedServer(String name) {
        this.name = name;
    }

    /// All that the script printed: the bucket, and the variables that open it.
    public Map<String, String> variables() {
        return said;
    }

    /// @param name of a variable that the script prints for this server
    public String variable(String name) {
        String value = said.getOrDefault(name, "");
        assertThat(value).as("bin/test-servers " + this.name + " prints " + name).isNotEmpty();
        return value;
    }

    /// A bucket that is there.
    public String bucketUrl() {
        return variable("TEST_BUCKET");
    }

    /// Scheme, host and port, and a path where the bucket's URL has one.
    public URI endpoint() {
        Matcher endpoint = ENDPOINT.matcher(bucketUrl());
        assertThat(endpoint.find()).as("the bucket's URL names its endpoint").isTrue();
        return URI.create(endpoint.group(1));
    }

    @Override
    public void beforeAll(ExtensionContext context) throws Exception {
        Path file = Files.createTempFile("varve-" + name + "-", ".state");
        Files.delete(file);
        Process start = run("start", file);
        String printed = new String(start.getInputStream().readAllBytes(), UTF_8);
        assertThat(start.waitFor(START_SECONDS_MAX, TimeUnit.SECONDS)).as("start ends").isTrue();
        if (start.exitValue() == NOT_THERE && !isRequired()) {
            String reason = "no " + name + " here: bin/test-servers " + name + " install";
            System.out.println("SKIPPED: " + context.getDisplayName() + ": " + reason);
            abort(reason);
        }
        assertThat(start.exitValue()).as("bin/test-servers " + name + " start").isZero();
        state = file;
        Map<String, String> variables = new HashMap<>();
        for (String line : printed.lines().toList()) {
            Matcher variable = LINE.matcher(line);
            assertThat(variable.matches()).as("a line of exports").isTrue();
            variables.put(variable.group(1), variable.group(2));
        }
        said = Map.copyOf(variables);
    }

    /// A name that no server has would never be missed: it is refused.
    private boolean isRequired() {
        String words = System.getenv().getOrDefault("TEST_SERVERS_REQUIRED", "");
        List<String> required = List.of(words.trim().split("\\s+"));
        for (String word : required) {
            assertThat(word.isEmpty() || Files.exists(scripts.resolve("test-servers.d", word + ".sh")))
                    .as("TEST_SERVERS_REQUIRED names servers: " + word)
                    .isTrue();
        }
        return required.contains(name)
                || name.equals("minio") && System.getenv("TEST_MINIO") != null;
    }

    @Override
    public void afterAll(ExtensionContext context) throws Exception {
        if (state != null) {
            Process stop = run("stop", state);
            assertThat(stop.waitFor(START_SECONDS_MAX, TimeUnit.SECONDS)).as("stop ends").isTrue();
            assertThat(stop.exitValue()).as("bin/test-servers " + name + " stop").isZero();
        }
    }

    private Process run(String verb, Path file) throws IOException {
        return new ProcessBuilder(
                        scripts.resolve("test-servers").toString(), name, verb, file.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }
}
