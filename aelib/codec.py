"""Integer codes to bytes and back: a range coder fed with integer tables, behind a header with checksums.

A file has 22 bytes of header and then the range coder's words. All numbers are little-endian: the three letters
AEC, the version (1 byte), the number of codes (4) and of their channels (2), the number of words (4), the seal (4),
which is a CRC-32 of tables and codes, and a CRC-32 of everything else (4). They guard against accidents, not against
forgers. Version 2 is for codes that have height and width, which follow the header (2 + 2 bytes).
"""

import math
import struct
import zlib

import numpy as np

MAGIC, FLAT, SPATIAL = b"AEC", 1, 2  # versions
HEADER = struct.Struct("<3sBIHIII")  # magic, version, n, channels, words, seal, checksum
SIDES = struct.Struct("<HH")  # height, width
TOTAL = 2**24  # the frequencies of one dimension add up to this


class CodecError(ValueError):
    """These bytes are no whole file of codes, or one made with other tables."""


def frequency_tables(probabilities):
    """Integer frequencies out of floating-point probabilities, for `compress` and `decompress`.

    Args:
        probabilities: (channels, symbols) nonnegative numbers, such as expected counts; each row is scaled.

    Returns:
        (channels, symbols) int64, each at least 1, each row adding up to 2**24.

    Raises:
        ValueError: a row cannot be scaled.
    """
    p = np.asarray(probabilities, "float64")
    if p.ndim != 2 or not (np.isfinite(p).all() and p.min() >= 0 and p.sum(axis=1).min() > 0):
        raise ValueError("probabilities must be (channels, symbols), finite, not negative, no row all zero.")
    p = p / p.sum(axis=1, keepdims=True)
    tables = 1 + np.floor(p * (TOTAL - p.shape[1])).astype("int64")
    tables[np.arange(len(p)), p.argmax(axis=1)] += TOTAL - tables.sum(axis=1)  # what rounding down has left over
    return tables


def check_tables(tables):
    """Give back tables of frequencies as int64; a ValueError if they are not as `frequency_tables` makes them."""
    tables = np.asarray(tables)
    integers = tables.dtype.kind in "iu" and tables.ndim == 2 and tables.shape[1] % 2 == 1
    if not integers or tables.shape[1] < 3 or not 0 < len(tables) < 2**16:
        raise ValueError(
            "tables must be integers (channels, 2 * limit + 1) with a limit of at least 1, "
            f"not {tables.dtype} of shape {tables.shape}."
        )
    if tables.min() < 1 or (tables.sum(axis=1) != TOTAL).any():
        raise ValueError("Each row of tables must add up to 2**24 with no entry below 1: use frequency_tables.")
    return tables.astype("int64")


def check_codes(codes, tables):
    """Give back `codes` as int32, or raise a ValueError if they are not integers that `tables` knows."""
    codes, limit = np.asarray(codes), tables.shape[1] // 2
    if codes.dtype.kind not in "iu":
        raise ValueError(f"codes must be integers, not {codes.dtype}: round them with np.rint(codes).astype('int32').")
    flat = codes.ndim == 2 or (codes.ndim == 4 and max(codes.shape[1:3]) < 2**16)
    if not flat or 0 in codes.shape or codes.shape[-1] != len(tables):
        channels = len(tables)
        raise ValueError(
            f"codes have shape {codes.shape}, these tables take (n, {channels}) or (n, height, width, {channels})."
        )
    if codes.min() < -limit or codes.max() > limit:
        raise ValueError(f"codes go from {codes.min()} to {codes.max()}, these tables from {-limit} to {limit}.")
    return codes.astype("int32")


def entropy_models(tables):
    """Constriction's models, one for each dimension, that give each symbol exactly its integer frequency.

    Constriction works with integers out of 2**24 as well. It makes them by scaling the numbers that it is given to
    2**24 - symbols, rounding down, and adding 1 to each. Given the frequencies less 1, it scales by exactly 1.
    """
    import constriction

    Categorical = constriction.stream.model.Categorical
    return [Categorical((row - 1).astype("float32"), perfect=False) for row in tables]


def seal(codes, tables):
    """A CRC-32 of tables and codes: what is decoded is what was encoded, with the same tables."""
    of_tables = zlib.crc32(tables.astype("<u4").tobytes())
    return zlib.crc32(codes.astype("<i4").tobytes(), of_tables)


