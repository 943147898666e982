// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.faults;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;

/// The words of which scenarios are made: processes and network. Stateless.
final class Steps {
    private Steps() {}

    /// The load goes on for a while.
    static Step load(double leastSeconds, double mostSeconds) {
        return new Step(
                "load",
                stage -> {
                    Duration time = stage.between(leastSeconds, mostSeconds);
                    stage.pass(time);
                    return time.toMillis() + " ms";
                });
    }

    /// What is done to one broker.
    private interface Deed {
        void to(Stage stage, int id) throws Exception;
    }

    private static Step onEach(String what, Who who, Deed deed) {
        return new Step(
                what,
                stage -> {
                    List<Integer> chosen = stage.choose(who);
                    for (int id : chosen) {
                        deed.to(stage, id);
                    }
                    return chosen.toString();
                });
    }

    static Step kill(Who who) {
        return onEach("kill -9", who, (stage, id) -> stage.brokers().kill(id));
    }

    /// The disks of dead brokers are empty ones from now on.
    static Step wipe(Who who) {
        return onEach(
                "disk replaced",
                who,
                (stage, id) ->
                        io.varve.cli.durability.Folders.deleteAll(stage.brokers().node(id).data()));
    }

    /// Every link between brokers, in both directions.
    static Step slowLinks(Duration delay) {
        return new Step(
                "each link between brokers is late by " + delay.toMillis() + " ms",
                stage -> {
                    for (int id : stage.brokers().ids()) {
                        stage.brokers()
                                .others(id)
                                .forEach(other ->
                                        stage.brokers()
                                                .links()
                                                .delay(Brokers.party(id), other, delay));
                    }
                    return "all";
                });
    }

    /// Where there is one broker only, nothing can go on without it.
    static Step startIfAlone() {
        return new Step(
                "start, if it was the only one",
                stage -> {
                    if (stage.redundant()) {
                        return "no";
                    }
                    stage.brokers().startDead();
                    return "yes";
                });
    }

    static Step startDead() {
        return new Step(
                "start all that are dead",
                stage -> {
                    List<Integer> dead = stage.brokers().dead();
                    stage.brokers().startDead();
                    return dead.toString();
                });
    }

    static Step pause(Who who) {
        return onEach("SIGSTOP", who, (stage, id) -> stage.brokers().pause(id));
    }

    static Step resume() {
        return new Step(
                "SIGCONT",
                stage -> {
                    stage.brokers().resumeAll();
                    return "all";
                });
    }

    /// Starts broken off again and again.
    static Step crashWhileStarting(Who who, int times) {
        return new Step(
                "kill while starting, " + times + " times",
                stage -> {
                    List<Integer> chosen = stage.choose(who);
                    List<Long> after = new ArrayList<>();
                    for (int i = 0; i < times; i++) {
                        Duration life = stage.between(0.2, 2.5);
                        for (int id : chosen) {
                            stage.brokers().spawn(id);
                        }
                        stage.pass(life);
                        chosen.forEach(stage.brokers()::kill);
                        after.add(life.toMillis());
                    }
                    return chosen + " after " + after + " ms";
                });
    }

    /// From the other brokers, in both directions; clients still reach it.
    static Step isolate(Who who) {
        return onEach(
                "cut from all other brokers",
                who,
                (stage, id) ->
                        stage.brokers()
                                .others(id)
                                .forEach(other ->
                                        stage.brokers().links().cut(Brokers.party(id), other)));
    }

    /// It is heard and hears nothing.
    static Step deafen(Who who) {
        return onEach(
                "hears no other broker, but is heard",
                who,
                (stage, id) ->
                        stage.brokers()
                                .others(id)
                                .forEach(other ->
                                        stage.brokers()
                                                .links()
                                                .cutOneWay(other, Brokers.party(id))));
    }

    static Step healLinks() {
        return new Step(
                "links heal",
                stage -> {
                    stage.brokers().links().healAll();
                    return "all";
                });
    }

    private record Link(String one, String other) {}

