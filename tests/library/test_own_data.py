"""Folders of images, single images, splits and windows: what comes out, and what is said of what cannot."""

import io

import numpy as np
import pytest
from PIL import Image

import aelib

RNG = np.random.default_rng(0)
PIXELS = RNG.integers(0, 256, (60, 90, 3)).astype("uint8")
GRAY = PIXELS[..., 0]
UPSIDE = Image.Exif()
UPSIDE[0x0112] = 6  # the camera was turned by a quarter

KINDS = {
    "color.jpg": (Image.fromarray(PIXELS), {}, (60, 90, 3)),
    "gray.png": (Image.fromarray(GRAY), {}, (60, 90, 1)),
    "transparent.png": (Image.fromarray(np.dstack([PIXELS, GRAY])), {}, (60, 90, 3)),
    "gray_transparent.png": (Image.fromarray(GRAY).convert("LA"), {}, (60, 90, 1)),
    "turned.jpg": (Image.fromarray(PIXELS), {"exif": UPSIDE}, (90, 60, 3)),
    "palette.gif": (Image.fromarray(PIXELS).convert("P"), {}, (60, 90, 3)),
    "palette_transparent.png": (Image.fromarray(PIXELS).convert("P"), {"transparency": 0}, (60, 90, 3)),
    "print.jpg": (Image.fromarray(PIXELS).convert("CMYK"), {}, (60, 90, 3)),
    "lab.tiff": (Image.new("LAB", (90, 60), (128, 0, 0)), {}, (60, 90, 3)),
    "ycbcr.tiff": (Image.fromarray(PIXELS).convert("YCbCr"), {}, (60, 90, 3)),
    "two.png": (Image.fromarray(GRAY).convert("1"), {}, (60, 90, 1)),
    "deep.png": (Image.fromarray(GRAY.astype("uint16") * 257), {}, (60, 90, 1)),
    "whole.tiff": (Image.fromarray(GRAY.astype("int32") * 257), {}, (60, 90, 1)),
    "float.tiff": (Image.fromarray(GRAY.astype("float32") / 255), {}, (60, 90, 1)),
    "web.webp": (Image.fromarray(PIXELS), {}, (60, 90, 3)),
    "thin.png": (Image.fromarray(PIXELS[:1]), {}, (1, 90, 3)),
    "large.png": (Image.fromarray(PIXELS).resize((900, 600)), {}, (600, 900, 3)),
}


def fill(folder, kinds=KINDS):
    for name in kinds:
        picture, options, _ = KINDS[name]
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        picture.save(folder / name, **options)
    return folder


def truncated(picture=KINDS["color.jpg"][0]):
    file = io.BytesIO()
    picture.save(file, "jpeg")
    return file.getvalue()[:900]


@pytest.mark.parametrize("name", KINDS)
def test_any_kind_of_picture_becomes_pixels(name, tmp_path):
    path, shape = fill(tmp_path, [name]) / name, KINDS[name][2]
    pixels = aelib.read_image(path)
    assert pixels.shape == shape and pixels.dtype == np.float32
    assert 0 <= pixels.min() <= pixels.max() <= 1 and pixels.max() > 0
    assert aelib.read_image(path, (8, 20), channels=1).shape == (8, 20, 1)
    assert aelib.read_image(path, (20, 8), channels=3).shape == (20, 8, 3)
    assert max(aelib.read_image(path, longest=32).shape) == 32
    assert aelib.read_image(io.BytesIO(path.read_bytes())).shape == shape


def test_pixels_are_those_of_the_file(tmp_path):
    fill(tmp_path)
    for name in ("gray.png", "deep.png", "whole.tiff", "float.tiff", "gray_transparent.png"):
        np.testing.assert_allclose(aelib.read_image(tmp_path / name)[..., 0], GRAY / 255, atol=1e-6)
    np.testing.assert_allclose(aelib.read_image(tmp_path / "gray.png", channels=3)[..., 2], GRAY / 255, atol=1e-6)
    Image.fromarray(PIXELS).save(tmp_path / "color.png")
    np.testing.assert_allclose(aelib.read_image(tmp_path / "color.png"), PIXELS / 255, atol=1e-6)


