"""Chapter 8 takes any picture that Pillow opens; its function is read from the page and tried on many kinds."""

import ast

import numpy as np
import pytest
import rules
from PIL import Image, ImageOps
from test_notebooks import NOTEBOOKS

PIXELS = np.random.default_rng(0).integers(0, 256, (60, 90, 3)).astype("uint8")
GRAY = PIXELS[..., 0]
UPSIDE = Image.Exif()
UPSIDE[0x0112] = 6  # the camera was turned by a quarter


@pytest.fixture(scope="module")
def read_picture():
    (function,) = [node for node in rules.written_out(NOTEBOOKS["08_denoising"]) if node.name == "read_picture"]
    names = {"np": np, "Image": Image, "ImageOps": ImageOps}
    exec(ast.unparse(function), names)
    return names["read_picture"]


KINDS = {
    "color.jpg": (Image.fromarray(PIXELS), {}, (60, 90, 3)),
    "gray.png": (Image.fromarray(GRAY), {}, (60, 90, 1)),
    "transparent.png": (Image.fromarray(np.dstack([PIXELS, GRAY])), {}, (60, 90, 3)),
    "turned.jpg": (Image.fromarray(PIXELS), {"exif": UPSIDE}, (90, 60, 3)),
    "palette.gif": (Image.fromarray(PIXELS).convert("P"), {}, (60, 90, 3)),
    "print.jpg": (Image.fromarray(PIXELS).convert("CMYK"), {}, (60, 90, 3)),
    "two.png": (Image.fromarray(GRAY).convert("1"), {}, (60, 90, 1)),
    "thin.png": (Image.fromarray(PIXELS[:1]), {}, (1, 90, 3)),
    "large.png": (Image.fromarray(PIXELS).resize((900, 600)), {}, (171, 256, 3)),
}


@pytest.mark.parametrize("name", KINDS)
def test_any_kind_of_picture_becomes_pixels(name, read_picture, tmp_path):
    picture, options, shape = KINDS[name]
    picture.save(tmp_path / name, **options)
    pixels = read_picture(tmp_path / name)
    assert pixels.shape == shape and pixels.dtype == np.float32
    assert 0 <= pixels.min() < pixels.max() <= 1


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (GRAY.astype("uint16") * 257, GRAY / 255),
        (np.full((4, 5), 40000, "uint16"), 40000 / 65535),
        (np.full((4, 5), 200, "uint16"), 0.0),
        (np.full((4, 5), 0.5, "float32"), 0.5),
        (np.full((4, 5), np.nan, "float32"), 0.0),
    ],
)
def test_more_than_eight_bits_keep_their_scale(values, expected, read_picture, tmp_path):
    Image.fromarray(values).save(tmp_path / "deep.tiff")
    pixels = read_picture(tmp_path / "deep.tiff")
    np.testing.assert_allclose(pixels[..., 0], np.broadcast_to(expected, values.shape), atol=0.004)


def test_transparent_parts_are_white(read_picture, tmp_path):
    Image.new("RGBA", (5, 4), (0, 0, 0, 0)).save(tmp_path / "clear.png")
    assert (read_picture(tmp_path / "clear.png") == 1).all()


@pytest.mark.parametrize("content", [b"", b"hello", None])
def test_a_broken_file_is_said_to_be_one(content, read_picture, tmp_path):
    if content is None:
        Image.fromarray(PIXELS).save(tmp_path / "whole.jpg")
        content = (tmp_path / "whole.jpg").read_bytes()[:900]
    (tmp_path / "broken.jpg").write_bytes(content)
    for path in (tmp_path / "broken.jpg", tmp_path / "missing.jpg", tmp_path):
        with pytest.raises(ValueError, match=r"Cannot read a picture: .*Give the path of a whole image file"):
            read_picture(path)
