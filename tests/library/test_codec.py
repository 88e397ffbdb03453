"""The codec: what is written comes back, on any machine; anything else gives a clear error, never other codes."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from aelib import codec

SMALL = np.array([[0, 0], [1, -2], [-1, 0], [0, 1], [0, 0], [2, 0]])
SMALL_TABLES = codec.frequency_tables([[1, 2, 10, 3, 1], [1, 4, 4, 4, 1]])
# Written with version 1. Files like this one lie on disks: a later version must read it, to the same integers.
SMALL_FILE = bytes.fromhex("4145430106000000020001000000223df8b3419e174d4b33d0a3")

THOUSANDS = settings(max_examples=2000, deadline=None)


def drawn_tables(draw):
    """Tables from flat to nearly certain."""
    shape = draw(st.integers(1, 6)), 2 * draw(st.integers(1, 40)) + 1
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    return codec.frequency_tables(random.random(shape) ** draw(st.sampled_from([1, 5, 50, 500])) + 1e-300)


@st.composite
def tables_and_codes(draw):
    """Codes as the tables expect them, or as surprising as can be; with or without height and width."""
    tables = drawn_tables(draw)
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    shape = draw(st.one_of(st.tuples(st.integers(1, 60)), st.tuples(*[st.integers(1, 5)] * 3)))
    limit = tables.shape[1] // 2
    if draw(st.booleans()):
        codes = random.integers(-limit, limit + 1, (*shape, len(tables)))
    else:
        codes = np.stack([random.choice(2 * limit + 1, shape, p=row / row.sum()) for row in tables], axis=-1) - limit
    return tables, codes


@given(tables_and_codes())
@settings(max_examples=300, deadline=None)
def test_round_trip(case):
    tables, codes = case
    data = codec.compress(codes, tables)
    decoded = codec.decompress(data, tables)
    assert decoded.dtype == np.int32 and decoded.shape == codes.shape
    np.testing.assert_array_equal(decoded, codes)
    ideal = -np.log2(tables[np.arange(len(tables)), codes + tables.shape[1] // 2] / codec.TOTAL).sum()
    assert 8 * (len(data) - 22 - 4 * (codes.ndim == 4)) <= ideal + 64  # bits; the last words cannot be filled


def test_length_is_that_of_the_frequencies_to_the_last_of_2_to_the_24():
    tables = codec.frequency_tables([[0, 1, 1e-7], [1, 1, 1]])
    assert tables.tolist() == [[1, 2**24 - 3, 2], [5592406, 5592405, 5592405]]
    for k, bits in ((-1, 24), (1, 23)):
        data = codec.compress(np.full((4000, 2), (k, 0)), tables)
        assert 8 * (len(data) - 22) == pytest.approx(4000 * (bits + np.log2(3)), abs=64)


@given(st.data())
@THOUSANDS
def test_a_changed_file_gives_an_error_and_no_codes(data):
    """Cut short, with flipped bits, overwritten, with bytes put in or taken out: never codes, and no other error."""
    (tables, _), whole = data.draw(st.sampled_from(list(zip(CASES, WHOLE, strict=True))))
    changed = bytearray(whole)
    place = st.integers(0, len(whole) - 1)
    kind = data.draw(st.sampled_from(["cut", "bits", "bytes", "insert", "delete", "append"]))
    if kind == "cut":
        del changed[data.draw(place) :]
    elif kind == "bits":
        for at in data.draw(st.sets(st.integers(0, 8 * len(whole) - 1), min_size=1, max_size=9)):
            changed[at // 8] ^= 1 << at % 8
    elif kind == "bytes":
        at, new = data.draw(place), data.draw(st.binary(min_size=1, max_size=40))
        changed[at : at + len(new)] = new
    elif kind == "insert":
        at = data.draw(place)
        changed[at:at] = data.draw(st.binary(min_size=1, max_size=9))
    elif kind == "delete":
        at = data.draw(place)
        del changed[at : at + data.draw(st.integers(1, 9))]
    else:
        changed += data.draw(st.binary(min_size=1, max_size=9))
    assume(changed != whole)
    with pytest.raises(codec.CodecError):
        codec.decompress(bytes(changed), tables)


CASES = [
    (SMALL_TABLES, SMALL),
    (codec.frequency_tables(np.ones((3, 255))), np.random.default_rng(0).integers(-127, 128, (20, 3))),
    (codec.frequency_tables([[1e-9, 1, 1e-9]]), np.zeros((50, 1), int)),
    (SMALL_TABLES, SMALL.reshape(1, 2, 3, 2)),
]
WHOLE = [codec.compress(codes, tables) for tables, codes in CASES]


@pytest.mark.parametrize("case", range(len(CASES)))
def test_every_cut_and_every_single_bit(case):
    (tables, _), whole = CASES[case], WHOLE[case]
    for length in range(len(whole)):
        with pytest.raises(codec.CodecError):
            codec.decompress(whole[:length], tables)
    for at in range(8 * len(whole)):
        changed = bytearray(whole)
        changed[at // 8] ^= 1 << at % 8
        with pytest.raises(codec.CodecError):
            codec.decompress(bytes(changed), tables)


@given(st.binary(max_size=200), st.sampled_from([b"", b"AEC\x01", b"AEC\x02"]))
@THOUSANDS
def test_foreign_bytes_give_an_error(data, start):
    with pytest.raises(codec.CodecError):
        codec.decompress(start + data, SMALL_TABLES)


@given(tables_and_codes(), st.data())
@settings(max_examples=300, deadline=None)
def test_other_tables_give_an_error(case, data):
    tables, codes = case
    if data.draw(st.booleans()):
        other = drawn_tables(data.draw)
    else:  # as little different as can be: one count moved
        other = tables.copy()
        other[0, other[0].argmax()] -= 1
        other[0, other[0].argmin()] += 1
    assume(other.shape != tables.shape or (other != tables).any())
    with pytest.raises(codec.CodecError, match="other tables.*another model"):
        codec.decompress(codec.compress(codes, tables), other)


def test_the_error_says_what_is_wrong():
    whole = codec.compress(SMALL, SMALL_TABLES)
    newer, damaged = bytearray(whole), bytearray(whole)
    newer[3] = 9
    damaged[-1] ^= 1
    for data, message in [
        (b"", "Not a file of codes"),
        (b"\x89PNG\r\n\x1a\n" + bytes(30), "Not a file of codes: it does not start with b.AEC"),
        (whole[:10], "Cut short: 10 bytes, less than a header"),
        (whole[:-4], f"Cut short: {len(whole) - 4} bytes, the header says {len(whole)}"),
        (whole + b"\n", "Something is appended"),
        (bytes(newer), "Version 9; this aelib knows 1 and 2: update"),
        (bytes(damaged), "Damaged: the checksum"),
    ]:
        with pytest.raises(codec.CodecError, match=message):
            codec.decompress(data, SMALL_TABLES)
    with pytest.raises(codec.CodecError, match="another model"):
        codec.decompress(whole, CASES[1][0])
    assert issubclass(codec.CodecError, ValueError)


def test_codes_outside_of_the_tables_are_refused():
    for bad, message in [
        (SMALL + 1, r"codes go from -1 to 3, these tables from -2 to 2"),
        (SMALL.astype("float32"), r"must be integers, not float32: round"),
        (SMALL[:0], r"shape \(0, 2\), these tables take \(n, 2\)"),
        (SMALL[0], r"shape \(2,\)"),
        (np.zeros((4, 3), int), r"shape \(4, 3\), these tables take \(n, 2\) or \(n, height, width, 2\)"),
        (np.zeros((4, 3, 2), int), r"shape \(4, 3, 2\)"),
        (np.zeros((1, 3, 2, 4), int), r"shape \(1, 3, 2, 4\)"),
        (np.zeros((1, 2**16, 1, 2), "int8"), r"shape \(1, 65536, 1, 2\)"),
        (np.full((1, 2), 2**63, "uint64"), "codes go from"),
    ]:
        with pytest.raises(ValueError, match=message):
            codec.compress(bad, SMALL_TABLES)


def test_tables_that_are_none_are_refused():
    short = SMALL_TABLES.copy()
    short[0, 0] -= 1
    zero = SMALL_TABLES.copy()
    zero[1] = [0, 1, codec.TOTAL - 3, 1, 1]
    for bad in (short, zero):
        with pytest.raises(ValueError, match=r"add up to 2\*\*24 with no entry below 1"):
            codec.compress(SMALL, bad)
    for bad in (SMALL_TABLES / 1.0, SMALL_TABLES[:, :4], SMALL_TABLES[0], SMALL_TABLES[:, :1]):
        with pytest.raises(ValueError, match="tables must be integers"):
            codec.decompress(SMALL_FILE, bad)
    for bad in ([1, 2, 3], [[1, np.nan, 1]], [[1, -1, 1]], [[1, 1, 1], [0, 0, 0]]):
        with pytest.raises(ValueError, match="probabilities must be"):
            codec.frequency_tables(bad)


def test_an_old_file_reads_and_is_written_as_ever():
    assert SMALL_TABLES.tolist() == [
        [986895, 1973790, 9868951, 2960685, 986895],
        [1198373, 4793492, 4793489, 4793489, 1198373],
    ]
    np.testing.assert_array_equal(codec.decompress(SMALL_FILE, SMALL_TABLES), SMALL)
    assert codec.compress(SMALL, SMALL_TABLES) == SMALL_FILE


def test_height_and_width_cost_four_bytes():
    data = codec.compress(SMALL.reshape(1, 2, 3, 2), SMALL_TABLES)
    assert data[3] == 2 and len(data) == len(SMALL_FILE) + 4
    np.testing.assert_array_equal(codec.decompress(data, SMALL_TABLES), SMALL.reshape(1, 2, 3, 2))
