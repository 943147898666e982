// SPDX-License-Identifier: Apache-2.0
package io.varve.manifest.key;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class GoldenKeysTest {
    @Test
    void everyGoldenKeyIsReadAndWrittenTheSame() throws IOException {
        try (InputStream golden = getClass().getResourceAsStream("/golden/v1/keys.txt")) {
            String keys = new String(golden.readAllBytes(), StandardCharsets.UTF_8);

            assertThat(keys.lines())
                    .hasSize(11)
                    .allSatisfy(key -> {
                        ObjectName name = BucketKeys.parse(key);
                        assertThat(name).isNotInstanceOf(ObjectName.Unknown.class);
                        assertThat(name.key()).isEqualTo(key);
                    });
        }
    }
}
