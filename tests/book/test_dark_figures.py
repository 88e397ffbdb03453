"""Figures for the dark theme."""

import dark_figures
import numpy as np
import pytest
from PIL import Image

PALETTE = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000"]  # aelib's, and ink


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def turned(rgb):
    twin = dark_figures.twin(Image.fromarray(rgb))
    return None if twin is None else np.asarray(twin).astype(int)


def luminance(rgb):
    value = np.asarray(rgb) / 255
    linear = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
    return linear @ [0.2126, 0.7152, 0.0722]


@pytest.mark.parametrize("color", PALETTE)
def test_lines_keep_their_hue_and_are_seen_on_the_page(color):
    ink = np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)], np.uint8)
    figure = np.full((60, 60, 3), 255, np.uint8)
    figure[30] = ink
    out = turned(figure)
    assert (out[0, 0] == dark_figures.PAGE).all()
    assert (luminance(out[30, 0]) + 0.05) / (luminance(out[0, 0]) + 0.05) > 3
    assert (np.argsort(out[30, 0], stable=True) == np.argsort(ink, stable=True)).all()


def rows_of_images(rng):
    figure = np.full((100, 160, 3), 255, np.uint8)
    images = rng.integers(0, 200, (2, 3, 28, 28, 1), np.uint8)
    images[0, 1] = 255  # white all over
    for i in range(2):
        for j in range(3):
            figure[10 + 40 * i : 38 + 40 * i, 40 + 40 * j : 68 + 40 * j] = images[i, j]
    figure[20, 5:15] = 0  # a label
    return figure


def test_images_in_rows_stay_as_they_are(rng):
    figure = rows_of_images(rng)
    out = turned(figure)
    for i in range(2):
        for j in range(3):
            box = slice(10 + 40 * i, 38 + 40 * i), slice(40 + 40 * j, 68 + 40 * j)
            assert (out[box] == figure[box]).all()
    assert (out[5, 5] == dark_figures.PAGE).all() and (out[20, 5] == dark_figures.INK).all()


def test_a_heat_map_keeps_its_colors():
    figure = np.full((80, 80, 3), 255, np.uint8)
    figure[20:60, 20:60] = [8, 81, 156]
    figure[20:40, 20:40] = [222, 235, 247]
    assert (turned(figure)[20:60, 20:60] == figure[20:60, 20:60]).all()


def test_images_scattered_over_a_chart_leave_the_figure_as_it_is(rng):
    figure = np.full((320, 320, 3), 255, np.uint8)
    for k in range(25):
        top, left = 55 * (k // 5) + 7 * (k % 5), 55 * (k % 5) + 7 * (k // 5)
        figure[top : top + 28, left : left + 28] = rng.integers(0, 200, (28, 28, 1))
    assert turned(figure) is None


def test_a_photograph_has_no_twin(rng):
    assert turned(rng.integers(0, 240, (60, 60, 3), np.uint8)) is None
