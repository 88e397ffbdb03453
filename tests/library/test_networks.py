"""Networks: any size comes back, weights are as many as counted by hand, sizes that make no sense are refused."""

import keras
import pytest

import aelib

SIZES = [(28, 28, 1), (45, 30, 3), (96, 20, 4), (1, 1, 1), (7, 5, 2), (31, 2), (200, 1)]
PAIRS = {"dense": (aelib.dense_encoder, aelib.dense_decoder), "conv": (aelib.conv_encoder, aelib.conv_decoder)}


@pytest.mark.parametrize("condition", [0, 2])
@pytest.mark.parametrize("kind", PAIRS)
@pytest.mark.parametrize("shape", SIZES, ids=str)
def test_any_size_comes_back_in_its_shape(shape, kind, condition):
    make_encoder, make_decoder = PAIRS[kind]
    encoder, decoder = make_encoder(shape, 3, condition=condition), make_decoder(3, shape, condition=condition)
    assert encoder.output_shape == (None, 3) and decoder.output_shape == (None, *shape)
    assert len(encoder.inputs) == len(decoder.inputs) == (2 if condition else 1)


@pytest.mark.parametrize("shape", [(7, 5, 2), (31, 2)], ids=str)
def test_networks_give_the_shapes_that_they_say(shape):
    x, c = keras.ops.zeros((2, *shape)), keras.ops.zeros((2, 2))
    z = aelib.conv_encoder(shape, 3, condition=2)([x, c])
    assert z.shape == (2, 3) and aelib.conv_decoder(3, shape)(z).shape == x.shape


def test_weights_counted_by_hand():
    assert aelib.dense_encoder((28, 28, 1), 64).count_params() == 784 * 512 + 512 + 512 * 64 + 64
    assert aelib.dense_decoder(64, (28, 28, 1)).count_params() == 64 * 512 + 512 + 512 * 784 + 784
    assert aelib.dense_encoder((30,), 2, units=()).count_params() == 30 * 2 + 2
    by_hand = 9 * 32 + 32 + 9 * 32 * 64 + 64 + 7 * 7 * 64 * 5 + 5  # filters None: 28, 14, 7
    assert aelib.conv_encoder((28, 28, 1), 5).count_params() == by_hand


@pytest.mark.parametrize(
    ("shape", "filters"),
    [
        ((28, 28, 1), (32, 64)),
        ((64, 96, 3), (32, 64, 128)),
        ((8, 100, 1), (32,)),
        ((1000, 2), (32, 64, 128, *[256] * 4)),
    ],
)
def test_as_many_convolutions_as_halve_the_shorter_side_to_8(shape, filters):
    found = [layer.filters for layer in aelib.conv_encoder(shape, 2).layers if hasattr(layer, "filters")]
    assert tuple(found) == filters


@pytest.mark.parametrize("bad", [0, -1, 2.5, "3", True, None])
def test_sizes_that_make_no_sense(bad):
    for make in (
        lambda: aelib.dense_encoder((28, 28, 1), bad),
        lambda: aelib.dense_decoder(bad, (28, 28, 1)),
        lambda: aelib.dense_encoder((28, bad, 1), 2),
        lambda: aelib.dense_encoder((28, 28, 1), 2, units=(bad,)),
        lambda: aelib.conv_encoder((28, bad, 1), 2),
        lambda: aelib.conv_decoder(bad, (28, 28, 1)),
        lambda: aelib.conv_encoder((28, 28, 1), 2, filters=(bad,)),
    ):
        with pytest.raises(ValueError, match="must be made of positive integers, not"):
            make()


@pytest.mark.parametrize("shape", [(28,), (4, 28, 28, 1)])
def test_convolutions_are_over_one_axis_or_two(shape):
    for make in (lambda: aelib.conv_encoder(shape, 2), lambda: aelib.conv_decoder(2, shape)):
        with pytest.raises(ValueError, match=r"shape must be \(height, width, channels\) or \(length, channels\), not"):
            make()
