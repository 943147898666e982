// SPDX-License-Identifier: Apache-2.0
package io.varve.archiver;

import org.jspecify.annotations.Nullable;

/// How a job is doing.
///
/// @param lastSuccessMs our clock at the end of its last step that did not fail, or 0 before the
///   first
/// @param failures failed steps in a row
/// @param lastError what the last failure said; stays until the next success
/// @param stopped why it will never step again
public record JobStatus(
        String name,
        long lastSuccessMs,
        int failures,
        @Nullable String lastError,
        @Nullable String stopped) {}