def test_a_file_shrinks_to_its_longest_side_and_never_grows(tmp_path):
    fill(tmp_path)
    assert aelib.read_image(tmp_path / "large.png", longest=256).shape == (171, 256, 3)
    assert aelib.read_image(tmp_path / "color.jpg", longest=256).shape == (60, 90, 3)


def test_a_turned_picture_stands_upright(tmp_path):
    half = np.zeros((60, 90), "uint8")
    half[:, :45] = 255  # left is white; turned by a quarter clockwise, the top
    Image.fromarray(half).save(tmp_path / "turned.png", exif=UPSIDE)
    upright = aelib.read_image(tmp_path / "turned.png", (90, 60))
    assert upright[:44].min() == 1 and upright[46:].max() == 0


def test_the_center_is_cropped_and_not_squeezed(tmp_path):
    wide = np.zeros((40, 120), "uint8")
    wide[:, 40:80] = 255
    Image.fromarray(wide).save(tmp_path / "wide.png")
    assert aelib.read_image(tmp_path / "wide.png", (40, 40)).min() == 1
    assert aelib.read_image(tmp_path / "wide.png", (20, 60))[:, :18].max() == 0


def test_resizing_does_not_alias(tmp_path):
    checks = np.indices((64, 64)).sum(axis=0) % 2 * 255
    Image.fromarray(checks.astype("uint8")).save(tmp_path / "checks.png")
    Image.fromarray(checks.astype("float32") / 255).save(tmp_path / "checks.tiff")
    for name in ("checks.png", "checks.tiff"):
        np.testing.assert_allclose(aelib.read_image(tmp_path / name, (16, 16))[1:-1, 1:-1], 0.5, atol=0.05)


def test_a_large_jpeg_decoded_small_is_the_same_picture(tmp_path):
    picture = Image.fromarray(PIXELS).resize((900, 600), Image.Resampling.BICUBIC)
    picture.save(tmp_path / "large.jpg", quality=95)
    picture.save(tmp_path / "large.png")
    small = [aelib.read_image(tmp_path / f"large.{kind}", (60, 90)) for kind in ("jpg", "png")]
    np.testing.assert_allclose(small[0], small[1], atol=0.06)


@pytest.mark.parametrize(
    ("values", "white", "expected"),
    [
        (GRAY.astype("uint16") * 257, None, GRAY / 255),
        (np.full((4, 5), 40000, "uint16"), None, 40000 / 65535),
        (np.full((4, 5), 65535, ">u2"), None, 1.0),
        (np.full((4, 5), 4095, "uint16"), 4095, 1.0),
        (np.full((4, 5), 200, "uint16"), None, 200 / 65535),
        (np.full((4, 5), 0.5, "float32"), None, 0.5),
        (np.full((4, 5), 127.5, "float32"), 255, 0.5),
    ],
)
def test_more_than_eight_bits_keep_their_scale(values, white, expected, tmp_path):
    Image.fromarray(values).save(tmp_path / "deep.tiff")
    pixels = aelib.read_image(tmp_path / "deep.tiff", white=white)
    np.testing.assert_allclose(pixels[..., 0], np.broadcast_to(expected, values.shape), atol=1e-6)


@pytest.mark.parametrize("values", [np.full((4, 5), 200.0), np.full((4, 5), -1.0), np.full((4, 5), np.inf)])
def test_values_beyond_white_are_refused(values, tmp_path):
    Image.fromarray(values.astype("float32")).save(tmp_path / "deep.tiff")
    with pytest.raises(ValueError, match=r"deep.tiff.*its values go from .*give white=, the value of white"):
        aelib.read_image(tmp_path / "deep.tiff")


def test_nan_becomes_black_and_is_said(tmp_path):
    Image.fromarray(np.array([[np.nan, 0.5]], "float32")).save(tmp_path / "gaps.tiff")
    with pytest.warns(UserWarning, match=r"1 pixels of .*gaps.tiff' are NaN and become 0"):
        assert aelib.read_image(tmp_path / "gaps.tiff").ravel().tolist() == [0, 0.5]


def test_transparent_parts_are_white(tmp_path):
    Image.new("RGBA", (5, 4), (0, 0, 0, 0)).save(tmp_path / "clear.png")
    Image.new("LA", (5, 4), (0, 0)).save(tmp_path / "clear_gray.png")
    Image.new("P", (5, 4)).save(tmp_path / "clear_palette.png", transparency=0)
    assert (aelib.load_images(tmp_path, (4, 5)).x == 1).all()


