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
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/// A real server by `bin/test-servers`, for the classes that register it: started for the first of
/// them, shared by all that name it, stopped when the last test of the run has ended. Each test
/// makes buckets of its own.
///
/// Where a server is not installed, its classes are skipped, and the reason is in the report. With
/// TEST_SERVERS_REQUIRED, as `.ci/run` sets it, the servers that it names have to be there, and
/// those that it does not name are left out. Owner: the thread of the tests; what it tells may be
/// read by any thread.
public final class ScriptedServer implements BeforeAllCallback, AfterAllCallback {
    private static final int NOT_THERE = 3;

    /// Ceph takes 20 s on an idle machine.
    private static final long SCRIPT_SECONDS_MAX = 300;

    private static final ExtensionContext.Namespace SERVERS =
            ExtensionContext.Namespace.create(ScriptedServer.class);
    private static final Pattern LINE = Pattern.compile("export (\\w+)='(.*)'");
    private static final Pattern ENDPOINT = Pattern.compile("endpoint=([^&]+)");

    private final String name;
    private Map<String, String> said = Map.of();

    /// @param name as `bin/test-servers` calls it
    public ScriptedServer(String name) {
        this.name = name;
    }

    /// All that the script printed: the bucket, and the variables that open it.
    public Map<String, String> variables() {
        return said;
    }

    /// @param variable that the script prints for this server
    public String variable(String variable) {
        String value = said.getOrDefault(variable, "");
        assertThat(value).as("bin/test-servers " + name + " prints " + variable).isNotEmpty();
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
    public void beforeAll(ExtensionContext context) {
        List<String> required = required();
        if (!required.isEmpty() && !required.contains(name)) {
            skip(context, name + " is not among those of TEST_SERVERS_REQUIRED");
        }
        Answer answer =
                context.getRoot()
                        .getStore(SERVERS)
                        .computeIfAbsent(name, ScriptedServer::start, Answer.class);
        if (answer.status() == NOT_THERE && required.isEmpty()) {
            skip(context, "no " + name + " here: bin/test-servers " + name + " install");
        }
        assertThat(answer.status()).as("bin/test-servers " + name + " start").isZero();
        said = answer.variables();
    }

    /// Forgets the server, which may go on for other classes.
    @Override
    public void afterAll(ExtensionContext context) {
        said = Map.of();
    }

    private static void skip(ExtensionContext context, String reason) {
        System.out.println("SKIPPED: " + context.getDisplayName() + ": " + reason);
        abort(reason);
    }

    /// A name that no server has would never be missed: it is refused.
    private static List<String> required() {
        String words = System.getenv().getOrDefault("TEST_SERVERS_REQUIRED", "").trim();
        List<String> required = words.isEmpty() ? List.of() : List.of(words.split("\\s+", -1));
        for (String word : required) {
            assertThat(scripts().resolve("test-servers.d", word + ".sh"))
                    .as("TEST_SERVERS_REQUIRED names servers")
                    .exists();
        }
        return required;
    }

    private static Path scripts() {
        return Path.of(System.getProperty("varve.root"), "bin");
    }

    private static Answer start(String name) {
        try {
            Path state = Files.createTempFile("varve-" + name + "-", ".state");
            Files.delete(state);
            Process start = run(name, "start", state);
            String printed = new String(start.getInputStream().readAllBytes(), UTF_8);
            int status = statusOf(start);
            Map<String, String> variables = new HashMap<>();
            for (String line : printed.lines().toList()) {
                Matcher variable = LINE.matcher(line);
                assertThat(variable.matches()).as("a line of exports").isTrue();
                variables.put(variable.group(1), variable.group(2));
            }
            return new Answer(name, state, status, Map.copyOf(variables));
        } catch (IOException e) {
            throw new AssertionError("bin/test-servers does not run", e);
        }
    }

    private static Process run(String name, String verb, Path state) throws IOException {
        String script = scripts().resolve("test-servers").toString();
        return new ProcessBuilder(script, name, verb, state.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    private static int statusOf(Process script) {
        try {
            assertThat(script.waitFor(SCRIPT_SECONDS_MAX, TimeUnit.SECONDS))
                    .as("bin/test-servers ends")
                    .isTrue();
            return script.exitValue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted", e);
        }
    }

    /// What became of a start; closed with the run of the tests.
    private record Answer(String name, Path state, int status, Map<String, String> variables)
            implements AutoCloseable {
        @Override
        public void close() throws IOException {
            if (status == 0) {
                assertThat(statusOf(run(name, "stop", state)))
                        .as("bin/test-servers " + name + " stop")
                        .isZero();
            }
        }
    }
}
