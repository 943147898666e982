// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// What a bucket does beside keeping objects: each trait costs its owner money or keeps what Varve
/// deletes; none makes it unsafe. Immutable.
///
/// @param versions whether what is overwritten or deleted is kept as an old version
/// @param retention whether new objects cannot be deleted for a time (object lock with a default
///   retention, a retention policy, immutability)
/// @param softDelete whether deleted objects can be brought back for a time
/// @param region where the bucket is, as the store calls it; empty when it does not say
public record StoreTraits(
        Trait versions, Trait retention, Trait softDelete, Optional<String> region) {
    /// A store that says nothing about itself.
    public static final StoreTraits UNKNOWN =
            all(new Trait.Unknown("this kind of store was not asked"));

    /// A store that keeps the newest bytes of each key and nothing else.
    public static final StoreTraits PLAIN = all(new Trait.Absent());

    private static StoreTraits all(Trait trait) {
        return new StoreTraits(trait, trait, trait, Optional.empty());
    }

    /// What is known of one trait.
    public sealed interface Trait {
        /// The bucket does not do it.
        record Absent() implements Trait {}

        /// It does.
        ///
        /// @param how in the store's words, as `mode=COMPLIANCE, days=30`
        record Present(String how) implements Trait {}

        /// The store did not tell.
        ///
        /// @param why and what to do, as a missing permission
        record Unknown(String why) implements Trait {}
    }

    /// What an operator should know, a sentence each: what the bucket does and what follows from
    /// it. Empty for a plain bucket. What is unknown is not in it.
    public List<String> remarks() {
        List<String> remarks = new ArrayList<>();
        if (versions instanceof Trait.Present(String how)) {
            remarks.add(
                    "the bucket keeps old versions ("
                            + how
                            + "): what Varve deletes stays and costs until a lifecycle rule removes versions that are not current");
        }
        if (retention instanceof Trait.Present(String how)) {
            remarks.add(
                    "the bucket locks new objects ("
                            + how
                            + "): deletes are refused or leave the data, doomed objects stay until their lock ends");
        }
        if (softDelete instanceof Trait.Present(String how)) {
            remarks.add(
                    "the bucket keeps deleted objects for a time ("
                            + how
                            + "): they cost until then");
        }
        return remarks;
    }
}