def test_of_an_animation_comes_the_first_frame(tmp_path):
    frames = [Image.new("L", (6, 6), shade) for shade in (255, 0)]
    frames[0].save(tmp_path / "moving.gif", save_all=True, append_images=frames[1:])
    assert aelib.read_image(tmp_path / "moving.gif").min() == 1


@pytest.mark.parametrize("content", [b"", b"hello", truncated()])
def test_a_broken_file_is_said_to_be_one(content, tmp_path):
    (tmp_path / "broken.jpg").write_bytes(content)
    for path in (tmp_path / "broken.jpg", tmp_path / "missing.jpg", tmp_path):
        with pytest.raises(ValueError, match=r"Cannot read .*Give the path of a whole image file"):
            aelib.read_image(path)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"size": 64}, "height, width"),
        ({"size": (64, 0)}, "height, width"),
        ({"size": (64, 96, 3)}, "height, width"),
        ({"size": (64, 9.5)}, "height, width"),
        ({"size": (64, 96), "longest": 5}, "height, width"),
        ({"longest": -1}, "longest"),
        ({"channels": 4}, "channels must be None, 1 or 3"),
        ({"white": 0}, "white a positive number"),
    ],
)
def test_wrong_arguments_are_said(options, words, tmp_path):
    with pytest.raises(ValueError, match=words):
        aelib.read_image(fill(tmp_path, ["gray.png"]) / "gray.png", **options)


def test_a_folder_becomes_one_array(tmp_path):
    images = aelib.load_images(fill(tmp_path), (16, 24))
    assert images.x.shape == (len(KINDS), 16, 24, 3) and images.x.dtype == np.float32
    assert images.names.tolist() == sorted(KINDS) and images.skipped == {}
    for i, name in enumerate(images.names):
        np.testing.assert_array_equal(images.x[i], aelib.read_image(tmp_path / name, (16, 24), channels=3))


def test_gray_folders_have_one_channel_unless_asked(tmp_path):
    fill(tmp_path, ["gray.png", "two.png", "deep.png"])
    assert aelib.load_images(tmp_path, (8, 8)).x.shape == (3, 8, 8, 1)
    color = aelib.load_images(tmp_path, (8, 8), channels=3).x
    assert color.shape == (3, 8, 8, 3) and (color[..., 0] == color[..., 2]).all()
    fill(tmp_path, ["color.jpg"])
    assert aelib.load_images(tmp_path, (8, 8)).x.shape == (4, 8, 8, 3)
    assert aelib.load_images(tmp_path, (8, 8), channels=1).x.shape == (4, 8, 8, 1)


def test_subfolders_are_groups_and_hidden_files_do_not_count(tmp_path):
    for folder in ("beach/day", "beach", "forest", ".cache"):
        fill(tmp_path / folder, ["gray.png"])
    fill(tmp_path, ["gray.png"])
    for name in (".DS_Store", "beach/._gray.png", "Thumbs.db", "forest/desktop.ini"):
        (tmp_path / name).write_bytes(b"not an image")
    images = aelib.load_images(tmp_path, (8, 8))
    assert images.names.tolist() == ["beach/day/gray.png", "beach/gray.png", "forest/gray.png", "gray.png"]
    assert images.groups.tolist() == ["beach/day", "beach", "forest", "."]


def test_broken_files_are_named_and_refused_or_skipped(tmp_path):
    fill(tmp_path, ["color.jpg", "gray.png"])
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad/half.jpg").write_bytes(truncated())
    (tmp_path / "labels.csv").write_text("a,b\n")
    with pytest.raises(ValueError, match=r"2 of 4 files cannot be read(.|\n)*half.jpg(.|\n)*labels.csv"):
        aelib.load_images(tmp_path, (8, 8))
    with pytest.warns(UserWarning, match=r"Skipped 2 of 4 files(.|\n)*half.jpg(.|\n)*labels.csv"):
        images = aelib.load_images(tmp_path, (8, 8), broken="skip")
    assert images.names.tolist() == ["color.jpg", "gray.png"] and len(images.x) == 2
    assert list(images.skipped) == ["bad/half.jpg", "labels.csv"] and "truncated" in images.skipped["bad/half.jpg"]
    assert aelib.load_images(tmp_path, (8, 8), pattern="*.png").names.tolist() == ["gray.png"]


