"""Train a tiny autoencoder whose code is penalized, and print its loss: `python penalized.py own|keras`."""

import sys

import keras
import numpy as np
from keras import layers, ops

WEIGHT = 0.01


class Penalty(layers.Layer):
    """Adds the sum of the code's magnitudes, averaged over the batch, to the loss, as the chapters do."""

    def call(self, z):
        self.add_loss(WEIGHT * ops.mean(ops.sum(ops.abs(z), axis=-1)))
        return z


keras.utils.set_random_seed(0)
x = np.random.default_rng(0).random((256, 8)).astype("float32")
kinds = {"own": Penalty(), "keras": layers.ActivityRegularization(l1=WEIGHT)}
model = keras.Sequential([layers.Dense(4), kinds[sys.argv[1]], layers.Dense(8)])
model.compile(keras.optimizers.Adam(0.01), "mse")
history = model.fit(x, x, batch_size=128, epochs=5, shuffle=False, verbose=0)
print(history.history["loss"][-1])
