// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.management.ManagementFactory;
import javax.management.JMException;
import javax.management.ObjectName;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class SecondCompilerTest {
    @AfterEach
    void asBefore() throws JMException {
        command("compilerDirectivesClear");
    }

    @Test
    void theJvmIsToldOnceAndKeepsItsCiphers() throws JMException {
        SecondCompiler.limit();
        SecondCompiler.limit();

        String directives = command("compilerDirectivesPrint");

        assertThat(directives).containsOnlyOnce("com/sun/crypto/*.*");
        assertThat(directives.indexOf("com/sun/crypto/*.*"))
                .as("the first match counts")
                .isLessThan(directives.indexOf("matching: *.*"));
    }

    private static String command(String name) throws JMException {
        return (String)
                ManagementFactory.getPlatformMBeanServer()
                        .invoke(
                                new ObjectName("com.sun.management:type=DiagnosticCommand"),
                                name,
                                new Object[0],
                                new String[0]);
    }
}
