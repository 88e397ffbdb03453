"""Models: what joins an encoder and a decoder and trains them."""

import keras
import numpy as np
from keras import ops

from .checks import check_batch
from .layers import FactorizedPrior, RoundingNoise
from .losses import LIKELIHOODS, MeanOverBatch


@keras.saving.register_keras_serializable("aelib")
class Autoencoder(keras.Model):
    """An encoder and a decoder, trained to give back what came in.

    Args:
        encoder: a model from (batch, ...) to (batch, latent_dim).
        decoder: a model from (batch, latent_dim) to (batch, ...).
        likelihood: "sigmoid_gaussian" (squared error) or "bernoulli" (cross-entropy) for values in
            [0, 1], "gaussian" (squared error) for any real values. It owns the loss and the inverse link that
            turns the decoder's output into an image.

    Train with `compile("adam")` and `fit(x)`; no targets are needed. The loss is in nats per image.
    A model derived from this one changes `call` and `loss_terms`, and names its `terms`.

    Example:
        >>> import numpy as np
        >>> from aelib import dense_decoder, dense_encoder
        >>> x = np.random.default_rng(0).random((8, 6, 5, 1)).astype("float32")
        >>> model = Autoencoder(dense_encoder((6, 5, 1), 2), dense_decoder(2, (6, 5, 1)))
        >>> model.compile("adam")
        >>> history = model.fit(x, verbose=0)
        >>> model.encode(x).shape, model.reconstruct(x).shape, model.score(x).shape
        ((8, 2), (8, 6, 5, 1), (8,))

    Source: Hinton and Salakhutdinov (2006), Reducing the dimensionality of data with neural networks.
    """

    terms = ("reconstruction",)

    def __init__(self, encoder, decoder, likelihood="sigmoid_gaussian", **kwargs):
        super().__init__(**kwargs)
        if likelihood not in LIKELIHOODS:
            raise ValueError(f"No likelihood {likelihood!r}. There are: {', '.join(LIKELIHOODS)}.")
        self.encoder, self.decoder, self.likelihood = encoder, decoder, likelihood
        self.trackers = [keras.metrics.Mean(name=term) for term in self.terms]

    def call(self, x, training=False):
        """One pass, (batch, ...) to a dict with the decoder's output."""
        z = self.encoder(x, training=training)
        return {"output": self.decoder(z, training=training)}

    def loss_terms(self, x, result):
        """The loss of each example, (batch,) nats for each term, from `call`'s result."""
        nll, _ = LIKELIHOODS[self.likelihood]
        return {"reconstruction": nll(x, result["output"])}

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        """The sum of the loss terms, mean over the batch. The target is `y` if there is one, else `x`."""
        terms = self.loss_terms(x if y is None else y, y_pred)
        for tracker in self.trackers:
            tracker.update_state(terms[tracker.name], sample_weight)
        total = sum(terms.values())
        return MeanOverBatch()(total, total, sample_weight) + sum(self.losses)

    def fit(self, x=None, y=None, *args, **kwargs):
        """Keras's `fit`, after a look at the arrays. Needs no `y`."""
        self.check(x)
        if y is not None:
            self.check(y, "y")
        if kwargs.get("validation_data") is not None:
            held_out = kwargs["validation_data"]
            self.check(held_out[0] if isinstance(held_out, tuple) else held_out, "validation_data")
        return super().fit(x, y, *args, **kwargs)

    def check(self, x, name="x"):
        """Raise a ValueError, in words, if `x` is not a batch that this model can take."""
        limits = (-100, 100) if self.likelihood == "gaussian" else (0, 1)
        return check_batch(x, self.encoder.input_shape[1:], limits, name)

    def encode(self, x, batch_size=256):
        """Codes of the examples: (n, ...) to (n, latent_dim), NumPy."""
        return self.encoder.predict(self.check(x), batch_size, verbose=0)

    def decode(self, z, batch_size=256):
        """Images from codes: (n, latent_dim) to (n, ...), NumPy."""
        check_batch(z, self.decoder.input_shape[1:], name="z")
        _, inverse_link = LIKELIHOODS[self.likelihood]
        return ops.convert_to_numpy(inverse_link(self.decoder.predict(z, batch_size, verbose=0)))

    def reconstruct(self, x, batch_size=256):
        """Encode, then decode: (n, ...) to (n, ...), NumPy."""
        return self.decode(self.encode(x, batch_size), batch_size)

    def score(self, x, batch_size=256):
        """The loss of each example: (n, ...) to (n,) nats, NumPy. High means badly explained."""
        self.check(x)
        batches = [x[i : i + batch_size] for i in range(0, len(x), batch_size)]
        totals = [sum(self.loss_terms(batch, self(batch)).values()) for batch in batches]
        return np.concatenate([ops.convert_to_numpy(total) for total in totals])

    def get_config(self):
        """What Keras writes into a `.keras` file beside the weights."""
        networks = {"encoder": self.encoder, "decoder": self.decoder}
        saved = {name: keras.saving.serialize_keras_object(network) for name, network in networks.items()}
        return {**super().get_config(), **saved, "likelihood": self.likelihood}

    @classmethod
    def from_config(cls, config):
        """The model that `get_config` described, without its weights."""
        networks = {name: keras.saving.deserialize_keras_object(config[name]) for name in ("encoder", "decoder")}
        return cls(**{**config, **networks})


