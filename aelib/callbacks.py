"""Callbacks for `fit`: a weight of a loss that changes during training, and a stop where the loss is no number."""

import keras
import numpy as np


class Anneal(keras.callbacks.Callback):
    """Moves a number of the model, such as a VAE's `beta`, evenly from one value to another while it trains.

    Args:
        name: the model's attribute, "beta" or "distortion_weight".
        start: its value in the first batch.
        end: its value when `epochs` epochs have been trained, and after.
        epochs: a number of epochs, not necessarily whole.

    Example:
        >>> callback = Anneal("beta", 0.0, 1.0, epochs=5)  # model.fit(x, epochs=20, callbacks=[callback])

    Raises:
        ValueError: at the start of the training, if the model has no such attribute.

    Source: Bowman et al. (2016), Generating sentences from a continuous space.
    """

    def __init__(self, name, start, end, epochs):
        super().__init__()
        self.name, self.start, self.end, self.epochs = name, start, end, epochs
        self.epoch = 0

    def on_epoch_begin(self, epoch, logs=None):
        """Called by Keras."""
        if not hasattr(self.model, self.name):
            raise ValueError(f"The model has no {self.name!r} to anneal.")
        self.epoch = epoch

    def on_train_batch_begin(self, batch, logs=None):
        """Called by Keras. Where the number of batches is not known, the value changes once per epoch."""
        steps = self.params.get("steps")
        share = (self.epoch + (batch / steps if steps else 0)) / self.epochs
        setattr(self.model, self.name, self.start + min(share, 1.0) * (self.end - self.start))


class StopAtNaN(keras.callbacks.Callback):
    """Ends a training whose loss is no number any more, in words, with the weights of the last epoch that was sound.

    `fit` of aelib's models adds it by itself.
    """

    def on_epoch_begin(self, epoch, logs=None):
        """Called by Keras."""
        self.epoch, self.sound = epoch, self.model.get_weights()

    def on_train_batch_end(self, batch, logs=None):
        """Called by Keras. The loss in `logs` is a mean over the epoch, once NaN it stays so: a look in ten will do."""
        if batch < 10 or batch % 10 == 0:
            self._look(f"batch {batch + 1} of epoch {self.epoch + 1}", logs)

    def on_epoch_end(self, epoch, logs=None):
        """Called by Keras."""
        self._look(f"the end of epoch {epoch + 1}", logs)

    def _look(self, where, logs):
        losses = [value for name, value in (logs or {}).items() if name in ("loss", "val_loss")]
        if np.isfinite(losses).all():
            return
        self.model.set_weights(self.sound)
        low, high = self.model.target_limits
        raise ValueError(
            f"The loss is NaN or infinite at {where}. The model has the weights of the last sound epoch again, or of "
            f"the start. Look at these, in this order. (1) The data: every value in [{low:g}, {high:g}], no NaN; "
            "pixels need x / 255, a table needs standardizing. (2) The learning rate: a tenth of it, and clipnorm=1.0 "
            "in the optimizer. (3) Networks of your own: a logarithm of 0, or a division by it. "
            "Compile again before you train on: the optimizer's memory is spoiled."
        )
