// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.http;

import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.varve.broker.http.AdminView.RestoreRefusedException;
import io.varve.broker.http.AdminView.UnavailableException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/// The routes that every broker has: metrics, health, and `/api/v1`.
public final class AdminRoutes {
    private AdminRoutes() {}

    /// @param notReady why the broker cannot serve now; empty when it can
    public static List<Route> of(
            AdminView view, PrometheusMeterRegistry metrics, Supplier<Optional<String>> notReady) {
        return List.of(
                Route.get(
                        "/metrics",
                        query ->
                                HttpAnswer.text(
                                        200,
                                        "text/plain; version=0.0.4; charset=utf-8",
                                        metrics.scrape())),
                Route.get("/health/live", query -> HttpAnswer.json(200, Map.of("live", true))),
                Route.get("/health/ready", query -> ready(notReady.get())),
                Route.get("/api/v1/cluster", query -> HttpAnswer.json(200, view.cluster())),
                Route.get("/api/v1/cluster/state", query -> HttpAnswer.json(200, view.state())),
                Route.post("/api/v1/shards/{shard}/leader", query -> moveLeader(view, query)),
                Route.get(
                        "/api/v1/topics/{name}/storage",
                        query -> storage(view, query.variables().getFirst())),
                Route.get("/api/v1/archive/status", query -> HttpAnswer.json(200, view.archive())),
                Route.post("/api/v1/archive/flush", query -> flush(view, query)),
                Route.post("/api/v1/topics/{name}/restore", query -> restore(view, query)));
    }

    private static HttpAnswer ready(Optional<String> reason) {
        return reason.isEmpty()
                ? HttpAnswer.json(200, Map.of("ready", true))
                : HttpAnswer.json(503, Map.of("ready", false, "reason", reason.get()));
    }

    private static HttpAnswer storage(AdminView view, String topic) {
        return view.storage(topic)
                .map(storage -> HttpAnswer.json(200, storage))
                .orElseGet(() ->
                        HttpAnswer.error(
                                404,
                                "no such topic: topic=" + topic,
                                "varve topic list shows what there is"));
    }

    private static HttpAnswer moveLeader(AdminView view, HttpQuery query)
            throws InterruptedException {
        try {
            int shard = Integer.parseInt(query.variables().getFirst());
            int to = Integer.parseInt(String.valueOf(query.parameters().get("to")));
            view.moveLeader(shard, to);
            return HttpAnswer.json(200, Map.of("shard", shard, "leader", to));
        } catch (IllegalArgumentException e) {
            return HttpAnswer.error(
                    400,
                    String.valueOf(e.getMessage()),
                    "varve cluster shards shows leaders and replicas");
        } catch (UnavailableException e) {
            return HttpAnswer.error(
                    503,
                    String.valueOf(e.getMessage()),
                    "varve cluster health shows why, try again");
        }
    }

    private static HttpAnswer restore(AdminView view, HttpQuery query) throws InterruptedException {
        String topic = query.variables().getFirst();
        try {
            view.restore(topic, query.body(), query.flag("check"));
            return HttpAnswer.json(200, Map.of("topic", topic));
        } catch (RestoreRefusedException e) {
            return HttpAnswer.error(409, String.valueOf(e.getMessage()), "");
        }
    }

    private static HttpAnswer flush(AdminView view, HttpQuery query) throws InterruptedException {
        try {
            return HttpAnswer.json(
                    200, view.flush(query.parameters().get("topic"), query.flag("segments")));
        } catch (UnavailableException e) {
            return HttpAnswer.error(
                    503,
                    String.valueOf(e.getMessage()),
                    "varve archive status shows which job fails and why");
        }
    }
}
