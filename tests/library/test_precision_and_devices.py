"""Half precision trains and gives float32; two devices give the loss and the weights of one, with penalties."""

import os
import subprocess
import sys

import keras
import numpy as np
import pytest
from small import build, images

BACKEND = keras.backend.backend()
X = images(64)
C = keras.utils.to_categorical(np.arange(64) % 2, 2)


@pytest.fixture(params=["mixed_float16", "mixed_bfloat16"])
def policy(request):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(request.param)
    yield request.param
    keras.config.set_dtype_policy(before)


@pytest.mark.parametrize(("kind", "condition"), [("plain", 0), ("vae", 2), ("compressive", 0)])
def test_half_precision(kind, condition, policy, tmp_path):
    keras.utils.set_random_seed(0)
    model = build(kind, condition=condition, optimizer=keras.optimizers.Adam(1e-3), compiled={"metrics": ["mse"]})
    given = {"condition": C} if condition else {}
    weight = np.ones(X.shape, "float32")
    history = model.fit(X, **given, sample_weight=weight, validation_split=0.25, verbose=0).history
    assert np.isfinite(list(history.values())).all()
    assert history["loss"][0] < 1000 and np.isfinite(model.evaluate(X, **given, verbose=0)).all()
    reconstruction = model.reconstruct(X, **given)
    assert reconstruction.dtype == np.float32 and model.score(X, **given).dtype == np.float32
    assert model.encode(X, **given).dtype == ("int32" if kind == "compressive" else "float32")
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded.reconstruct(X, **given), reconstruction)


DEVICES = """
import numpy as np
import keras
from aelib import VAE, Autoencoder
x = np.random.default_rng(0).random((40, 48)).astype("float32")
weight = np.linspace(0, 2, 40)
known = np.random.default_rng(1).random(x.shape) < 0.5

def train(kind, sample_weight):
    i, z = keras.Input((48,)), keras.Input((2,))
    start = keras.initializers.RandomNormal(stddev=0.03, seed=1)
    penalty = keras.regularizers.L2(10.0)
    code = keras.layers.Dense(2 * kind.numbers_per_code, kernel_initializer=start, kernel_regularizer=penalty)
    out = keras.layers.Dense(48, kernel_initializer=start, bias_regularizer=keras.regularizers.L1(0.1))
    model = kind(keras.Model(i, code(i)), keras.Model(z, out(z)), likelihood="gaussian")
    model.compile(keras.optimizers.SGD(1e-3), metrics=["mse"])
    h = model.fit(x, sample_weight=sample_weight, batch_size=20, shuffle=False, verbose=0).history
    e = model.evaluate(x, batch_size=20, verbose=0)
    found = [*h["loss"], *h["reconstruction"], *h["mse"], *e, *np.ravel(code.kernel)[:9], *np.ravel(out.kernel)[:9]]
    return np.array(found, "float64")

def compare(one, two):
    for kind in (Autoencoder, VAE):
        for sample_weight in (None, known) if kind is VAE else (weight, known):
            a, b = one(lambda: train(kind, sample_weight)), two(lambda: train(kind, sample_weight))
            rtol, atol = (1e-4, 1e-5) if kind is Autoencoder else (0.03, 2e-3)  # a VAE draws other noise
            np.testing.assert_allclose(a, b, rtol, atol)
"""
MIRRORED = """
import tensorflow as tf
cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
def two(run):
    with strategy.scope():
        return run()
compare(lambda run: run(), two)
"""
PARALLEL = """
devices = keras.distribution.list_devices("cpu")
assert len(devices) == 2
def two(run):
    keras.distribution.set_distribution(keras.distribution.DataParallel(devices=devices))
    try:
        return run()
    finally:
        keras.distribution.set_distribution(None)
compare(lambda run: run(), two)
"""


@pytest.mark.skipif(BACKEND == "torch", reason="Keras distributes nothing on torch")
def test_two_devices_are_as_one():
    program = DEVICES + (MIRRORED if BACKEND == "tensorflow" else PARALLEL)
    environment = {**os.environ, "XLA_FLAGS": "--xla_force_host_platform_device_count=2", "JAX_PLATFORMS": "cpu"}
    run = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr[-3000:]
