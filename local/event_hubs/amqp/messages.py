"""Messages as bytes: their sections, batches, and the annotations that the broker adds (OASIS AMQP 1.0, part 3).

What the broker need not know passes through byte for byte: nothing is decoded and encoded again.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace

from local.event_hubs.amqp.decoding import decode, element_spans, skip
from local.event_hubs.amqp.encoding import encode, encode_map_entries
from local.event_hubs.amqp.errors import DecodeFault
from local.event_hubs.amqp.values import Described, Raw, Symbol

HEADER = 0x70
DELIVERY_ANNOTATIONS = 0x71
MESSAGE_ANNOTATIONS = 0x72
PROPERTIES = 0x73
APPLICATION_PROPERTIES = 0x74
DATA = 0x75
VALUE = 0x77
FOOTER = 0x78

# A message whose data sections are themselves encoded messages (message-format of a transfer).
BATCH_FORMAT = 0x80013700

_MESSAGE_ANNOTATIONS_SECTION = bytes((0x00, 0x53, MESSAGE_ANNOTATIONS))


@dataclass(frozen=True, slots=True)
class Section:
    """A section of a message: what it is, and where it and its value start and end."""

    code: int
    start: int
    value_start: int
    end: int


def sections(message: bytes) -> list[Section]:
    """Locate the sections of a message.

    Raises DecodeFault when the bytes are not a sequence of sections.
    """
    found = []
    position = 0
    while position < len(message):
        if message[position] != 0x00:
            raise DecodeFault(f"no section begins at byte {position} of the message")
        code, value_start = decode(message, position + 1)
        if not isinstance(code, int) or not HEADER <= code <= FOOTER:
            raise DecodeFault(f"{code!r} is no section of a message")
        end = skip(message, value_start)
        found.append(Section(code, position, value_start, end))
        position = end
    return found


def section_value(message: bytes, code: int) -> object:
    """Decode the first section of a kind; None when there is none."""
    for section in sections(message):
        if section.code == code:
            return decode(message, section.value_start)[0]
    return None


def section_map(message: bytes, code: int) -> dict[object, object]:
    """Decode a section that is a map; empty when there is none."""
    value = section_value(message, code)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise DecodeFault(f"section 0x{code:02x} of the message must be a map")
    return value


def batched(message: bytes) -> list[bytes]:
    """The messages within a batch.

    Raises DecodeFault when a data section is not binary, or its content is no message.
    """
    inner = [
        decode(message, section.value_start)[0]
        for section in sections(message)
        if section.code == DATA
    ]
    return [_checked_message(content) for content in inner]


def _checked_message(content: object) -> bytes:
    if not isinstance(content, bytes):
        raise DecodeFault("a batch holds binary data sections only")
    sections(content)
    return content


@dataclass(frozen=True, slots=True)
class Draft:
    """A message taken apart where the broker's annotations go; `entries` are the sender's own, encoded."""

    head: bytes
    entries: bytes
    entry_count: int
    rest: bytes

    def __len__(self) -> int:
        return len(self.head) + len(self.entries) + len(self.rest)

    def with_annotation(self, key: str, value: object) -> "Draft":
        entries = self.entries + encode(Symbol(key)) + encode(value)
        return replace(self, entries=entries, entry_count=self.entry_count + 2)

    def annotated(self, annotations: Mapping[str, object]) -> bytes:
        """The message with further annotations, every other byte as it was sent."""
        added = b"".join(encode(Symbol(key)) + encode(value) for key, value in annotations.items())
        count = self.entry_count + 2 * len(annotations)
        entries = encode_map_entries(self.entries + added, count)
        return b"".join((self.head, _MESSAGE_ANNOTATIONS_SECTION, entries, self.rest))


def draft(message: bytes, without: Collection[str]) -> Draft:
    """Prepare a message for annotation; annotations named in `without` and the delivery annotations are dropped.

    Raises DecodeFault when the message is malformed.
    """
    head, rest = bytearray(), bytearray()
    entries, entry_count = b"", 0
    for section in sections(message):
        match section.code:
            case 0x70:
                head += message[section.start : section.end]
            case 0x71:
                continue
            case 0x72:
                entries, entry_count = _entries_without(without, message, section.value_start)
            case _:
                rest += message[section.start : section.end]
    return Draft(bytes(head), entries, entry_count, bytes(rest))


def _entries_without(keys: Collection[str], message: bytes, offset: int) -> tuple[bytes, int]:
    """The encoded entries of the map at `offset` but those under `keys`, and how many elements they are."""
    entries = []
    for start, key, end in _map_entries(message, offset):
        if key not in keys:
            entries.append(message[start:end])
    return b"".join(entries), 2 * len(entries)


def _map_entries(message: bytes, offset: int) -> Iterator[tuple[int, object, int]]:
    if message[offset] == 0x40:
        return
    spans, _ = element_spans(message, offset)
    if len(spans) % 2:
        raise DecodeFault("a map has a key without a value")
    for (start, _), (_, end) in zip(spans[::2], spans[1::2], strict=True):
        key = decode(message, start)[0]
        if not isinstance(key, str | int):
            raise DecodeFault("an annotation's key is a symbol or a number")
        yield start, key, end


def with_delivery_annotations(message: bytes, annotations: Mapping[str, object]) -> bytes:
    """Insert delivery annotations (they belong after the header) into a message that has none."""
    position = skip(message, 0) if message[:3] == b"\x00\x53\x70" else 0
    entries = {Symbol(key): value for key, value in annotations.items()}
    section = encode(Described(DELIVERY_ANNOTATIONS, entries))
    return message[:position] + section + message[position:]


def property_as_sent(message: bytes, position: int) -> Raw:
    """A field of the properties section as it is encoded, to be sent back with its type kept; null when absent."""
    for section in sections(message):
        if section.code == PROPERTIES:
            spans, _ = element_spans(message, section.value_start)
            if position < len(spans):
                start, end = spans[position]
                return Raw(message[start:end])
    return Raw(b"\x40")
