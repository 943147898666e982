// SPDX-License-Identifier: Apache-2.0
package io.varve.manifest.partition;

/// A page that goes together with every segment object it names: first those, then the page.
///
/// @param reason for people
/// @param deleteAfterMs the store's time from which they may go
public record DoomedPage(PageRef page, String reason, long deleteAfterMs) {}
