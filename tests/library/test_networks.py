"""Networks: sizes that make no sense are refused, weights are as many as counted by hand."""

import pytest

import aelib


def test_weights_counted_by_hand():
    assert aelib.dense_encoder((28, 28, 1), 64).count_params() == 784 * 512 + 512 + 512 * 64 + 64
    assert aelib.dense_decoder(64, (28, 28, 1)).count_params() == 64 * 512 + 512 + 512 * 784 + 784
    assert aelib.dense_encoder((30,), 2, units=()).count_params() == 30 * 2 + 2


@pytest.mark.parametrize("bad", [0, -1, 2.5, "3", True, None])
def test_sizes_that_make_no_sense(bad):
    for make in (
        lambda: aelib.dense_encoder((28, 28, 1), bad),
        lambda: aelib.dense_decoder(bad, (28, 28, 1)),
        lambda: aelib.dense_encoder((28, bad, 1), 2),
        lambda: aelib.dense_encoder((28, 28, 1), 2, units=(bad,)),
        lambda: aelib.conv_encoder((28, bad, 1), 2),
        lambda: aelib.conv_decoder(bad, (28, 28, 1)),
    ):
        with pytest.raises(ValueError, match="must be made of positive integers, not"):
            make()


def test_convolutions_need_filters_and_three_axes():
    for make in (lambda s, f: aelib.conv_encoder(s, 2, f), lambda s, f: aelib.conv_decoder(2, s, f)):
        with pytest.raises(ValueError, match=r"shape must be \(height, width, channels\), not \(28, 28\)"):
            make((28, 28), (8,))
        with pytest.raises(ValueError, match="filters must be made of positive integers, not \\(\\)"):
            make((28, 28, 1), ())
