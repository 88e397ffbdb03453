"""What stands around the models that the book teaches: Keras's steps, NumPy out, saving. The idea is in models.py."""

import contextlib

import keras
import numpy as np
from keras import ops

from .checks import as_text, check, check_networks, fits, is_pipeline
from .inputs import CheckedModel, pair, peek, unpack


@keras.saving.register_keras_serializable("aelib")
class MeanOverBatch(keras.losses.Loss):
    """The mean of a (batch,) vector of losses, as Keras weighs and distributes it; `ops.mean` would do neither."""

    def call(self, y_true, y_pred):
        """The losses as they are."""
        return y_pred


def with_condition(network, x, condition):
    """What `network` takes: x, or x and the condition if it has two inputs."""
    return [x, condition] if len(network.inputs) == 2 else x


def slices(arrays, start, stop):
    """The same examples of each array in a structure; None stays None."""
    return keras.tree.map_structure(lambda a: a[start:stop], arrays, none_is_leaf=False)


def which_weights(sample_weight, target):
    """Keras's weights as a pair: (batch,) for the examples, and of the target's shape for their values; None if not."""
    if sample_weight is None:
        return None, None
    if getattr(sample_weight.shape, "rank", 0) is None:  # what TensorFlow's compiled step says
        raise ValueError("sample_weight has another number of axes than in the call before: compile the model again.")
    found, shape = tuple(sample_weight.shape[1:]), tuple(target.shape[1:])
    if found and fits(found, shape):
        return None, sample_weight
    if found in ((), (1,)):
        return ops.reshape(sample_weight, (-1,)), None
    raise ValueError(f"sample_weight must have shape (n,) or (n, {as_text(shape)}), not (n, {as_text(found)}).")


def scalar(name, doc):
    """A property over the weight `_name`: `model.name = 0.5` changes it, `model.name.assign(0.5)` does the same."""
    weight = f"_{name}"
    return property(
        lambda self: getattr(self, weight), lambda self, value: getattr(self, weight).assign(value), doc=doc
    )


class Function(keras.Model):
    """A function of a batch as a Keras model, so that `predict` compiles it and splits arrays into batches."""

    def __init__(self, model, function):
        super().__init__()
        self.model, self.function = model, function

    def call(self, inputs):
        """The function."""
        return self.function(inputs)


class Base(CheckedModel):
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

    # In a step of a training or an evaluation `call` gives what the loss needs; elsewhere the reconstruction.
    @contextlib.contextmanager
    def in_step(self):
        """A count and no flag: MirroredStrategy runs the steps of several devices within each other."""
        self.steps += 1
        try:
            yield
        finally:
            self.steps -= 1

    def train_step(self, *args):
        """Keras's own, on each backend."""
        with self.in_step():
            return super().train_step(*args)

    def test_step(self, *args):
        """Keras's own, on each backend."""
        with self.in_step():
            return super().test_step(*args)

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
        x, condition = pair(inputs)
        h = self.encoder(with_condition(self.encoder, x, condition), training=training)
        z = self.point(h)
        output = self.decoder(with_condition(self.decoder, z, condition), training=training)
        return self.likelihood.mean(ops.cast(output, "float32"))

    def average(self, costs, sample_weight=None):
        """The loss from {name: (batch,) nats}: each tracked by name, their sum averaged, penalties of layers added."""
        weight = 1.0 if sample_weight is None else ops.cast(sample_weight, "float32")
        for tracker in self.trackers:  # weighed as a loss is, not as a metric, so that the terms add up to the loss
            tracker.update_state(weight * costs[tracker.name])
        each = sum(costs.values())
        loss = MeanOverBatch()(each, each, sample_weight)
        return loss + super().compute_loss() if self.losses else loss

    def compute_metrics(self, x, y, y_pred, sample_weight=None):
        """Keras's own; the metrics given to `compile` are measured on the reconstruction."""
        y_pred = y_pred.get("reconstruction") if isinstance(y_pred, dict) else y_pred
        return super().compute_metrics(x, pair(x)[0] if y is None else y, y_pred, sample_weight)

    def export(self, filepath, *args, **kwargs):
        """Keras's `export`: the file's model gives reconstructions, the same at every call."""
        specs = [keras.InputSpec(dtype=i.dtype, shape=i.shape) for i in self.encoder.inputs]
        if self.condition_shape and len(specs) == 1:
            specs.append(keras.InputSpec(dtype="float32", shape=(None, *self.condition_shape)))
        kwargs.setdefault("input_signature", specs if len(specs) == 1 else [specs])
        return super().export(filepath, *args, **kwargs)

    def batches(self, x, y=None, condition=None, batch_size=256):
        """Checked batches of arrays or of a pipeline, as tensors: pairs (inputs, y), y None if there is no target."""
        if is_pipeline(x):
            _, whole = peek(x, "x", y, condition)
            found = (self.check_data(*unpack(batch)[:2], name="a batch of x")[:2] for batch in whole)
        else:
            inputs, y, _ = self.check_data(x, y, None, condition)
            found = (slices((inputs, y), i, i + batch_size) for i in range(0, pair(inputs)[0].shape[0], batch_size))
        for batch in found:
            yield keras.tree.map_structure(lambda a: ops.convert_to_tensor(a, "float32"), batch, none_is_leaf=False)

    def encode(self, x, condition=None, batch_size=256):
        """Codes of the examples: (n, ...) to (n, latent_dim), NumPy. With a condition if the encoder takes one."""
        if is_pipeline(x):
            _, whole = peek(x, "x", condition)
            return np.concatenate([self.encode(*pair(unpack(batch)[0]), batch_size) for batch in whole])
        if condition is None and len(self.encoder.inputs) == 1 and not isinstance(x, (tuple, list)):
            x = check(x, self.encoder.inputs[0].shape[1:], self.input_limits)  # only the decoder would need it
        else:
            x, condition = pair(self.check_inputs(x, condition))
        h = self.encoder.predict(with_condition(self.encoder, x, condition), batch_size, verbose=0)
        return ops.convert_to_numpy(self.point(ops.cast(h, "float32")))

    def decode(self, z, condition=None, batch_size=256):
        """Examples from codes: (n, latent_dim) to (n, ...), NumPy."""
        z = check(z, self.decoder.inputs[0].shape[1:], name="z")
        condition = self.check_condition(condition, z.shape[0], len(self.decoder.inputs) == 2)
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

    def get_config(self):
        """What Keras writes into a `.keras` file beside the weights."""
        parts = {name: keras.saving.serialize_keras_object(getattr(self, name)) for name in self.parts}
        return {**super().get_config(), **parts}

    @classmethod
    def from_config(cls, config):
        """The model that `get_config` described, without its weights."""
        parts = {name: keras.saving.deserialize_keras_object(config[name]) for name in cls.parts}
        return cls(**{**config, **parts})
