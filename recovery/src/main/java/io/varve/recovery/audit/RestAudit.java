// SPDX-License-Identifier: Apache-2.0
package io.varve.recovery.audit;

import io.varve.manifest.key.BucketKeys;
import io.varve.manifest.key.ObjectName;
import io.varve.manifest.whole.WholeObjects;
import io.varve.objectstore.ObjectInfo;
import io.varve.objectstore.ObjectStoreException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;

/// The small rest of a bucket: intents to delete topics, and what is none of ours. Owner: the
/// audit's thread.
final class RestAudit {
    /// Prefixes that others walk over.
    private static final List<String> WALKED =
            List.of(
                    BucketKeys.CLAIMS_PREFIX,
                    BucketKeys.HOLDS_PREFIX,
                    BucketKeys.RESTORE_POINTS_PREFIX,
                    BucketKeys.SHARDS_PREFIX,
                    BucketKeys.TOPICS_PREFIX,
                    BucketKeys.TRASH_PREFIX);

    private final AuditPass pass;

    RestAudit(AuditPass pass) {
        this.pass = pass;
    }

    /// @return store's time of each intent, by topic
    Map<Uuid, Long> trash() throws ObjectStoreException {
        Map<Uuid, Long> trash = new HashMap<>();
        for (ObjectInfo object : WholeObjects.list(pass.store(), BucketKeys.TRASH_PREFIX)) {
            pass.saw(object);
            if (BucketKeys.parse(object.key()) instanceof ObjectName.Trash name) {
                trash.put(name.topicId(), object.lastModified().toEpochMilli());
            } else {
                pass.foreign(object);
            }
        }
        return trash;
    }

    /// Everything outside of the folders that others walk over. What a listing shows of those is
    /// skipped by starting behind them.
    void others() throws ObjectStoreException {
        String[] after = {""};
        boolean[] done = {false};
        while (!done[0]) {
            done[0] = true;
            WholeObjects.walk(
                    pass.store(),
                    "",
                    after[0],
                    object -> {
                        String walked = walked(object.key());
                        if (walked == null) {
                            look(object);
                            return true;
                        }
                        String behind = walked + "~"; // the last character that keys have
                        if (object.key().compareTo(behind) > 0) {
                            return true;
                        }
                        after[0] = behind;
                        done[0] = false;
                        return false;
                    });
        }
    }

    private static @Nullable String walked(String key) {
        return WALKED.stream().filter(key::startsWith).findFirst().orElse(null);
    }

    private void look(ObjectInfo object) {
        pass.saw(object);
        switch (BucketKeys.parse(object.key())) {
            case ObjectName.Identity name -> {
                // read first of all
            }
            case ObjectName.AuditFile name -> {
                // kept by whoever made it
            }
            default -> pass.foreign(object);
        }
    }

    /// A second look at an object of nobody's.
    void again(String key) throws ObjectStoreException {
        Optional<ObjectInfo> there = pass.store().head(key);
        there.ifPresent(pass::foreign);
    }
}
