// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.manifest.PartitionId;
import io.varve.manifest.state.EpochStart;
import io.varve.manifest.state.PartitionState.ManifestRef;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.List;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.Test;

/// The one kind of slice that `golden/v1/shard-log.log` is older than.
class OpenRestoredGoldenTest {
    private static final FrameTable TABLE =
            new FrameTable(
                    3,
                    5,
                    List.of(
                            new CommandSlice(
                                    new ShardCommand.OpenRestored(
                                            new PartitionId(new Uuid(1, 2), 3),
                                            "t",
                                            "{}",
                                            7,
                                            4,
                                            20,
                                            new ManifestRef(1, 2),
                                            List.of(new EpochStart(6, 11))))));

    private static final String BYTES =
            "01" // version
                    + "0000000000000003" // term
                    + "0000000000000005" // time
                    + "00000001" // one slice
                    + "08"
                    + "0000000000000001"
                    + "0000000000000002"
                    + "00000003" // partition
                    + "0000000174" // name
                    + "000000027b7d" // topic
                    + "00000007" // base epoch
                    + "0000000000000004" // log start
                    + "0000000000000014" // end
                    + "00000001"
                    + "0000000000000002" // manifest
                    + "00000001"
                    + "00000006"
                    + "000000000000000b"; // epochs

    @Test
    void isWrittenAndReadAsTheFormatSays() {
        ByteBuffer encoded = FrameTableCodec.encode(TABLE);
        byte[] bytes = new byte[encoded.remaining()];
        encoded.duplicate().get(bytes);

        assertThat(HexFormat.of().formatHex(bytes)).isEqualTo(BYTES);
        assertThat(FrameTableCodec.decode(ByteBuffer.wrap(HexFormat.of().parseHex(BYTES))))
                .isEqualTo(TABLE);
    }
}
