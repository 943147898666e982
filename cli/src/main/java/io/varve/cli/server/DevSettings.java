// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.server;

import io.varve.broker.config.ConfigOrigin;
import io.varve.broker.config.ConfigSources;
import io.varve.broker.config.Setting;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// What `varve dev` presets, and what its options change. Each option is stronger than the
/// environment, which is stronger than a preset.
///
/// @param data the data directory, or null: `./varve-data`
/// @param bucket URL, or null: a directory under the data
/// @param kafkaPort, httpPort 0 for any free one; null: 9092 and 9644
record DevSettings(
        @Nullable Path data,
        @Nullable String bucket,
        @Nullable Integer kafkaPort,
        @Nullable Integer httpPort) {
    static final String PROFILE = "dev";
    private static final Path DATA = Path.of("varve-data");
    private static final String HOST = "127.0.0.1:";
    private static final String KAFKA = "PLAINTEXT://" + HOST;
    private static final int KAFKA_PORT = 9092;
    private static final int HTTP_PORT = 9644;

    /// Sources of the whole configuration.
    ///
    /// @param environment all environment variables
    /// @param cores processors of this machine
    ConfigSources sources(Map<String, String> environment, int cores) {
        Path directory =
                Optional.ofNullable(data)
                        .or(() ->
                                Optional.ofNullable(environment.get("VARVE_LOG_DIRS"))
                                        .map(Path::of))
                        .orElse(DATA)
                        .toAbsolutePath()
                        .normalize();
        Map<String, String> profile = new TreeMap<>();
        profile.put("node.id", "1");
        profile.put("log.dirs", directory.toString());
        profile.put("archive.bucket", "file://" + directory.resolve("bucket"));
        profile.put("listeners", KAFKA + KAFKA_PORT);
        profile.put("http.listener", HOST + HTTP_PORT);
        profile.put("raft.listener", HOST + "0");
        profile.put("auto.create.topics.enable", "true");
        return new ConfigSources(PROFILE, profile, null, environment, flags(directory), cores);
    }

    private List<Setting> flags(Path directory) {
        List<Setting> flags = new ArrayList<>();
        if (data != null) {
            flags.add(flag("log.dirs", directory.toString(), "--data"));
        }
        if (bucket != null) {
            flags.add(flag("archive.bucket", bucket, "--bucket"));
        }
        if (kafkaPort != null) {
            flags.add(flag("listeners", KAFKA + kafkaPort, "--kafka-port"));
        }
        if (httpPort != null) {
            flags.add(flag("http.listener", HOST + httpPort, "--http-port"));
        }
        return flags;
    }

    private static Setting flag(String key, String value, String flag) {
        return new Setting(key, value, new ConfigOrigin.Flag(flag));
    }
}
