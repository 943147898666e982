// SPDX-License-Identifier: Apache-2.0
package io.varve.manifest.generation;

/// A claim of one life of the cluster: put if absent under its number; the highest one counts.
/// Generation 1 comes into being with the cluster, later ones by a restore.
///
/// @param fromGeneration the generation it continues, 0 for the first
/// @param claimedBy host, process and random id of who claimed it: a second run recognises its own
/// @param reason for people
public record GenerationClaim(
        int generation, int fromGeneration, String claimedBy, String reason, long claimedAtMs) {}
