// SPDX-License-Identifier: Apache-2.0
package io.varve.recovery.audit;

import io.varve.manifest.CorruptObjectException;
import io.varve.manifest.VersionTooNewException;
import io.varve.manifest.WrongIdentityException;
import io.varve.objectstore.ObjectStoreException;
import io.varve.recovery.Finding.Kind;
import io.varve.recovery.Finding.Severity;

/// What came of reading one object.
sealed interface Reading<T> {
    /// It is what it should be.
    record Whole<T>(T value) implements Reading<T> {}

    /// It is not there, damaged, too new, or another one.
    record Bad<T>(Kind kind, String why) implements Reading<T> {
        /// @param needed whether something is lost without it
        AuditFinding finding(String key, boolean needed) {
            Severity severity =
                    !needed || kind == Kind.VERSION_TOO_NEW
                            ? Severity.WARNING
                            : kind == Kind.MISSING_OBJECT ? Severity.LOST : Severity.CORRUPT;
            return AuditFinding.of(kind, severity, key, why);
        }
    }

    /// Reads an object.
    @FunctionalInterface
    interface Read<T> {
        T read() throws ObjectStoreException;
    }

    /// @param damaged what damage of this object is called
    /// @throws ObjectStoreException the store failed: nothing is known of the object
    static <T> Reading<T> of(Kind damaged, Read<T> read) throws ObjectStoreException {
        try {
            return new Whole<>(read.read());
        } catch (ObjectStoreException.NotFound e) {
            return new Bad<>(Kind.MISSING_OBJECT, "object is not there");
        } catch (VersionTooNewException e) {
            return new Bad<>(Kind.VERSION_TOO_NEW, String.valueOf(e.getMessage()));
        } catch (WrongIdentityException e) {
            return new Bad<>(Kind.WRONG_IDENTITY, String.valueOf(e.getMessage()));
        } catch (CorruptObjectException e) {
            return new Bad<>(damaged, String.valueOf(e.getMessage()));
        }
    }
}