def checksum(data):
    """A CRC-32 of a file without the four bytes where it stands itself, the last ones of the header."""
    return zlib.crc32(data[HEADER.size :], zlib.crc32(data[: HEADER.size - 4]))


def compress(codes, tables):
    """Write integer codes as the bytes of one file.

    Args:
        codes: (n, channels) or (n, height, width, channels) integers from -limit to limit.
        tables: (channels, 2 * limit + 1) frequencies; `tables[c, limit + k]` is that of k in channel c.

    Returns:
        bytes, 22 of them header. The same codes and tables give the same bytes everywhere.

    Raises:
        ValueError: the tables are not as `frequency_tables` makes them, or a code is not in them.

    Example:
        >>> tables = frequency_tables([[1, 2, 1], [1, 8, 1]])
        >>> data = compress([[0, 0], [1, 0], [-1, 1]], tables)
        >>> len(data), decompress(data, tables).tolist()
        (26, [[0, 0], [1, 0], [-1, 1]])

    Source: Bamler (2022), Understanding entropy coding with asymmetric numeral systems; its range coder.
    """
    import constriction

    tables = check_tables(tables)
    codes = check_codes(codes, tables)
    columns = codes.reshape(-1, len(tables)).T + np.int32(tables.shape[1] // 2)
    encoder = constriction.stream.queue.RangeEncoder()
    for column, model in zip(columns, entropy_models(tables), strict=True):
        encoder.encode(np.ascontiguousarray(column), model)
    words = encoder.get_compressed().astype("<u4")
    version, sides = (SPATIAL, SIDES.pack(*codes.shape[1:3])) if codes.ndim == 4 else (FLAT, b"")
    start = MAGIC, version, len(codes), len(tables), len(words), seal(codes, tables)
    body = sides + words.tobytes()
    return HEADER.pack(*start, checksum(HEADER.pack(*start, 0) + body)) + body


def read_header(data):
    """Check a file's bytes and give (shape of the codes, words, seal), or raise a `CodecError`."""
    if data[:3] != MAGIC:
        raise CodecError(f"Not a file of codes: it does not start with {MAGIC}.")
    if len(data) < HEADER.size:
        raise CodecError(f"Cut short: {len(data)} bytes, less than a header.")
    _, version, n, channels, count, sealed, expected = HEADER.unpack_from(data)
    if version not in (FLAT, SPATIAL):
        raise CodecError(f"Version {version}; this aelib knows {FLAT} and {SPATIAL}: update it.")
    start = HEADER.size + (SIDES.size if version == SPATIAL else 0)
    if len(data) != start + 4 * count:
        what = "Cut short" if len(data) < start + 4 * count else "Something is appended"
        raise CodecError(f"{what}: {len(data)} bytes, the header says {start + 4 * count}.")
    if checksum(data) != expected:
        raise CodecError("Damaged: the checksum does not fit the content.")
    sides = SIDES.unpack_from(data, HEADER.size) if version == SPATIAL else ()
    return (n, *sides, channels), np.frombuffer(data, "<u4", offset=start).astype("uint32"), sealed


def decompress(data, tables):
    """Read the codes back from the bytes that `compress` made with the same tables.

    Returns:
        (n, channels) or (n, height, width, channels) int32.

    Raises:
        CodecError: the bytes are no such file, cut short, damaged, of a newer version, or made with other tables.
        ValueError: the tables are not as `frequency_tables` makes them.
    """
    import constriction

    tables = check_tables(tables)
    shape, words, expected = read_header(data)
    other = CodecError(
        "Written with other tables: those of another model, or of this one before it was trained on. A model keeps its "
        "tables when it is saved, so give the other machine the same .keras or .weights.h5 file."
    )
    if shape[-1] != len(tables):
        raise other
    decoder = constriction.stream.queue.RangeDecoder(words)
    try:
        columns = [decoder.decode(model, math.prod(shape[:-1])) for model in entropy_models(tables)]
    except AssertionError:  # words that these tables cannot have made
        raise other from None
    codes = np.stack(columns, axis=1).reshape(shape) - np.int32(tables.shape[1] // 2)
    if seal(codes, tables) != expected:
        raise other
    return codes
