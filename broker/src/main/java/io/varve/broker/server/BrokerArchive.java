// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.server;

import io.varve.archiver.ArchiveContext;
import io.varve.archiver.ArchiveSettings;
import io.varve.broker.config.BrokerConfig;
import io.varve.objectstore.governed.GovernedBucket;
import io.varve.objectstore.governed.Priority;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.InstantSource;

/// What this broker's configuration tells its archivers. Stateless.
final class BrokerArchive {
    private BrokerArchive() {}

    /// @param shards that this broker may come to carry
    /// @param writer as it names itself in objects
    /// @param temporary where segment files are put together
    static ArchiveContext context(
            BrokerConfig config,
            int shards,
            GovernedBucket bucket,
            String clusterId,
            String writer,
            Path temporary,
            InstantSource clock) {
        return new ArchiveContext(
                bucket.as(Priority.BACKGROUND),
                bucket.as(Priority.JOURNAL),
                clusterId,
                writer,
                temporary,
                settings(config, shards),
                clock,
                new SecureRandom());
    }

    private static ArchiveSettings settings(BrokerConfig config, int shards) {
        ArchiveSettings defaults = ArchiveSettings.defaults();
        BrokerConfig.Archive archive = config.archive();
        ArchiveSettings.Cleaning cleaning = defaults.cleaning();
        return defaults.withJournals(
                        new ArchiveSettings.Journals(
                                archive.intervalMs(),
                                Math.toIntExact(archive.journalBytes()),
                                Math.min(archive.intervalMs(), defaults.journals().pollMs())))
                .withSegments(
                        new ArchiveSettings.Segments(
                                defaults.segments().bytesMax(),
                                defaults.segments().checkMs(),
                                defaults.segments().retryMs(),
                                DiskPressure.temporaryReserveBytes(config, shards)))
                .withCleaning(
                        new ArchiveSettings.Cleaning(
                                archive.retentionCheckMs(),
                                cleaning.clockSkewMaxMs(),
                                2 * archive.retentionCheckMs(),
                                archive.orphanScanMs(),
                                archive.deleteGraceMs(),
                                archive.topicUndeleteMs()));
    }
}
