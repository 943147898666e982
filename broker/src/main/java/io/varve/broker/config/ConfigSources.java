// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.config;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Everything that a broker's configuration is made of, from weak to strong. Immutable.
///
/// @param profileName who presets `profile` (`dev`); empty when nobody does
/// @param profile presets, by key
/// @param file properties or YAML, or null when there is none
/// @param environment all environment variables; those without `VARVE_` are not looked at
/// @param flags settings from the command line, each with a [ConfigOrigin.Flag]
/// @param cores processors of this machine: `shards.per.broker` defaults from them
public record ConfigSources(
        String profileName,
        Map<String, String> profile,
        @Nullable Path file,
        Map<String, String> environment,
        List<Setting> flags,
        int cores) {
    public ConfigSources {
        profile = Map.copyOf(profile);
        environment = Map.copyOf(environment);
        flags = List.copyOf(flags);
    }
}
