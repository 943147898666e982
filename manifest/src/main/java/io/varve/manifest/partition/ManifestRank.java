// SPDX-License-Identifier: Apache-2.0
package io.varve.manifest.partition;

/// Who wrote a manifest version: never goes back within a partition's life.
public record ManifestRank(int generation, int incarnation, long term)
        implements Comparable<ManifestRank> {
    @Override
    public int compareTo(ManifestRank other) {
        int byGeneration = Integer.compare(generation, other.generation);
        int byIncarnation =
                byGeneration != 0 ? byGeneration : Integer.compare(incarnation, other.incarnation);
        return byIncarnation != 0 ? byIncarnation : Long.compare(term, other.term);
    }
}