@keras.saving.register_keras_serializable("aelib")
class CompressiveAutoencoder(Autoencoder):
    """An autoencoder whose codes are integers and whose loss adds what they cost in a file: L = R + lambda D.

    Args:
        encoder, decoder: as for `Autoencoder`, and so is `likelihood`, by name.
        distortion_weight: lambda, how many nats of code one nat of reconstruction error is worth. It is a
            weight of the model that is not trained, so it is saved, and `assign` can change it between trainings.

    Its terms, in nats per image: "reconstruction", which is lambda times the negative log-likelihood, and "rate".

    Example:
        >>> import numpy as np
        >>> from aelib import codec, dense_decoder, dense_encoder
        >>> x = np.random.default_rng(0).random((8, 6, 5, 1)).astype("float32")
        >>> model = CompressiveAutoencoder(dense_encoder((6, 5, 1), 2), dense_decoder(2, (6, 5, 1)))
        >>> model.compile("adam")
        >>> history = model.fit(x, verbose=0)
        >>> tables = model.prior.tables()
        >>> data = codec.compress(model.encode(x), tables)
        >>> model.decode(codec.decompress(data, tables)).shape
        (8, 6, 5, 1)

    Sources: Ballé, Laparra and Simoncelli (2017), End-to-end optimized image compression; Theis, Shi,
    Cunningham and Huszár (2017), Lossy image compression with compressive autoencoders.
    """

    terms = ("reconstruction", "rate")

    def __init__(self, encoder, decoder, distortion_weight=100.0, **kwargs):
        super().__init__(encoder, decoder, **kwargs)
        self.rounding, self.prior = RoundingNoise(), FactorizedPrior()
        start = keras.initializers.Constant(distortion_weight)
        self.distortion_weight = self.add_weight((), start, trainable=False)

    def call(self, x, training=False):
        """One pass, (batch, ...) to a dict with the decoder's output and the (batch,) rate."""
        z = self.rounding(self.encoder(x, training=training), training=training)
        return {"output": self.decoder(z, training=training), "rate": self.prior(z)}

    def loss_terms(self, x, result):
        """Lambda times the reconstruction, and the rate: (batch,) nats each."""
        distortion = super().loss_terms(x, result)["reconstruction"]
        return {"reconstruction": self.distortion_weight * distortion, "rate": result["rate"]}

    def encode(self, x, batch_size=256):
        """Integer codes of the examples, (n, ...) to (n, latent_dim) int32, NumPy; none beyond the prior's limit."""
        z = np.rint(super().encode(x, batch_size))
        return np.clip(z, -self.prior.limit, self.prior.limit).astype("int32")

    def get_config(self):
        """What Keras writes into a `.keras` file beside the weights."""
        weight = float(self.distortion_weight)
        return {**super().get_config(), "distortion_weight": weight}
