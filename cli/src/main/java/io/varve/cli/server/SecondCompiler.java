// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.server;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.management.JMException;
import javax.management.ObjectName;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Keeps HotSpot's second compiler, C2, to the code that is slow without it: ciphers, digests and
/// the arithmetic of keys, whose fast forms only C2 knows. Everything else is left to the first
/// one.
///
/// A broker's time goes into system calls, copies and CRCs, which are as fast under C1, and into a
/// long tail of code that runs a few times for each frame. C2 works through that tail for hours and
/// takes a fifth to a third of the processor for it: decision 0014.
///
/// Thread-safe.
final class SecondCompiler {
    private static final Logger LOG = LoggerFactory.getLogger(SecondCompiler.class);
    private static final AtomicBoolean LIMITED = new AtomicBoolean();

    /// The first match counts; https://docs.oracle.com/en/java/javase/25/vm/compiler-control1.html.
    private static final String DIRECTIVES =
            """
            [
              {
                match: ["com/sun/crypto/*.*", "sun/security/*.*", "java/security/*.*",
                        "javax/crypto/*.*", "java/math/*.*"],
                c2: { Exclude: false }
              },
              { match: "*.*", c2: { Exclude: true } }
            ]
            """;

    private SecondCompiler() {}

    /// For the rest of this process; again, it does nothing. Where the JVM has no such compiler it
    /// goes on as it is.
    static void limit() {
        if (!LIMITED.compareAndSet(false, true)) {
            return;
        }
        try {
            Path file = Files.createTempFile("varve-compiler", ".json");
            try {
                Files.writeString(file, DIRECTIVES);
                Object said =
                        ManagementFactory.getPlatformMBeanServer()
                                .invoke(
                                        new ObjectName("com.sun.management:type=DiagnosticCommand"),
                                        "compilerDirectivesAdd",
                                        new Object[] {new String[] {file.toString()}},
                                        new String[] {String[].class.getName()});
                LOG.debug("second compiler limited: jvm={}", said);
            } finally {
                Files.delete(file);
            }
        } catch (JMException | IOException | RuntimeException e) {
            LOG.info("second compiler not limited: error={}", e.toString());
        }
    }
}