    private static List<Link> links(Stage stage) {
        List<Link> links = new ArrayList<>();
        for (int id : stage.brokers().ids()) {
            for (String other : stage.brokers().others(id)) {
                if (Brokers.party(id).compareTo(other) < 0) {
                    links.add(new Link(Brokers.party(id), other));
                }
            }
        }
        Collections.shuffle(links, new Random(stage.random().nextLong()));
        return links;
    }

    /// One more every moment, in random order, until nobody hears anybody.
    static Step clogOneByOne() {
        return new Step(
                "all links between brokers cut, one by one",
                stage -> {
                    List<Link> links = links(stage);
                    for (Link link : links) {
                        stage.brokers().links().cut(link.one, link.other);
                        stage.pass(stage.between(0.5, 2));
                    }
                    return links.toString();
                });
    }

    static Step unclogOneByOne() {
        return new Step(
                "links heal, one by one",
                stage -> {
                    List<Link> links = links(stage);
                    for (Link link : links) {
                        stage.brokers().links().heal(link.one, link.other);
                        stage.pass(stage.between(0.2, 1));
                    }
                    return links.toString();
                });
    }

    static Step resetClients(int times, Duration every) {
        return new Step(
                "TCP reset of every client's connection",
                stage -> {
                    int connections = 0;
                    for (int i = 0; i < times; i++) {
                        for (int id : stage.brokers().ids()) {
                            connections +=
                                    stage.brokers()
                                            .links()
                                            .reset(
                                                    io.varve.cli.faults.net.Peers.CLIENTS,
                                                    Brokers.party(id));
                        }
                        stage.pass(every);
                    }
                    if (connections == 0) {
                        stage.complain("no connection was reset");
                    }
                    return times + " times, " + connections + " connections";
                });
    }

    /// Each partition takes records again within a time.
    static Step writableIn(Duration limit) {
        return new Step(
                "writable again in " + limit.toSeconds() + " s",
                stage -> {
                    Optional<Duration> took =
                            stage.awaitProgress(limit.multipliedBy(Trial.PATIENCE));
                    if (took.isEmpty()) {
                        stage.complain("not writable in " + limit.toSeconds() + " s");
                    }
                    return took.map(time -> time.toMillis() + " ms").orElse("NO");
                });
    }

    /// Any broker dies at every beat, the last one starts again.
    static Step killLoop(Duration beat) {
        return new Step(
                "any broker is killed every " + beat.toSeconds() + " s",
                stage -> {
                    long endNs =
                            System.nanoTime()
                                    + Duration.ofSeconds(Long.getLong("faults.loop.seconds", 60))
                                            .toNanos();
                    int kills = 0;
                    while (System.nanoTime() < endNs) {
                        long nextNs = System.nanoTime() + beat.toNanos();
                        List<Integer> chosen = stage.choose(Who.ANY);
                        chosen.forEach(stage.brokers()::kill);
                        kills++;
                        stage.say("kill -9 " + chosen);
                        stage.pass(stage.between(0, beat.toMillis() / 3_000.0));
                        for (int id : chosen) {
                            stage.brokers().spawn(id);
                            stage.brokers().node(id).awaitReady();
                        }
                        stage.pass(Duration.ofNanos(Math.max(0, nextNs - System.nanoTime())));
                    }
                    stage.figure("kills", kills);
                    return kills + " kills";
                });
    }

    /// The broker that was hurt has what the others have.
    static Step caughtUpIn(Duration limit) {
        return holdsIn(limit, "caught up", Replicas::caughtUp);
    }

    /// Something that can be asked of the stage.
    @FunctionalInterface
    interface Condition {
        boolean holds(Stage stage) throws Exception;
    }

    /// Comes to hold while the load goes on.
    static Step holdsIn(Duration limit, String what, Condition condition) {
        return new Step(
                what + " in " + limit.toSeconds() + " s",
                stage -> {
                    long endNs = System.nanoTime() + Trial.PATIENCE * limit.toNanos();
                    while (System.nanoTime() < endNs) {
                        if (condition.holds(stage)) {
                            return "yes";
                        }
                        stage.pass(Duration.ofMillis(200));
                    }
                    stage.complain("not " + what + " in " + limit.toSeconds() + " s");
                    return "NO";
                });
    }
}
