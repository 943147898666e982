// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.config;

/// One value as somebody wrote it: not yet known to be a key, nor to be valid.
///
/// @param name the key as written, perhaps an alias
/// @param text the value as written
public record Setting(String name, String text, ConfigOrigin origin) {}
