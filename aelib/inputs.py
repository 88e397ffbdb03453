"""What `fit`, `evaluate` and `predict` do before Keras's own: one check of the data, wherever they come in."""

import inspect
import itertools

import keras
import numpy as np

from .callbacks import StopAtNaN
from .checks import as_array, as_numpy, as_text, check, fits, is_pipeline

RESCALING = keras.layers.Rescaling, keras.layers.Normalization


def pair(inputs):
    """Keras's inputs as a pair (x, condition); the condition is None if there is but one input."""
    return tuple(inputs) if isinstance(inputs, (tuple, list)) else (inputs, None)


def unpack(batch):
    """A batch of a pipeline as Keras reads it: (x, y, sample_weight)."""
    if isinstance(batch, (tuple, list)) and not 0 < len(batch) <= 3:
        raise ValueError(f"Give x, (x, y) or (x, y, sample_weight), not {len(batch)} parts.")
    return keras.utils.unpack_x_y_sample_weight(tuple(batch) if isinstance(batch, list) else batch)


def peek(x, name, *others):
    """The first batch of a pipeline, as `unpack` gives it, and the pipeline with that batch still in it.

    Raises:
        ValueError: it yields nothing, or `others`, which would belong into its batches, were given beside it.
    """
    if any(other is not None for other in others):
        raise ValueError(f"{name} is a {type(x).__name__}: targets, weights and conditions must come in its batches.")
    first = next(iter(x), None)
    if first is None:
        raise ValueError(f"{name} yields no batch: it is empty, or was used up before.")
    if hasattr(x, "__next__"):
        whole = itertools.chain([first], x)
        parts = (tuple, list)
        x = (tuple(batch) if isinstance(batch, parts) else (batch,) for batch in whole)  # as Keras wants of a generator
    return unpack(first), x


def arguments(method, *args, **kwargs):
    """The arguments of a call of `method` by name, however they were given."""
    given = inspect.signature(method).bind(*args, **kwargs).arguments
    given.update(given.pop("kwargs", {}))
    return given


