// SPDX-License-Identifier: Apache-2.0
package io.varve.recovery;

import io.varve.manifest.pack.PackSection;

/// Records of one partition that a journal holds. Immutable.
///
/// @param key the journal's whole key
public record JournalPart(String key, PackSection section) {}