def test_a_folder_without_an_image_is_refused(tmp_path):
    with pytest.raises(ValueError, match="no image to read"):
        aelib.load_images(tmp_path, (8, 8))
    (tmp_path / "text.txt").write_text("hello")
    with pytest.raises(ValueError, match="no image to read"), pytest.warns(UserWarning, match="Skipped 1 of 1"):
        aelib.load_images(tmp_path, (8, 8), broken="skip")
    with pytest.raises(ValueError, match="folder the path of a folder"):
        aelib.load_images(tmp_path / "missing", (8, 8))
    with pytest.raises(ValueError, match='broken must be "refuse" or "skip"'):
        aelib.load_images(tmp_path, (8, 8), broken="ignore")


@pytest.mark.parametrize("groups", [None, RNG.integers(0, 40, 1000), np.array([str(i % 7) for i in range(1000)])])
def test_parts_are_disjoint_hold_all_rows_and_keep_groups(groups):
    parts = aelib.split(1000, groups=groups, seed=3)
    assert sorted(np.concatenate(parts)) == list(range(1000))
    assert [abs(len(part) - n) <= 100 for part, n in zip(parts, (700, 100, 200), strict=True)] == [True] * 3
    if groups is not None:
        sets = [set(np.asarray(groups)[part]) for part in parts]
        assert all(sets) and not (sets[0] & sets[1] or sets[0] & sets[2] or sets[1] & sets[2])
    for again, part in zip(aelib.split(np.zeros((1000, 2)), groups=groups, seed=3), parts, strict=True):
        np.testing.assert_array_equal(again, part)
    assert not np.array_equal(aelib.split(1000, groups=groups, seed=4)[2], parts[2])


def test_a_share_of_zero_is_an_empty_part_and_three_rows_are_enough():
    assert [len(part) for part in aelib.split(10, validation=0)] == [8, 0, 2]
    assert [len(part) for part in aelib.split(3)] == [1, 1, 1]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"n": 2}, "2 groups cannot fill the parts"),
        ({"n": 0}, "0 groups cannot fill the parts"),
        ({"n": 9, "groups": ["a"] * 9}, "1 groups cannot fill the parts"),
        ({"n": 9, "test": 0.6, "validation": 0.4}, "shares below 1 together"),
        ({"n": 9, "test": -0.1}, "shares below 1 together"),
        ({"n": 9, "groups": [1, 2]}, r"groups \(n,\)"),
    ],
)
def test_a_split_that_cannot_be_is_refused(arguments, words):
    with pytest.raises(ValueError, match=words):
        aelib.split(**arguments)


def test_windows_of_one_and_of_several_sensors():
    x, starts = aelib.windows(np.arange(10), 4, step=3)
    assert x.shape == (3, 4, 1) and x.dtype == np.float32 and starts.tolist() == [0, 3, 6]
    assert x[1, :, 0].tolist() == [3, 4, 5, 6]
    x, starts = aelib.windows(np.arange(20).reshape(10, 2), 10)
    assert x.shape == (1, 10, 2) and x[0, 3].tolist() == [6, 7] and starts.tolist() == [0]


def test_windows_with_gaps_are_refused_or_counted():
    values = np.arange(10.0)
    values[4] = np.nan
    with pytest.raises(ValueError, match="2 of 4 windows hold gaps: .*gaps=.skip"):
        aelib.windows(values, 3, step=2)
    with pytest.warns(UserWarning, match="Skipped 2 of 4 windows with gaps"):
        x, starts = aelib.windows(values, 3, step=2, gaps="skip")
    assert starts.tolist() == [0, 6] and np.isfinite(x).all()
    with pytest.raises(ValueError, match="hold gaps"):
        aelib.windows(np.full(9, np.nan), 3, gaps="skip")


@pytest.mark.parametrize(
    "arguments",
    [([1, 2], 3), ([1, 2], 0), ([1, 2], 1, 0), (np.zeros((2, 2, 2)), 1), ([1, np.inf], 1), ([1, 2], 1, 1, "drop")],
)
def test_windows_that_cannot_be_are_refused(arguments):
    with pytest.raises(ValueError, match=r"Cannot cut windows|gaps must be"):
        aelib.windows(*arguments)
