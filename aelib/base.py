"""What stands around the models that the book teaches: checks, batches, saving. Nothing here is about autoencoders."""

import inspect

import keras
import numpy as np
from keras import ops

from .callbacks import StopAtNaN
from .checks import check, fits, is_pipeline

RESCALING = keras.layers.Rescaling, keras.layers.Normalization


@keras.saving.register_keras_serializable("aelib")
class MeanOverBatch(keras.losses.Loss):
    """The mean of a (batch,) vector of losses, as Keras weighs and distributes it; `ops.mean` would do neither."""

    def call(self, y_true, y_pred):
        """The losses as they are."""
        return y_pred


def split(inputs):
    """Keras's inputs as a pair (x, condition); the condition is None if there is but one input."""
    return tuple(inputs) if isinstance(inputs, (tuple, list)) else (inputs, None)


def with_condition(network, x, condition):
    """What `network` takes: x, or x and the condition if it has two inputs."""
    return [x, condition] if len(network.inputs) == 2 else x


def which_weights(sample_weight, target):
    """Keras's weights as a pair: (batch,) for the examples, and of the target's shape for their values; None if not."""
    if sample_weight is None or len(sample_weight.shape) == 1 or len(sample_weight.shape) < len(target.shape):
        return sample_weight, None
    return None, sample_weight


def scalar(name, doc):
    """A property over the weight `_name`: `model.name = 0.5` changes it, `model.name.assign(0.5)` does the same."""
    weight = f"_{name}"
    return property(
        lambda self: getattr(self, weight), lambda self, value: getattr(self, weight).assign(value), doc=doc
    )


def check_networks(encoder, decoder, numbers_per_code):
    """Raise a ValueError, in words, if an encoder and a decoder do not fit each other."""
    for name, network in (("encoder", encoder), ("decoder", decoder)):
        if not getattr(network, "inputs", None) or not getattr(network, "outputs", None):
            raise ValueError(
                f"The {name} does not know its shapes ({type(network).__name__}): give a functional keras.Model, or a "
                "keras.Sequential that begins with keras.Input(shape)."
            )
        if len(network.outputs) != 1 or len(network.inputs) > 2:
            raise ValueError(
                f"The {name} has {len(network.inputs)} inputs and {len(network.outputs)} outputs. It needs one output "
                "and one input, or two if the second is a condition; concatenate mean and log_var on the last axis."
            )
    found, code = encoder.outputs[0].shape[1:], decoder.inputs[0].shape[1:]
    wanted = (*code[:-1], None if code[-1] is None else numbers_per_code * code[-1])
    if not fits(found, wanted):
        raise ValueError(
            f"The encoder gives {tuple(found)}, the decoder takes {tuple(code)}: they do not fit. The encoder must give "
            f"{tuple(wanted)}" + (", means and then log variances." if numbers_per_code == 2 else ".")
        )


