// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.azure;

import io.varve.objectstore.HttpDate;
import io.varve.objectstore.ObjectStoreException;
import java.io.ByteArrayInputStream;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLStreamConstants;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamReader;

/// One page of a listing, in the store's order. Immutable.
///
/// @param next where the next page begins, in the store's words; empty for the last one
record ListingPage(List<Entry> entries, String next) {
    ListingPage {
        entries = List.copyOf(entries);
    }

    /// What a listing says of one object.
    ///
    /// @param isFolder whether it is a directory of an account with a hierarchical namespace
    record Entry(String name, long bytes, Instant lastModified, boolean isFolder) {}

    /// @param place for messages
    /// @throws ObjectStoreException.Transient it is not the XML of a listing
    static ListingPage parse(byte[] xml, String place) throws ObjectStoreException.Transient {
        try {
            XMLInputFactory factory = XMLInputFactory.newDefaultFactory();
            factory.setProperty(XMLInputFactory.SUPPORT_DTD, false);
            factory.setProperty(XMLInputFactory.IS_SUPPORTING_EXTERNAL_ENTITIES, false);
            factory.setProperty(XMLInputFactory.IS_COALESCING, true);
            XMLStreamReader reader = factory.createXMLStreamReader(new ByteArrayInputStream(xml));
            try {
                return new Parser(reader).page();
            } finally {
                reader.close();
            }
        } catch (XMLStreamException | IllegalArgumentException e) {
            throw new ObjectStoreException.Transient("answer is no listing: " + place, e);
        }
    }

    /// Owner: one parse.
    private static final class Parser {
        private final XMLStreamReader reader;
        private final List<Entry> entries = new ArrayList<>();
        private String next = "";
        private String name = "";
        private boolean encoded;
        private long bytes;
        private Instant lastModified = Instant.EPOCH;
        private boolean folder;

        Parser(XMLStreamReader reader) {
            this.reader = reader;
        }

        ListingPage page() throws XMLStreamException {
            boolean listing = false;
            while (reader.hasNext()) {
                int event = reader.next();
                if (event == XMLStreamConstants.START_ELEMENT) {
                    listing |= reader.getLocalName().equals("EnumerationResults");
                    begin(reader.getLocalName());
                } else if (event == XMLStreamConstants.END_ELEMENT
                        && reader.getLocalName().equals("Blob")) {
                    end();
                }
            }
            if (!listing) {
                throw new IllegalArgumentException("no element EnumerationResults");
            }
            return new ListingPage(entries, next);
        }

        private void begin(String element) throws XMLStreamException {
            switch (element) {
                case "Blob" -> {
                    name = "";
                    encoded = false;
                    bytes = 0;
                    lastModified = Instant.EPOCH;
                    folder = false;
                }
                case "Name" -> {
                    // A name that XML cannot hold; none that is a key.
                    encoded = "true".equals(reader.getAttributeValue(null, "Encoded"));
                    name = reader.getElementText();
                }
                case "Content-Length" -> bytes = Long.parseLong(reader.getElementText());
                case "Last-Modified" -> lastModified = time(reader.getElementText());
                case "ResourceType" -> folder = reader.getElementText().equals("directory");
                case "NextMarker" -> next = reader.getElementText();
                default -> {}
            }
        }

        private static Instant time(String text) {
            return HttpDate.parse(text)
                    .orElseThrow(() -> new IllegalArgumentException("bad time: " + text));
        }

        private void end() {
            if (!encoded) {
                entries.add(new Entry(name, bytes, lastModified, folder));
            }
        }
    }
}
