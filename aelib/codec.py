"""Integer codes to bytes and back: a range coder fed with integer tables, behind a header with checksums.

A file has 22 bytes of header and then the range coder's words. All numbers are little-endian: the three letters
AEC, the version (1 byte), the shape of the codes (4 + 2 bytes), the number of words (4), the seal (4), which is a
CRC-32 of tables and codes, and a CRC-32 of everything else (4). They guard against accidents, not against forgers.
"""

import struct
import zlib

import numpy as np

from .checks import check_codes, check_probabilities, check_tables

MAGIC, VERSION = b"AEC", 1
HEADER = struct.Struct("<3sBIHIII")  # magic, version, n, latent_dim, words, seal, checksum
TOTAL = 2**24  # the frequencies of one dimension add up to this


class CodecError(ValueError):
    """These bytes are no whole file of codes, or one made with other tables."""


def frequency_tables(probabilities):
    """Integer frequencies out of floating-point probabilities, for `compress` and `decompress`.

    Args:
        probabilities: (latent_dim, symbols) nonnegative numbers, such as expected counts; each row is scaled.

    Returns:
        (latent_dim, symbols) int64, each at least 1, each row adding up to 2**24.

    Raises:
        ValueError: a row cannot be scaled.
    """
    p = check_probabilities(probabilities)
    p = p / p.sum(axis=1, keepdims=True)
    tables = 1 + np.floor(p * (TOTAL - p.shape[1])).astype("int64")
    tables[np.arange(len(p)), p.argmax(axis=1)] += TOTAL - tables.sum(axis=1)  # what rounding down has left over
    return tables


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
        codes: (n, latent_dim) integers from -limit to limit.
        tables: (latent_dim, 2 * limit + 1) frequencies; `tables[d, limit + k]` is that of k in dimension d.

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
    encoder = constriction.stream.queue.RangeEncoder()
    for column, model in zip(codes.T, entropy_models(tables), strict=True):
        encoder.encode(column + np.int32(tables.shape[1] // 2), model)
    words = encoder.get_compressed().astype("<u4")
    start = MAGIC, VERSION, *codes.shape, len(words), seal(codes, tables)
    check = checksum(HEADER.pack(*start, 0) + words.tobytes())
    return HEADER.pack(*start, check) + words.tobytes()


def read_header(data):
    """Check a file's bytes and give (n, latent_dim, words, seal), or raise a `CodecError`."""
    if data[:3] != MAGIC:
        raise CodecError(f"Not a file of codes: it does not start with {MAGIC}.")
    if len(data) < HEADER.size:
        raise CodecError(f"Cut short: {len(data)} bytes, less than a header.")
    _, version, *fields, expected = HEADER.unpack_from(data)
    if version > VERSION:
        raise CodecError(f"Version {version}; this aelib knows {VERSION}: update it.")
    length = HEADER.size + 4 * fields[2]
    if len(data) != length:
        what = "Cut short" if len(data) < length else "Something is appended"
        raise CodecError(f"{what}: {len(data)} bytes, the header says {length}.")
    if checksum(data) != expected:
        raise CodecError("Damaged: the checksum does not fit the content.")
    return fields


def decompress(data, tables):
    """Read the codes back from the bytes that `compress` made with the same tables.

    Returns:
        (n, latent_dim) int32.

    Raises:
        CodecError: the bytes are no such file, cut short, damaged, of a newer version, or made with other tables.
        ValueError: the tables are not as `frequency_tables` makes them.
    """
    import constriction

    tables = check_tables(tables)
    n, latent_dim, _, expected = read_header(data)
    other = CodecError("Written with other tables, those of another model.")
    if latent_dim != len(tables):
        raise other
    words = np.frombuffer(data, "<u4", offset=HEADER.size).astype("uint32")
    decoder = constriction.stream.queue.RangeDecoder(words)
    try:
        columns = [decoder.decode(model, n) for model in entropy_models(tables)]
    except AssertionError:  # words that these tables cannot have made
        raise other from None
    codes = np.stack(columns, axis=1) - np.int32(tables.shape[1] // 2)
    if seal(codes, tables) != expected:
        raise other
    return codes
