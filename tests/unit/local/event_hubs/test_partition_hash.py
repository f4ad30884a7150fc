"""Our own lookup3 against the SDK's and against the vectors of its author."""

from typing import Any

import pytest
from azure.eventhub._buffered_producer._partition_resolver import PartitionResolver
from hypothesis import given
from hypothesis import strategies as st

from local.event_hubs.partition_hash import lookup3, partition_for_key


@given(st.text(st.characters(max_codepoint=127), max_size=100), st.integers(1, 32))
def test_a_key_goes_where_the_sdk_would_send_it(key: str, partitions: int) -> None:
    resolver: Any = PartitionResolver
    ids = [str(number) for number in range(partitions)]
    expected = resolver(ids).get_partition_id_by_partition_key(key)
    assert str(partition_for_key(key, partitions)) == expected


@pytest.mark.parametrize(
    ("key", "primary", "secondary"),
    [
        (b"", 0xDEADBEEF, 0xDEADBEEF),
        (b"Four score and seven years ago", 0x17770551, 0xCE7226E6),
    ],
)
def test_lookup3_gives_the_numbers_in_its_authors_source(
    key: bytes, primary: int, secondary: int
) -> None:
    # The driver5() self-test of https://www.burtleburtle.net/bob/c/lookup3.c.
    assert lookup3(key) == (primary, secondary)


def test_a_key_beyond_ascii_is_hashed_as_its_utf_8_bytes() -> None:
    assert {partition_for_key(f"Straße-{n}", 4) for n in range(50)} == {0, 1, 2, 3}
