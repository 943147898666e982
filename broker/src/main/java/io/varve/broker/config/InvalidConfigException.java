// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.config;

import java.util.List;

/// A configuration that cannot be used. Holds everything that is wrong with it, so that it is
/// mended in one go; each problem is one line that says what, where and what is allowed. Secrets
/// are not in it.
public final class InvalidConfigException extends Exception {
    private static final long serialVersionUID = 1L;

    private final transient List<String> problems;

    public InvalidConfigException(List<String> problems) {
        super(String.join(System.lineSeparator(), problems));
        this.problems = List.copyOf(problems);
    }

    /// At least one line.
    public List<String> problems() {
        return problems;
    }
}