class Base(keras.Model):
    """A Keras model that checks what comes in, gives NumPy out, and saves its parts.

    A derived class has `encoder`, `decoder` and `likelihood`, and gives `forward`, `point` and `compute_loss`.
    """

    parts = ("encoder", "decoder", "likelihood", "corruption")
    numbers_per_code = 1  # how many numbers the encoder gives for each that the decoder takes

    def assemble(self, encoder, decoder):
        """Check the networks; from here on the model counts as built, as all its weights exist."""
        check_networks(encoder, decoder, self.numbers_per_code)
        self.encoder, self.decoder, self.steps, self.measured = encoder, decoder, 0, False
        self.trackers = [keras.metrics.Mean(name=term) for term in self.terms]
        inputs = (*encoder.inputs[1:], *decoder.inputs[1:])
        if len({tensor.shape for tensor in inputs}) == 2:
            raise ValueError(f"Encoder and decoder take conditions of other shapes: {[t.shape for t in inputs]}.")
        self.condition_shape = tuple(inputs[0].shape[1:]) if inputs else None
        self.built = True

    # ------------------------------------------------------------------ Keras's steps
    # In a step of a training or an evaluation `call` gives what the loss needs; elsewhere the reconstruction.
    def train_step(self, *args):
        """Keras's own, on each backend."""
        self.steps += 1
        try:
            return super().train_step(*args)
        finally:
            self.steps -= 1

    def test_step(self, *args):
        """Keras's own, on each backend."""
        self.steps += 1
        try:
            return super().test_step(*args)
        finally:
            self.steps -= 1

    def call(self, inputs, training=False):
        """The reconstruction: (batch, ...), or that and a condition, to (batch, ...) in the units of the data."""
        if not self.steps:
            return self.reconstruction(inputs, training)
        result = self.forward(inputs, training)
        if self.measured:  # metrics are measured on this
            means = self.likelihood.mean(ops.cast(result["output"], "float32"))
            result["reconstruction"] = means if training or self.corruption else self.reconstruction(inputs)
        return result

    def reconstruction(self, inputs, training=False):
        """As `call`."""
        x, condition = split(inputs)
        h = self.encoder(with_condition(self.encoder, x, condition), training=training)
        z = self.point(h)
        output = self.decoder(with_condition(self.decoder, z, condition), training=training)
        return self.likelihood.mean(ops.cast(output, "float32"))

    def average(self, costs, sample_weight=None):
        """The loss from {name: (batch,) nats}: each tracked by its name, their sum averaged, penalties of layers added."""
        for tracker in self.trackers:
            tracker.update_state(costs[tracker.name], sample_weight)
        each = sum(costs.values())
        loss = MeanOverBatch()(each, each, sample_weight)
        return loss + super().compute_loss() if self.losses else loss

    def compute_metrics(self, x, y, y_pred, sample_weight=None):
        """Keras's own; the metrics given to `compile` are measured on the reconstruction."""
        y_pred = y_pred.get("reconstruction") if isinstance(y_pred, dict) else y_pred
        return super().compute_metrics(x, split(x)[0] if y is None else y, y_pred, sample_weight)

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

    # ------------------------------------------------------------------ the one check
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

    def check_inputs(self, x, condition=None, name="x"):
        """x, or (x, condition) if there is one, or a ValueError in words."""
        if condition is None and isinstance(x, (tuple, list)) and len(x) == 2 and self.condition_shape:
            x, condition = x
        x = check(x, self.encoder.inputs[0].shape[1:], self.input_limits, name)
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
        inputs = self.check_inputs(x, condition, name)
        x, gives = split(inputs)[0], self.decoder.outputs[0].shape[1:]
        if y is None and not fits(x.shape[1:], gives):
            raise ValueError(
                f"{name} has shape {tuple(x.shape)}, the decoder gives (n, {gives}): give a y of that shape."
            )
        target = check(x if y is None else y, gives, self.target_limits, name if y is None else f"y, with {name},")
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

    # ------------------------------------------------------------------ Keras's ways in
    def fit(self, x=None, y=None, *args, condition=None, **kwargs):
        """Keras's `fit`, after the check. Needs no `y`. With `condition`, inputs are pairs (x, condition).

        `sample_weight` may have the shape of the target: 0 where a value is not known. `class_weight` weighs the
        classes of a one-hot condition.

        Raises:
            ValueError: the data cannot be meant, or the loss is no number any more (`StopAtNaN`).
        """
        given = inspect.signature(super().fit).bind(x, y, *args, **kwargs).arguments
        given.update(given.pop("kwargs", {}))
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
        given = inspect.signature(super().evaluate).bind(x, y, *args, **kwargs).arguments
        given.update(given.pop("kwargs", {}))
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

    def export(self, filepath, *args, **kwargs):
        """Keras's `export`: the file's model gives reconstructions, the same at every call."""
        specs = [keras.InputSpec(dtype=i.dtype, shape=i.shape) for i in self.encoder.inputs]
        if self.condition_shape and len(specs) == 1:
            specs.append(keras.InputSpec(dtype="float32", shape=(None, *self.condition_shape)))
        kwargs.setdefault("input_signature", specs if len(specs) == 1 else [specs])
        return super().export(filepath, *args, **kwargs)

    # ------------------------------------------------------------------ NumPy out
    def batches(self, x, y=None, condition=None, batch_size=256):
        """Checked batches of arrays or of a pipeline, as tensors: pairs (inputs, y), y None if there is no target."""
        if is_pipeline(x):
            found = (self.check_data(*unpack(batch)[:2], name="a batch")[:2] for batch in x)
        else:
            inputs, y, _ = self.check_data(x, y, None, condition)
            parts = (slice(i, i + batch_size) for i in range(0, split(inputs)[0].shape[0], batch_size))
            found = (keras.tree.map_structure(lambda a: a[part], (inputs, y), none_is_leaf=False) for part in parts)
        for batch in found:
            yield keras.tree.map_structure(lambda a: ops.convert_to_tensor(a, "float32"), batch, none_is_leaf=False)

    def encode(self, x, condition=None, batch_size=256):
        """Codes of the examples: (n, ...) to (n, latent_dim), NumPy."""
        if is_pipeline(x):
            return np.concatenate([self.encode(*split(unpack(batch)[0]), batch_size) for batch in x])
        x, condition = split(self.check_inputs(x, condition))
        h = self.encoder.predict(with_condition(self.encoder, x, condition), batch_size, verbose=0)
        return ops.convert_to_numpy(self.point(ops.cast(h, "float32")))

    def decode(self, z, condition=None, batch_size=256):
        """Examples from codes: (n, latent_dim) to (n, ...), NumPy."""
        z = check(z, self.decoder.inputs[0].shape[1:], name="z")
        if (condition is None) != (len(self.decoder.inputs) == 1):
            raise ValueError("The decoder takes a condition, and none came." if condition is None else "It takes none.")
        output = self.decoder.predict(with_condition(self.decoder, z, condition), batch_size, verbose=0)
        return ops.convert_to_numpy(self.likelihood.mean(ops.cast(output, "float32")))

    def reconstruct(self, x, condition=None, batch_size=256):
        """Encode, then decode: (n, ...) to (n, ...), NumPy; `predict` without its progress bar."""
        return self.predict(x, batch_size=batch_size, condition=condition, verbose=0)

    def score(self, x, y=None, condition=None, batch_size=256):
        """The loss of each example: (n, ...) to (n,) nats, NumPy. High means badly explained."""
        scores = []
        for inputs, target in self.batches(x, y, condition, batch_size):
            costs = self.costs(inputs, target, self.forward(inputs))
            scores.append(ops.convert_to_numpy(sum(costs.values())))
        return np.concatenate(scores)

    # ------------------------------------------------------------------ saving
    def get_config(self):
        """What Keras writes into a `.keras` file beside the weights."""
        parts = {name: keras.saving.serialize_keras_object(getattr(self, name)) for name in self.parts}
        return {**super().get_config(), **parts}

    @classmethod
    def from_config(cls, config):
        """The model that `get_config` described, without its weights."""
        parts = {name: keras.saving.deserialize_keras_object(config[name]) for name in cls.parts}
        return cls(**{**config, **parts})


class Function(keras.Model):
    """A function of a batch as a Keras model, so that `predict` compiles it and splits arrays into batches."""

    def __init__(self, model, function):
        super().__init__()
        self.model, self.function = model, function

    def call(self, inputs):
        """The function."""
        return self.function(inputs)


def unpack(batch):
    """A batch of a pipeline as Keras reads it: (x, y, sample_weight)."""
    return keras.utils.unpack_x_y_sample_weight(tuple(batch) if isinstance(batch, list) else batch)
