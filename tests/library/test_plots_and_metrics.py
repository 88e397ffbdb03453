"""Figures are returned, metrics are per image and equal the formulas."""

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest

from aelib.metrics import psnr_db, ssim
from aelib.plots import image_rows

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


def test_metrics():
    y = np.clip(X + 0.1, 0, 1)
    mse = ((X - y) ** 2).mean(axis=(1, 2, 3))
    np.testing.assert_allclose(psnr_db(X, y), -10 * np.log10(mse), rtol=1e-4)
    assert np.isinf(psnr_db(X, X)).all()
    np.testing.assert_allclose(ssim(X, X), 1)
    assert ssim(X, y).shape == (4,) and (ssim(X, 1 - X) < 0).all()
    with pytest.raises(ValueError, match=r"\(4, 9, 8, 1\) and \(3, 9, 8, 1\)"):
        ssim(X, y[:3])
