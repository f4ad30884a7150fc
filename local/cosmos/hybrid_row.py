"""The two HybridRow schemas in which the .NET SDK writes batches, and nothing else of HybridRow.

Little-endian. A file is a segment and records; a record carries the CRC-32 of its body.
"""

import struct
import zlib
from typing import Any, Final

from local.cosmos.errors import bad_request

_VERSION: Final = 0x81
_SEGMENT: Final = 2147473648
_RECORD: Final = 2147473649
_OPERATION: Final = 2145473648
_RESULT: Final = 2145473649

_RECORD_HEADER: Final = struct.Struct("<BIiI")
_KINDS: Final = {0: "Create", 1: "Patch", 2: "Read", 4: "Delete", 5: "Replace", 20: "Upsert"}
_TEXTS: Final = (
    (4, "partitionKey"),
    (8, "effectivePartitionKey"),
    (16, "id"),
    (32, "binaryId"),
    (64, "resourceBody"),
)
_SPARSE: Final = {
    8: "indexingDirective",
    9: "ifMatch",
    10: "ifNoneMatch",
    11: "timeToLiveInSeconds",
    12: "minimalReturnPreference",
}


def is_hybrid_row(body: bytes) -> bool:
    return body[:1] == bytes([_VERSION])


def decode_operations(body: bytes) -> list[dict[str, Any]]:
    """The operations of a batch: `operationType` by name, `resourceBody` as raw JSON bytes.

    Raises 400 when the bytes are no batch or a checksum is wrong.
    """
    try:
        return [_Reader(record).operation() for record in _records(body)]
    except (struct.error, IndexError, KeyError, UnicodeDecodeError) as error:
        raise bad_request(f"The batch request is malformed HybridRow: {error!r}") from error


def encode_results(results: list[dict[str, Any]]) -> bytes:
    """The answer to a batch; `resourceBody` is raw JSON bytes."""
    header = struct.pack("<BIBi", _VERSION, _SEGMENT, 1, 10)
    return header + b"".join(_record(_result(result)) for result in results)


def _records(body: bytes) -> list[bytes]:
    version, schema, _, position = struct.unpack_from("<BIBi", body)
    _expect(version == _VERSION and schema == _SEGMENT, "no segment at the beginning")
    records = []
    while position < len(body):
        _, schema, length, checksum = _RECORD_HEADER.unpack_from(body, position)
        position += _RECORD_HEADER.size
        record = body[position : position + length]
        _expect(schema == _RECORD and zlib.crc32(record) == checksum, "a wrong checksum")
        records.append(record)
        position += length
    return records


def _expect(holds: bool, problem: str) -> None:
    if not holds:
        raise bad_request(f"The batch request is malformed HybridRow: {problem}.")


class _Reader:
    """Reads one operation from front to back."""

    def __init__(self, record: bytes) -> None:
        self._record = record
        self._position = 0

    def operation(self) -> dict[str, Any]:
        version, schema, present = self._unpack("<BIB")
        _expect(version == _VERSION and schema == _OPERATION, "a record that is no operation")
        operation: dict[str, Any] = {}
        if present & 1:
            operation["operationType"] = _KINDS[self._unpack("<i")[0]]
        if present & 2:
            operation["resourceType"] = self._unpack("<i")[0]
        for bit, name in _TEXTS:
            if present & bit:
                raw = self._bytes()
                operation[name] = raw if name == "resourceBody" else raw.decode()
        while self._position < len(self._record):
            kind, path = self._unpack("<B")[0], self._length()
            operation[_SPARSE.get(path, str(path))] = self._sparse(kind)
        return operation

    def _sparse(self, kind: int) -> Any:
        match kind:
            case 0x02 | 0x03:
                return kind == 0x03
            case 0x07:
                return self._unpack("<i")[0]
            case 0x14:
                return self._bytes().decode()
            case 0x15:
                return self._bytes()
            case _:
                raise bad_request(f"The batch request has a field of unknown type {kind}.")

    def _unpack(self, form: str) -> tuple[Any, ...]:
        values = struct.unpack_from(form, self._record, self._position)
        self._position += struct.calcsize(form)
        return values

    def _bytes(self) -> bytes:
        length = self._length()
        start, self._position = self._position, self._position + length
        _expect(self._position <= len(self._record), "a field longer than its record")
        return self._record[start : self._position]

    def _length(self) -> int:
        """A number in 7 bits a byte, the low ones first."""
        value = shift = 0
        while True:
            byte = self._record[self._position]
            self._position += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value


def _record(body: bytes) -> bytes:
    return _RECORD_HEADER.pack(_VERSION, _RECORD, len(body), zlib.crc32(body)) + body


def _result(result: dict[str, Any]) -> bytes:
    present, texts = 3, b""
    etag = result.get("eTag")
    for bit, raw in ((4, etag and etag.encode()), (8, result.get("resourceBody"))):
        if raw is not None:
            present |= bit
            texts += _varint(len(raw)) + raw
    status = (result["statusCode"], result.get("subStatusCode", 0))
    out = struct.pack("<BIBii", _VERSION, _RESULT, present, *status) + texts
    if (pause := result.get("retryAfterMilliseconds")) is not None:
        out += b"\x0b\x05" + struct.pack("<I", pause)
    return out + b"\x10\x06" + struct.pack("<d", result["requestCharge"])


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)
