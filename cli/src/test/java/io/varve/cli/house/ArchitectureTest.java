// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.house;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/// Which code may know which. No exclusions: a rule that does not fit is changed here, with a
/// reason, for everybody.
class ArchitectureTest {
    private static final List<String> MODULES =
            List.of("objectstore", "manifest", "archiver", "recovery", "broker", "cli");
    private static final List<String> BROKER =
            List.of(
                    "server",
                    "http",
                    "api",
                    "coordinator",
                    "peers",
                    "metadata",
                    "partition",
                    "cold",
                    "shard",
                    "raft",
                    "log",
                    "network",
                    "config");

    private static JavaClasses varve;

    @BeforeAll
    static void read() {
        varve =
                new ClassFileImporter()
                        .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
                        // Tests of other modules that are on this one's class path.
                        .withImportOption(location -> !location.contains("-tests.jar"))
                        .importPackages("io.varve");
    }

    @TestFactory
    List<DynamicTest> modulesDependInOneDirection() {
        return MODULES.stream()
                .map(module ->
                        DynamicTest.dynamicTest(
                                module,
                                () ->
                                        noClasses()
                                                .that()
                                                .resideInAPackage("io.varve." + module + "..")
                                                .should()
                                                .dependOnClassesThat(
                                                        resideInAnyPackage(above(module)))
                                                .because(
                                                        "the direction is cli > broker > archiver, recovery > manifest > object-store: name a port here and implement it above")
                                                .check(varve)))
                .toList();
    }

    private static String[] above(String module) {
        List<String> above =
                MODULES.subList(MODULES.indexOf(module) + 1, MODULES.size()).stream().toList();
        if (module.equals("recovery")) {
            above = List.of("broker", "cli", "archiver");
        }
        return above.isEmpty()
                ? new String[] {"no.such.package"}
                : above.stream().map(name -> "io.varve." + name + "..").toArray(String[]::new);
    }

    @TestFactory
    List<DynamicTest> brokerPackagesDependInOneDirection() {
        return BROKER.stream()
                .skip(1)
                .map(name ->
                        DynamicTest.dynamicTest(
                                name,
                                () ->
                                        noClasses()
                                                .that()
                                                .resideInAPackage("io.varve.broker." + name + "..")
                                                .should()
                                                .dependOnClassesThat(
                                                        resideInAnyPackage(
                                                                BROKER
                                                                        .subList(
                                                                                0,
                                                                                BROKER.indexOf(
                                                                                        name))
                                                                        .stream()
                                                                        .map(left ->
                                                                                "io.varve.broker."
                                                                                        + left
                                                                                        + "..")
                                                                        .toArray(String[]::new)))
                                                .because(
                                                        "a package of the broker imports only what stands to its right in docs/ARCHITECTURE.md: name a port in the lower package")
                                                .check(varve)))
                .toList();
    }

    @Test
    void everyPackageOfTheBrokerHasItsPlace() {
        classes()
                .that()
                .resideInAPackage("io.varve.broker..")
                .should()
                .resideInAnyPackage(
                        BROKER.stream()
                                .map(name -> "io.varve.broker." + name + "..")
                                .toArray(String[]::new))
                .because(
                        "the order of packages is the architecture: give a new one its place there")
                .check(varve);
    }

    @Test
    void packagesHaveNoCycles() {
        slices().matching("io.varve.(*).(*)..")
                .should()
                .beFreeOfCycles()
                .because("two packages that need each other are one, or need a third")
                .check(varve);
    }

    @Test
    void ratisIsKnownInOnePackage() {
        onlyIn("org.apache.ratis..", "io.varve.broker.raft..", "go through RaftNode and its ports");
    }

    @Test
    void nettyIsKnownInOnePackage() {
        onlyIn(
                "io.netty..",
                "io.varve.broker.network..",
                "hand over ByteBuffers and Kafka's records");
    }

    @Test
    void caffeineIsKnownWhereThingsAreCached() {
        onlyIn(
                "com.github.benmanes.caffeine..",
                "io.varve.broker.cold..",
                "one cache, with one bound: ask the cold tier");
    }

    @Test
    void amazonsSdkIsKnownInOnePackage() {
        onlyIn(
                "software.amazon.awssdk..",
                "io.varve.objectstore.s3..",
                "go through ObjectStore, and its errors");
    }

    @Test
    void azuresSdkIsKnownInOnePackage() {
        onlyIn(
                "com.azure..",
                "io.varve.objectstore.azure..",
                "go through ObjectStore, and its errors");
    }

    @Test
    void googlesSdkIsKnownInOnePackage() {
        for (String part : List.of("com.google.api..", "com.google.auth..", "com.google.cloud..")) {
            onlyIn(part, "io.varve.objectstore.gcs..", "go through ObjectStore, and its errors");
        }
    }

    @Test
    void picocliIsKnownInTheCommandLineOnly() {
        onlyIn("picocli..", "io.varve.cli..", "logic belongs below the commands");
    }

    @Test
    void theLanguageOfTheBucketKnowsNoThreads() {
        noClasses()
                .that()
                .resideInAPackage("io.varve.manifest..")
                .should()
                .dependOnClassesThat()
                .haveFullyQualifiedName("java.lang.Thread")
                .orShould()
                .dependOnClassesThat()
                .resideInAPackage("java.util.concurrent..")
                .because(
                        "formats are values and functions: schedules belong to archiver and broker")
                .check(varve);
    }

    @Test
    void nobodySleeps() {
        noClasses()
                .that()
                .resideOutsideOfPackage("io.varve.cli..")
                .should()
                .callMethod(Thread.class, "sleep", long.class)
                .orShould()
                .callMethod(Thread.class, "sleep", java.time.Duration.class)
                .because("wait for the event, with a bound, or take a timer by constructor")
                .check(varve);
    }

    @Test
    void timeComesByConstructor() {
        noClasses()
                .that()
                .resideOutsideOfPackages(
                        "io.varve.broker.server..", "io.varve.cli..", "io.varve.objectstore")
                .should()
                .callMethod(System.class, "currentTimeMillis")
                .orShould()
                .callMethod(java.time.Instant.class, "now")
                .orShould()
                .callMethod(java.time.Clock.class, "systemUTC")
                .orShould()
                .callMethod(java.time.InstantSource.class, "system")
                .because("take an InstantSource: a test must be able to turn the clock")
                .check(varve);
    }

    @Test
    void randomnessComesByConstructor() {
        noClasses()
                .that()
                .resideOutsideOfPackages("io.varve.broker.server..", "io.varve.cli..")
                .should()
                .dependOnClassesThat()
                .haveFullyQualifiedName("java.util.concurrent.ThreadLocalRandom")
                .orShould()
                .callMethod(Math.class, "random")
                .because("take a RandomGenerator: a test must be able to replay")
                .check(varve);
    }

    @Test
    void noPackageIsNamedForNothing() {
        noClasses()
                .should()
                .resideInAnyPackage(
                        "..util..", "..common..", "..helper..", "..impl..", "..manager..")
                .because("a name says what is in the room")
                .check(varve);
    }

    private static void onlyIn(String library, String room, String instead) {
        noClasses()
                .that()
                .resideOutsideOfPackage(room)
                .should()
                .dependOnClassesThat()
                .resideInAPackage(library)
                .because(library + " is known in " + room + " only: " + instead)
                .check(varve);
    }
}
