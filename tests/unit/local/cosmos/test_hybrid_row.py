"""HybridRow: what the .NET SDK writes is read, what it reads is written."""

import struct
import zlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.cosmos.errors import ServiceError
from local.cosmos.hybrid_row import decode_operations, encode_results, is_hybrid_row

KINDS = {"Create": 0, "Patch": 1, "Read": 2, "Delete": 4, "Replace": 5, "Upsert": 20}
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=300)
ETAG = st.uuids().map(lambda value: f'"{value}"')

OPERATIONS = st.fixed_dictionaries(
    {"operationType": st.sampled_from(sorted(KINDS))},
    optional={
        "resourceType": st.integers(0, 5),
        "partitionKey": TEXT,
        "id": TEXT,
        "resourceBody": st.binary(max_size=300),
        "ifMatch": ETAG,
        "ifNoneMatch": ETAG,
        "timeToLiveInSeconds": st.integers(-1, 2**31 - 1),
        "minimalReturnPreference": st.booleans(),
    },
)
RESULTS = st.fixed_dictionaries(
    {"statusCode": st.integers(200, 500), "requestCharge": st.floats(0, 1e6)},
    optional={
        "subStatusCode": st.integers(1, 4000),
        "eTag": ETAG,
        "resourceBody": st.binary(max_size=300),
        "retryAfterMilliseconds": st.integers(0, 60_000),
    },
)


def varint(number: int) -> bytes:
    head, rest = number & 0x7F, number >> 7
    return bytes([head | 0x80]) + varint(rest) if rest else bytes([head])


def sized(raw: bytes) -> bytes:
    return varint(len(raw)) + raw


def file_of(records: list[bytes]) -> bytes:
    segment = struct.pack("<BIBi", 0x81, 2147473648, 1, 10)
    framed = (struct.pack("<BIiI", 0x81, 2147473649, len(r), zlib.crc32(r)) + r for r in records)
    return segment + b"".join(framed)


def encode_operation(operation: dict[str, Any]) -> bytes:
    present, fixed = 1, struct.pack("<i", KINDS[operation["operationType"]])
    if "resourceType" in operation:
        present, fixed = present | 2, fixed + struct.pack("<i", operation["resourceType"])
    for bit, name in ((4, "partitionKey"), (16, "id"), (64, "resourceBody")):
        if name in operation:
            value = operation[name]
            present |= bit
            fixed += sized(value if isinstance(value, bytes) else value.encode())
    for path, name in ((9, "ifMatch"), (10, "ifNoneMatch")):
        if name in operation:
            fixed += bytes([0x14, path]) + sized(operation[name].encode())
    if "timeToLiveInSeconds" in operation:
        fixed += bytes([0x07, 11]) + struct.pack("<i", operation["timeToLiveInSeconds"])
    if "minimalReturnPreference" in operation:
        fixed += bytes([0x03 if operation["minimalReturnPreference"] else 0x02, 12])
    return struct.pack("<BIB", 0x81, 2145473648, present) + fixed


def decode_results(body: bytes) -> list[dict[str, Any]]:
    assert struct.unpack_from("<BIBi", body) == (0x81, 2147473648, 1, 10)
    position, results = 10, []
    while position < len(body):
        version, schema, length, checksum = struct.unpack_from("<BIiI", body, position)
        record = body[position + 13 : position + 13 + length]
        assert (version, schema, checksum) == (0x81, 2147473649, zlib.crc32(record))
        results.append(decode_result(record))
        position += 13 + length
    return results


def decode_result(record: bytes) -> dict[str, Any]:
    _, schema, present, status, substatus = struct.unpack_from("<BIBii", record)
    assert schema == 2145473649
    position, result = 14, {"statusCode": status}
    if substatus:
        result["subStatusCode"] = substatus

    def text() -> bytes:
        nonlocal position
        length = shift = 0
        while True:
            byte = record[position]
            length, shift, position = length | (byte & 0x7F) << shift, shift + 7, position + 1
            if byte < 0x80:
                break
        position += length
        return record[position - length : position]

    if present & 4:
        result["eTag"] = text().decode()
    if present & 8:
        result["resourceBody"] = text()
    if record[position : position + 2] == b"\x0b\x05":
        result["retryAfterMilliseconds"] = struct.unpack_from("<I", record, position + 2)[0]
        position += 6
    assert record[position : position + 2] == b"\x10\x06"
    return result | {"requestCharge": struct.unpack_from("<d", record, position + 2)[0]}


@given(st.lists(OPERATIONS, max_size=5))
def test_operations_are_read_as_they_were_written(operations: list[dict[str, Any]]) -> None:
    body = file_of([encode_operation(operation) for operation in operations])
    assert is_hybrid_row(body)
    assert decode_operations(body) == operations


@given(st.lists(RESULTS, max_size=5))
def test_results_are_written_as_they_are_read(results: list[dict[str, Any]]) -> None:
    assert decode_results(encode_results(results)) == results


@given(st.binary(max_size=80))
def test_bytes_that_are_no_batch_are_a_bad_request(tail: bytes) -> None:
    with pytest.raises(ServiceError) as refused:
        decode_operations(b"\x81" + tail)
    assert refused.value.status == 400


@given(st.lists(OPERATIONS, min_size=1, max_size=2), st.data())
def test_a_batch_that_is_cut_off_is_a_bad_request(
    operations: list[dict[str, Any]], data: st.DataObject
) -> None:
    body = file_of([encode_operation(operation) for operation in operations])
    with pytest.raises(ServiceError) as refused:
        decode_operations(body[: -data.draw(st.integers(1, 10))])
    assert refused.value.status == 400


def test_a_wrong_checksum_is_a_bad_request() -> None:
    body = bytearray(file_of([encode_operation({"operationType": "Read", "id": "x"})]))
    body[-1] ^= 1
    with pytest.raises(ServiceError) as refused:
        decode_operations(bytes(body))
    assert "checksum" in refused.value.message
