// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.logging;

/// How a logged event is written.
enum LogForm {
    /// `key=value` pairs.
    TEXT,
    /// One JSON object.
    JSON
}