class CheckedModel(keras.Model):
    """A Keras model that refuses, in words, what cannot be meant. It has `encoder`, `decoder` and `likelihood`."""

    def compile(self, optimizer="adam", loss=None, loss_weights=None, metrics=None, weighted_metrics=None, **kwargs):
        """Keras's `compile`, without a loss: the likelihood owns it.

        Raises:
            ValueError: a loss is given.
        """
        if loss is not None or loss_weights is not None:
            raise ValueError(
                f"The likelihood owns the loss, loss={loss!r} would be ignored: give likelihood=... instead."
            )
        self.measured = bool(metrics or weighted_metrics)
        super().compile(optimizer, None, metrics=metrics, weighted_metrics=weighted_metrics, **kwargs)
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
        condition = self.check_condition(condition, x.shape[0], self.condition_shape is not None)
        return x if condition is None else (x, condition)

    def check_condition(self, condition, n, wanted):
        """A condition for n examples if one is wanted, or a ValueError in words."""
        if condition is None and not wanted:
            return None
        shape = self.condition_shape
        if condition is None:
            raise ValueError(
                f"This model needs a condition, (n, {as_text(shape)}): condition=..., or in validation_data and in "
                "pipelines the pair (x, condition) in place of x. Labels become one with keras.utils.to_categorical."
            )
        if not wanted:
            raise ValueError("A condition came, but the network takes none: it would need a second input.")
        if len(as_array(condition, "condition").shape) == len(shape) == 1:
            raise ValueError(
                f"condition holds labels, expected shape (n, {as_text(shape)}): give "
                f"keras.utils.to_categorical(labels, {as_text(shape)})."
            )
        condition = check(condition, shape, name="condition")
        if condition.shape[0] != n:
            raise ValueError(f"There are {n} examples, but condition has {condition.shape[0]}.")
        return condition

    def check_data(self, x, y=None, sample_weight=None, condition=None, name="x"):
        """What `fit` and `evaluate` hand to Keras: (inputs, y, sample_weight), or a ValueError in words.

        Without `y`, `x` is the target as well and must lie within the likelihood's limits. Of a pipeline the first
        batch is looked at; a later value out of range makes the loss NaN, which stops it.
        """
        if is_pipeline(x):
            first, x = peek(x, name, y, sample_weight, condition)
            self.check_data(*first, name=f"the first batch of {name}")
            return x, None, None
        inputs = self.check_inputs(x, condition, name, self.target_limits if y is None else None)
        x, gives = pair(inputs)[0], self.decoder.outputs[0].shape[1:]
        if y is None and not fits(x.shape[1:], gives):
            raise ValueError(
                f"{name} has shape {tuple(x.shape)}, the decoder gives (n, {as_text(gives)}): give a y of that shape."
            )
        target = x if y is None else check(y, gives, self.target_limits, f"y, with {name},")
        if target.shape[0] != x.shape[0]:
            raise ValueError(f"{name} has {x.shape[0]} examples, y has {target.shape[0]}.")
        if sample_weight is not None:
            y, sample_weight = target, as_numpy(sample_weight)  # Keras drops weights that come without a target
            sound = sample_weight.dtype.kind in "iuf" and (np.isfinite(sample_weight) & (sample_weight >= 0)).all()
            if not sound or sample_weight.shape not in ((x.shape[0],), (x.shape[0], 1), tuple(target.shape)):
                raise ValueError(
                    f"sample_weight must hold finite numbers of at least 0, of shape ({x.shape[0]},) for examples or "
                    f"{tuple(target.shape)} for their values, not {sample_weight.dtype} {sample_weight.shape}."
                )
            if sample_weight.shape == (x.shape[0], 1) != tuple(target.shape):
                sample_weight = sample_weight[:, 0]
        return inputs, target if y is not None else None, sample_weight

    def fit(self, x=None, y=None, *args, condition=None, **kwargs):
        """Keras's `fit`, after the check. Needs no `y`. With `condition`, inputs are pairs (x, condition).

        `sample_weight` may have the shape of the target: 0 where a value is not known. `class_weight` weighs the
        classes of a one-hot condition.

        Raises:
            ValueError: the data cannot be meant, or the loss is no number any more (`StopAtNaN`).
        """
        given = arguments(super().fit, x, y, *args, **kwargs)
        if given.get("class_weight") is not None and given.get("sample_weight") is None:  # both: Keras refuses that
            given["sample_weight"] = self.class_weights(given.pop("class_weight"), x, condition)
        if given.get("validation_data") is not None:
            held_out = given["validation_data"]
            checked = self.check_data(*unpack(held_out), name="validation_data")
            given["validation_data"] = checked[0] if is_pipeline(held_out) else checked
        checked = self.check_data(x, y, given.get("sample_weight"), condition)
        given["x"], given["y"], given["sample_weight"] = checked
        callbacks = given.pop("callbacks", None)
        callbacks = getattr(callbacks, "callbacks", keras.tree.flatten(callbacks or []))  # of a CallbackList, or given
        return super().fit(callbacks=[StopAtNaN(), *callbacks], **given)  # first, before others save what is NaN

    def class_weights(self, class_weight, x, condition):
        """A weight for each example from the class that its condition names."""
        if condition is None and self.condition_shape and isinstance(x, (tuple, list)):
            condition = x[-1]
        if condition is None or len(self.condition_shape or ()) != 1:
            raise ValueError("class_weight needs labels: give condition=keras.utils.to_categorical(labels, classes).")
        return np.array([class_weight.get(int(label), 1.0) for label in as_numpy(condition).argmax(axis=-1)])

    def evaluate(self, x=None, y=None, *args, condition=None, **kwargs):
        """Keras's `evaluate`, after the check, with `condition` as in `fit`."""
        if "_use_cached_eval_dataset" in kwargs:  # called by `fit`, which has checked the data and stops at NaN
            return super().evaluate(x, y, *args, **kwargs)
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
        if is_pipeline(x):
            first, x = peek(x, "x", condition)
            self.check_inputs(first[0], name="the first batch of x")
        else:
            x = self.check_inputs(x, condition)
        return super().predict(x, *args, **kwargs)

    def train_on_batch(self, x, y=None, sample_weight=None, *args, condition=None, **kwargs):
        """Keras's `train_on_batch`, after the check."""
        return super().train_on_batch(*self.check_data(x, y, sample_weight, condition), *args, **kwargs)

    def test_on_batch(self, x, y=None, sample_weight=None, *args, condition=None, **kwargs):
        """Keras's `test_on_batch`, after the check."""
        return super().test_on_batch(*self.check_data(x, y, sample_weight, condition), *args, **kwargs)

    def predict_on_batch(self, x, condition=None):
        """Keras's `predict_on_batch`, after the check."""
        return super().predict_on_batch(self.check_inputs(x, condition))
