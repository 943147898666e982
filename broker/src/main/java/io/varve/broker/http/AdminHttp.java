// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.http;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The HTTP listener: the JDK's own server, a virtual thread a request, a list of routes. Answers a
/// request whose `Host` is not an address or `localhost` only when the listener is not on loopback
/// (a web page must not reach it by a name of its own). Thread-safe.
public final class AdminHttp implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(AdminHttp.class);
    private static final int BACKLOG = 64;
    private static final int BODY_BYTES_MAX = 16 << 20;
    private static final int CLOSE_TIMEOUT_SECONDS = 1;

    private final HttpServer server;
    private final ExecutorService threads;
    private final List<Route> routes;

    private AdminHttp(HttpServer server, ExecutorService threads, List<Route> routes) {
        this.server = server;
        this.threads = threads;
        this.routes = routes;
    }

    /// Binds and serves; port 0 takes any free one.
    ///
    /// @throws IOException the address cannot be bound
    public static AdminHttp start(InetSocketAddress address, List<Route> routes)
            throws IOException {
        HttpServer server = HttpServer.create(address, BACKLOG);
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
        AdminHttp http = new AdminHttp(server, threads, List.copyOf(routes));
        server.createContext("/", http::serve);
        server.setExecutor(threads);
        server.start();
        return http;
    }

    /// Where it listens.
    public InetSocketAddress address() {
        return server.getAddress();
    }

    private void serve(HttpExchange exchange) throws IOException {
        try (exchange) {
            HttpAnswer answer = answer(exchange);
            exchange.getResponseHeaders().set("Content-Type", answer.contentType());
            exchange.getResponseHeaders().set("X-Content-Type-Options", "nosniff");
            byte[] body = answer.body();
            exchange.sendResponseHeaders(answer.status(), body.length == 0 ? -1 : body.length);
            if (body.length > 0) {
                exchange.getResponseBody().write(body);
            }
        }
    }

    private HttpAnswer answer(HttpExchange exchange) {
        if (!hostAllowed(exchange)) {
            return HttpAnswer.error(421, "host is not this listener's", "use its address");
        }
        String rawPath = exchange.getRequestURI().getRawPath();
        boolean pathKnown = false;
        for (Route route : routes) {
            Optional<List<String>> variables = route.match(rawPath);
            if (variables.isEmpty()) {
                continue;
            }
            pathKnown = true;
            if (route.method().equals(exchange.getRequestMethod())) {
                return ask(route, exchange, variables.get());
            }
        }
        return pathKnown
                ? HttpAnswer.error(405, "method not allowed: " + exchange.getRequestMethod(), "")
                : HttpAnswer.error(404, "no such path: " + rawPath, "");
    }

    private static HttpAnswer ask(Route route, HttpExchange exchange, List<String> variables) {
        try {
            byte[] body = exchange.getRequestBody().readNBytes(BODY_BYTES_MAX + 1);
            if (body.length > BODY_BYTES_MAX) {
                return HttpAnswer.error(413, "body is too large: limit=" + BODY_BYTES_MAX, "");
            }
            return route.endpoint().answer(new HttpQuery(variables, parameters(exchange), body));
        } catch (IllegalArgumentException e) {
            return HttpAnswer.error(400, String.valueOf(e.getMessage()), "");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return HttpAnswer.error(503, "broker is stopping", "try again on another broker");
        } catch (Exception e) {
            LOG.error("request failed: path={}", route.path(), e);
            return HttpAnswer.error(500, e.toString(), "see the broker's log");
        }
    }

    private boolean hostAllowed(HttpExchange exchange) {
        if (!server.getAddress().getAddress().isLoopbackAddress()) {
            return true;
        }
        String host = exchange.getRequestHeaders().getFirst("Host");
        if (host == null) {
            return true;
        }
        String name = host.replaceFirst(":\\d+$", "");
        return name.equals("localhost") || name.startsWith("127.") || name.equals("[::1]");
    }

    private static Map<String, String> parameters(HttpExchange exchange) {
        String query = exchange.getRequestURI().getRawQuery();
        Map<String, String> parameters = new HashMap<>();
        if (query == null) {
            return parameters;
        }
        for (String pair : query.split("&", -1)) {
            int equals = pair.indexOf('=');
            String name = equals < 0 ? pair : pair.substring(0, equals);
            String value = equals < 0 ? "" : pair.substring(equals + 1);
            parameters.put(decode(name), decode(value));
        }
        return parameters;
    }

    private static String decode(String text) {
        return URLDecoder.decode(text, StandardCharsets.UTF_8);
    }

    /// Stops; requests under way have a second. Idempotent.
    @Override
    public void close() {
        server.stop(CLOSE_TIMEOUT_SECONDS);
        threads.shutdownNow();
    }
}
