// SPDX-License-Identifier: Apache-2.0
package io.varve.manifest.checkpoint;

/// An object that nothing names any more. It may go once the store's clock is past `deleteAfterMs`
/// (UTC).
public record DoomedObject(String key, long bytes, String reason, long deleteAfterMs) {}
