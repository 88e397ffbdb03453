"""What `fit`, `evaluate` and `predict` do before Keras's own: one check of the data, wherever they come in."""

import inspect

import keras
import numpy as np

from .callbacks import StopAtNaN
from .checks import check, fits, is_pipeline

RESCALING = keras.layers.Rescaling, keras.layers.Normalization


def pair(inputs):
    """Keras's inputs as a pair (x, condition); the condition is None if there is but one input."""
    return tuple(inputs) if isinstance(inputs, (tuple, list)) else (inputs, None)


def unpack(batch):
    """A batch of a pipeline as Keras reads it: (x, y, sample_weight)."""
    return keras.utils.unpack_x_y_sample_weight(tuple(batch) if isinstance(batch, list) else batch)


def arguments(method, *args, **kwargs):
    """The arguments of a call of `method` by name, however they were given."""
    given = inspect.signature(method).bind(*args, **kwargs).arguments
    given.update(given.pop("kwargs", {}))
    return given


class CheckedModel(keras.Model):
    """A Keras model that refuses, in words, what cannot be meant. It has `encoder`, `decoder` and `likelihood`."""

    def compile(self, optimizer="adam", loss=None, *args, metrics=None, weighted_metrics=None, **kwargs):
        """Keras's `compile`, without a loss: the likelihood owns it.

        Raises:
            ValueError: a loss is given.
        """
        if loss is not None:
            raise ValueError(
                f"The likelihood owns the loss, loss={loss!r} would be ignored: give likelihood=... instead."
            )
        self.measured = bool(metrics or weighted_metrics)
        super().compile(optimizer, None, *args, metrics=metrics, weighted_metrics=weighted_metrics, **kwargs)
        self.loss = "nats per example"  # what looks for a loss, as Keras's scikit-learn wrapper does, finds one

    def compile_from_config(self, config):
        """Called by Keras when a model is loaded that was compiled."""
        self.compile(**keras.saving.deserialize_keras_object(config))
        self.optimizer.build(self.trainable_variables)

    @property
    def input_limits(self):
        """What an input may be that is not a target as well: noisy, or of another kind, but not pixels of 0 to 255.

        Any finite value, if the encoder begins with Keras's Rescaling or Normalization.
        """
        if any(isinstance(layer, RESCALING) for layer in self.encoder.layers[:3]):
            return -np.inf, np.inf
        low, high = self.target_limits
        return (-10.0, 10.0) if high - low <= 2 else (low, high)

    @property
    def target_limits(self):
        """What a target may be: the likelihood's limits."""
        return getattr(self.likelihood, "limits", (-np.inf, np.inf))

    def check_inputs(self, x, condition=None, name="x", limits=None):
        """x, or (x, condition) if there is one, or a ValueError in words."""
        if condition is None and isinstance(x, (tuple, list)) and len(x) == 2 and self.condition_shape:
            x, condition = x
        x = check(x, self.encoder.inputs[0].shape[1:], limits or self.input_limits, name)
        if (condition is None) != (self.condition_shape is None):
            wanted = (
                "takes no condition"
                if self.condition_shape is None
                else f"needs a condition, (n, {self.condition_shape})"
            )
            raise ValueError(
                f"This model {wanted}. Labels become one with keras.utils.to_categorical(labels, classes)."
            )
        if condition is None:
            return x
        condition = check(condition, self.condition_shape, name="condition")
        if condition.shape[0] != x.shape[0]:
            raise ValueError(f"{name} has {x.shape[0]} examples, condition has {condition.shape[0]}.")
        return x, condition

    def check_data(self, x, y=None, sample_weight=None, condition=None, name="x"):
        """What `fit` and `evaluate` hand to Keras: (inputs, y, sample_weight), or a ValueError in words.

        Without `y`, `x` is the target as well and must lie within the likelihood's limits. Of a pipeline the first
        batch is looked at, unless that would use it up; a later value out of range makes the loss NaN, which stops it.
        """
        if is_pipeline(x):
            if any(given is not None for given in (y, sample_weight, condition)):
                raise ValueError(f"{name} is a {type(x).__name__}: targets, weights and conditions must come with it.")
            if not hasattr(x, "__next__"):
                self.check_data(*unpack(next(iter(x))), name=f"the first batch of {name}")
            return x, None, None
        inputs = self.check_inputs(x, condition, name, self.target_limits if y is None else None)
        x, gives = pair(inputs)[0], self.decoder.outputs[0].shape[1:]
        if y is None and not fits(x.shape[1:], gives):
            raise ValueError(
                f"{name} has shape {tuple(x.shape)}, the decoder gives (n, {gives}): give a y of that shape."
            )
        target = x if y is None else check(y, gives, self.target_limits, f"y, with {name},")
        if target.shape[0] != x.shape[0]:
            raise ValueError(f"{name} has {x.shape[0]} examples, y has {target.shape[0]}.")
        if sample_weight is not None:
            y, sample_weight = target, np.asarray(sample_weight)  # Keras drops weights that come without a target
            allowed = ((x.shape[0],), (x.shape[0], 1), tuple(target.shape))
            if sample_weight.shape not in allowed or not np.isfinite(sample_weight).all() or sample_weight.min() < 0:
                raise ValueError(
                    f"sample_weight must be finite and at least 0, of shape {allowed[0]} for examples or {allowed[2]} "
                    f"for their values; its shape is {sample_weight.shape}."
                )
        return inputs, target if y is not None else None, sample_weight

    def fit(self, x=None, y=None, *args, condition=None, **kwargs):
        """Keras's `fit`, after the check. Needs no `y`. With `condition`, inputs are pairs (x, condition).

        `sample_weight` may have the shape of the target: 0 where a value is not known. `class_weight` weighs the
        classes of a one-hot condition.

        Raises:
            ValueError: the data cannot be meant, or the loss is no number any more (`StopAtNaN`).
        """
        given = arguments(super().fit, x, y, *args, **kwargs)
        if given.get("class_weight") is not None:
            given["sample_weight"] = self.class_weights(
                given.pop("class_weight"), condition, given.get("sample_weight")
            )
        if given.get("validation_data") is not None:
            held_out = given["validation_data"]
            parts = (held_out,) if is_pipeline(held_out) or not isinstance(held_out, (tuple, list)) else held_out
            checked = self.check_data(*parts, name="validation_data")
            given["validation_data"] = checked[0] if is_pipeline(held_out) else checked
        checked = self.check_data(x, y, given.get("sample_weight"), condition)
        given["x"], given["y"], given["sample_weight"] = checked
        callbacks = given.pop("callbacks", None)
        if isinstance(callbacks, keras.callbacks.CallbackList):
            callbacks.append(StopAtNaN())
        else:
            callbacks = [*keras.tree.flatten(callbacks or []), StopAtNaN()]
        return super().fit(callbacks=callbacks, **given)

    def class_weights(self, class_weight, condition, sample_weight):
        """A weight for each example from the class that its condition names."""
        if condition is None or len(self.condition_shape or ()) != 1 or is_pipeline(condition):
            raise ValueError("class_weight needs labels: give condition=keras.utils.to_categorical(labels, classes).")
        weights = np.array([class_weight.get(int(label), 1.0) for label in np.asarray(condition).argmax(axis=-1)])
        return weights if sample_weight is None else weights * np.asarray(sample_weight)

    def evaluate(self, x=None, y=None, *args, condition=None, **kwargs):
        """Keras's `evaluate`, after the check, with `condition` as in `fit`."""
        given = arguments(super().evaluate, x, y, *args, **kwargs)
        checked = self.check_data(x, y, given.get("sample_weight"), condition)
        given["x"], given["y"], given["sample_weight"] = checked
        result = super().evaluate(**given)
        loss = result["loss"] if isinstance(result, dict) else keras.tree.flatten(result)[0]
        if np.isnan(loss):
            low, high = self.target_limits
            raise ValueError(
                f"The loss is NaN: some target is not in [{low:g}, {high:g}], or the model's weights are NaN."
            )
        return result

    def predict(self, x, *args, condition=None, **kwargs):
        """Keras's `predict`, after the check: reconstructions, NumPy."""
        if not is_pipeline(x):
            x = self.check_inputs(x, condition)
        return super().predict(x, *args, **kwargs)
