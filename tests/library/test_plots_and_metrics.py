"""Figures are returned, metrics are per image and equal the formulas."""

import keras
import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest

from aelib.metrics import psnr_db, ssim
from aelib.networks import conv_decoder, conv_encoder, dense_decoder, dense_encoder
from aelib.plots import image_rows, network

matplotlib.use("agg")
X = np.random.default_rng(0).random((4, 9, 8, 1)).astype("float32")


def test_image_rows_draws_every_image_with_its_row_name():
    figure = image_rows({"original": X, "copy": X[:3, ..., 0]}, columns=7)
    assert len(figure.axes) == 6 and figure.axes[0].get_ylabel() == "original"
    np.testing.assert_array_equal(figure.axes[1].images[0].get_array(), X[1, ..., 0])
    image_rows({"color": np.repeat(X, 3, axis=-1)})
    plt.close("all")


@pytest.mark.parametrize("rows", [{}, {"a": X[0, 0]}, {"a": X[:0]}, {"a": np.repeat(X, 2, axis=-1)}])
def test_image_rows_refuses_what_is_no_image(rows):
    with pytest.raises(ValueError, match="needs images|at least one row"):
        image_rows(rows)


def drawn(figure):
    """The texts of a drawing, row by row: [(name, shape, parameters), ...]; and the widths of its bars."""
    texts = [text.get_text() for text in figure.axes[0].texts]
    widths = [box.get_width() for box in figure.axes[0].patches]
    plt.close(figure)
    return [tuple(texts[i : i + 3]) for i in range(0, len(texts), 3)], widths


def test_network_draws_a_bar_for_each_layer_with_weights():
    rows, widths = drawn(network(dense_encoder((6, 5, 1), 4, (9,)), dense_decoder(4, (6, 5, 1), (9,))))
    assert rows == [
        ("input", "6 × 5 × 1", ""),
        ("Dense, leaky_relu", "9", f"{30 * 9 + 9}"),
        ("code: Dense", "4", f"{9 * 4 + 4}"),
        ("Dense, leaky_relu", "9", f"{4 * 9 + 9}"),
        ("Dense", "6 × 5 × 1", f"{9 * 30 + 30}"),
    ]
    np.testing.assert_allclose(np.square(widths) / widths[0] ** 2, np.array([30, 9, 4, 9, 30]) / 30)


def test_network_draws_convolutions_conditions_and_what_resizes():
    shape = (11, 8, 3)
    rows, _ = drawn(network(conv_encoder(shape, 4, condition=2), conv_decoder(4, shape, condition=2)))
    assert [(name, size) for name, size, _ in rows] == [
        ("input", "11 × 8 × 3"),
        ("input", "2"),
        ("Conv2D, leaky_relu", "6 × 4 × 32"),
        ("Concatenate", "770"),
        ("code: Dense", "4"),
        ("input", "2"),
        ("Concatenate", "6"),
        ("Dense, leaky_relu", "6 × 4 × 32"),
        ("Conv2DTransp.", "12 × 8 × 3"),
        ("Cropping2D", "11 × 8 × 3"),
    ]
    pool = keras.Sequential([keras.Input((8, 2)), keras.layers.MaxPooling1D(2), keras.layers.Flatten()])
    rows, _ = drawn(network(pool, dense_decoder(8, (3,), ())))
    assert [name for name, *_ in rows] == ["input", "code: MaxPooling1D", "Dense"]


def test_network_refuses_what_has_no_inputs_or_sizes_yet():
    with pytest.raises(ValueError, match="decoder has no inputs yet"):
        network(dense_encoder((5,), 2), keras.Sequential([keras.layers.Dense(5)]))
    any_size = keras.Sequential([keras.Input((None, None, 3)), keras.layers.Conv2D(4, 3)])
    with pytest.raises(ValueError, match="encoder's input is left open"):
        network(any_size, dense_decoder(2, (5,)))


def test_metrics():
    y = np.clip(X + 0.1, 0, 1)
    mse = ((X - y) ** 2).mean(axis=(1, 2, 3))
    np.testing.assert_allclose(psnr_db(X, y), -10 * np.log10(mse), rtol=1e-4)
    assert np.isinf(psnr_db(X, X)).all()
    np.testing.assert_allclose(ssim(X, X), 1)
    assert ssim(X, y).shape == (4,) and (ssim(X, 1 - X) < 0).all()
    with pytest.raises(ValueError, match=r"\(4, 9, 8, 1\) and \(3, 9, 8, 1\)"):
        ssim(X, y[:3])
