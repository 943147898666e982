// SPDX-License-Identifier: Apache-2.0
package io.varve.recovery.audit;

import io.varve.manifest.PartitionId;
import io.varve.manifest.key.BucketKeys;
import io.varve.manifest.key.ObjectName;
import io.varve.manifest.partition.SegmentEntry;
import io.varve.objectstore.ObjectInfo;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;

/// The objects of one partition as a listing shows them; segments without their keys, because there
/// may be very many. Owner: whoever lists; nobody changes it afterwards.
final class PartitionListing {
    private final String topicName;
    private final PartitionId id;
    private final TreeMap<Version, ObjectInfo> versions = new TreeMap<>();
    private final List<ObjectInfo> pages = new ArrayList<>();
    private final List<ListedSegment> segments = new ArrayList<>();

    /// A manifest version.
    record Version(int generation, long version) implements Comparable<Version> {
        @Override
        public int compareTo(Version other) {
            int byGeneration = Integer.compare(generation, other.generation);
            return byGeneration != 0 ? byGeneration : Long.compare(version, other.version);
        }
    }

    /// A segment object: the parts of its name, its size, and the store's time of it.
    record ListedSegment(
            long base, long end, int generation, long madeFor, long random, long bytes, long atMs) {
        boolean isNamedBy(SegmentEntry entry) {
            return base == entry.baseOffset()
                    && end == entry.objectEndOffset()
                    && generation == entry.generation()
                    && madeFor == entry.madeForVersion()
                    && random == entry.random();
        }

        String key(String topicName, PartitionId id) {
            return BucketKeys.segment(topicName, id, base, end, generation, madeFor, random);
        }
    }

    /// Which partition it is.
    record Name(String topicName, PartitionId id) {}

    /// The partition that must be looked at to find the same again.
    static Optional<Name> name(AuditFinding finding, Bucket bucket) {
        Optional<PartitionListing> of = of(BucketKeys.parse(finding.key()));
        if (of.isPresent()) {
            return of.map(listing -> new Name(listing.topicName, listing.id));
        }
        return bucket.shards().open().stream()
                .filter(id -> Integer.valueOf(id.partition()).equals(finding.partition()))
                .flatMap(id -> bucket.shards().known(id).stream())
                .filter(known -> known.topicName().equals(finding.topic()))
                .map(known -> new Name(known.topicName(), known.id()))
                .findFirst();
    }

    PartitionListing(String topicName, PartitionId id) {
        this.topicName = topicName;
        this.id = id;
    }

    /// Objects in the order of their keys.
    void add(ObjectInfo object, ObjectName name) {
        switch (name) {
            case ObjectName.Manifest manifest ->
                    versions.put(new Version(manifest.generation(), manifest.version()), object);
            case ObjectName.Page page -> pages.add(object);
            case ObjectName.Segment segment ->
                    segments.add(
                            new ListedSegment(
                                    segment.baseOffset(),
                                    segment.endOffset(),
                                    segment.generation(),
                                    segment.madeForVersion(),
                                    segment.random(),
                                    object.bytes(),
                                    object.lastModified().toEpochMilli()));
            default -> throw new IllegalArgumentException("of no partition: key=" + object.key());
        }
    }

    /// Whose object this is; empty when it is of no partition.
    static Optional<PartitionListing> of(ObjectName name) {
        return switch (name) {
            case ObjectName.Manifest manifest ->
                    Optional.of(new PartitionListing(manifest.topicName(), manifest.partition()));
            case ObjectName.Page page ->
                    Optional.of(new PartitionListing(page.topicName(), page.partition()));
            case ObjectName.Segment segment ->
                    Optional.of(new PartitionListing(segment.topicName(), segment.partition()));
            default -> Optional.empty();
        };
    }

    boolean isOf(PartitionListing other) {
        return id.equals(other.id) && topicName.equals(other.topicName);
    }

    String topicName() {
        return topicName;
    }

    PartitionId id() {
        return id;
    }

    /// Manifest versions of all generations, in order.
    TreeMap<Version, ObjectInfo> versions() {
        return versions;
    }

    List<ObjectInfo> pages() {
        return pages;
    }

    /// By base offset.
    List<ListedSegment> segments() {
        return segments;
    }

    int objects() {
        return versions.size() + pages.size() + segments.size();
    }

    /// Where the object of an entry is among the segments.
    OptionalInt find(SegmentEntry entry) {
        int low = 0;
        int high = segments.size();
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (segments.get(middle).base() < entry.baseOffset()) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        for (int i = low;
                i < segments.size() && segments.get(i).base() == entry.baseOffset();
                i++) {
            if (segments.get(i).isNamedBy(entry)) {
                return OptionalInt.of(i);
            }
        }
        return OptionalInt.empty();
    }

    String manifestKey(Version version) {
        return BucketKeys.manifest(topicName, id, version.generation(), version.version());
    }
}
