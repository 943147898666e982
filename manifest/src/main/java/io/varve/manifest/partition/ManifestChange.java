// SPDX-License-Identifier: Apache-2.0
package io.varve.manifest.partition;

import io.varve.manifest.partition.ManifestEditor.Pages;
import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.ObjectStoreException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.random.RandomGenerator;

/// A new manifest version and the pages that it is the first to name: those are put in front of it.
/// Keeps the document within [#BYTES_MAX] by moving older rows to pages. Immutable.
///
/// Rows move when the document would become too large, all but the newest; so a page is put once in
/// some hundred segments. Epochs and doomed objects stay in the document: while nothing may be
/// deleted it grows by a row for each page that was replaced.
public record ManifestChange(PartitionManifest manifest, List<ManifestPage> pages) {
    /// The size a manifest document does not pass, as long as rows can be moved.
    public static final int BYTES_MAX = 64 << 10;

    public ManifestChange {
        pages = List.copyOf(pages);
    }

    /// A version without new pages.
    public static ManifestChange of(PartitionManifest manifest) {
        return new ManifestChange(manifest, List.of());
    }

    /// The next version, written by a leader of rank `rank`: all deltas, in order.
    ///
    /// @param random names new pages
    /// @param deleteAfterMs when the object of a page that is replaced may go
    /// @throws IllegalStateException the deltas break an invariant: nothing may be written
    public static ManifestChange next(
            ObjectStore store,
            PartitionManifest before,
            ManifestRank rank,
            List<ManifestDelta> deltas,
            RandomGenerator random,
            long deleteAfterMs)
            throws ObjectStoreException {
        return retrying(
                store,
                before,
                random,
                editor -> deltas.forEach(editor::apply),
                deleteAfterMs,
                editor -> editor.next(before, rank));
    }

    /// The first version of a later generation, which ends at `endOffset`.
    public static ManifestChange continued(
            ObjectStore store,
            PartitionManifest before,
            ManifestRank rank,
            long endOffset,
            RandomGenerator random,
            long deleteAfterMs)
            throws ObjectStoreException {
        return retrying(
                store,
                before,
                random,
                editor -> editor.clip(endOffset),
                deleteAfterMs,
                editor -> editor.firstOfGeneration(before, rank));
    }

    private interface Work {
        void on(ManifestEditor editor);
    }

    private interface End {
        PartitionManifest of(ManifestEditor editor);
    }

    /// Editing is pure: when it needs a page's rows, they are read and it begins again.
    private static ManifestChange retrying(
            ObjectStore store,
            PartitionManifest before,
            RandomGenerator random,
            Work work,
            long deleteAfterMs,
            End end)
            throws ObjectStoreException {
        ReadPages pages = new ReadPages(random);
        while (true) {
            try {
                ManifestEditor editor = new ManifestEditor(before, pages);
                work.on(editor);
                PartitionManifest next = end.of(editor);
                if (ManifestCodec.encode(next).length > BYTES_MAX) {
                    editor.fold(deleteAfterMs);
                    next = end.of(editor);
                }
                return new ManifestChange(next, editor.made());
            } catch (NeedsPage needed) {
                pages.read.put(
                        needed.page,
                        ManifestStore.readPage(
                                store, before.topicName(), before.id(), needed.page));
            }
        }
    }

    private static final class NeedsPage extends RuntimeException {
        private static final long serialVersionUID = 1L;
        private final transient PageRef page;

        NeedsPage(PageRef page) {
            super("rows of a page are needed: page=" + page, null, false, false);
            this.page = page;
        }
    }

    private static final class ReadPages implements Pages {
        private final RandomGenerator random;
        private final Map<PageRef, ManifestPage> read = new HashMap<>();

        ReadPages(RandomGenerator random) {
            this.random = random;
        }

        @Override
        public ManifestPage rowsOf(PageRef page) {
            ManifestPage known = read.get(page);
            if (known == null) {
                throw new NeedsPage(page);
            }
            return known;
        }

        @Override
        public OptionalLong newName() {
            return OptionalLong.of(random.nextLong());
        }
    }
}
