"""Effective partition keys against the SDK's own."""

from typing import Any

import pytest
from azure.cosmos.partition_key import PartitionKey as SdkPartitionKey
from azure.cosmos.partition_key import _Undefined
from hypothesis import given
from hypothesis import strategies as st

from local.cosmos.errors import ServiceError
from local.cosmos.partition_key import parse_definition, partition_key

COMPONENTS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**53), 2**53),
    st.floats(allow_nan=False, allow_infinity=False).map(lambda value: value + 0.0),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=40),
    st.just({}),
)
HIERARCHY = parse_definition({"partitionKey": {"paths": ["/a", "/b/c", "/d"]}})


def sdk_hash(paths: list[str], components: list[Any]) -> str:
    key = SdkPartitionKey(paths if len(paths) > 1 else paths[0])
    values = [_Undefined() if value == {} else value for value in components]
    return str(key._get_effective_partition_key_string(values))


@given(COMPONENTS)
def test_the_hash_of_a_key_is_the_sdks(component: Any) -> None:
    assert partition_key([component]).hash == sdk_hash(["/a"], [component])


@given(st.lists(COMPONENTS, min_size=2, max_size=3))
def test_the_hash_of_a_hierarchical_key_is_the_sdks(components: list[Any]) -> None:
    paths = ["/a", "/b", "/c"][: len(components)]
    assert partition_key(components).hash == sdk_hash(paths, components)


@given(st.lists(COMPONENTS, min_size=3, max_size=3), st.integers(1, 2))
def test_the_range_of_a_prefix_holds_the_keys_that_begin_with_it(
    components: list[Any], length: int
) -> None:
    prefix = partition_key(components[:length]).prefix_range
    assert prefix.start <= partition_key(components).hash < prefix.end
    sdk = SdkPartitionKey(["/a", "/b", "/c"])
    values = [_Undefined() if value == {} else value for value in components[:length]]
    expected = sdk._get_epk_range_for_prefix_partition_key(values)
    assert (prefix.start, prefix.end) == (expected.min, expected.max)


def test_the_key_of_a_document_is_read_along_its_paths() -> None:
    document = {"a": "x", "b": {"c": 2.0}}
    assert HIERARCHY.of_document(document) == partition_key(["x", 2, {}])


def test_whole_numbers_are_one_key_however_they_are_written() -> None:
    assert partition_key([1]) == partition_key([1.0])
    assert partition_key([1]) != partition_key([True])


@pytest.mark.parametrize("header", [None, '["x"]', '["x", 1]', '["x", 1, 2, 3]', '"x"', "x"])
def test_a_header_must_give_the_whole_key(header: str | None) -> None:
    with pytest.raises(ServiceError) as refused:
        HIERARCHY.from_header(header)
    assert refused.value.status == 400


@pytest.mark.parametrize("component", [[1], {"k": 1}])
def test_arrays_and_objects_are_no_keys(component: Any) -> None:
    with pytest.raises(ServiceError):
        partition_key([component])


@pytest.mark.parametrize("paths", [[], ["/a", "/b", "/c", "/d"], ["a"], [1], "/a", None])
def test_a_definition_takes_one_to_three_paths(paths: Any) -> None:
    with pytest.raises(ServiceError):
        parse_definition({"partitionKey": {"paths": paths}})
