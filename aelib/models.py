"""Models: what joins an encoder and a decoder and trains them."""

import keras
from keras import ops

from .base import Base, scalar, which_weights, with_condition
from .checks import check_sizes
from .inputs import pair
from .layers import RoundingNoise, Sampling
from .likelihoods import get_likelihood
from .priors import FactorizedPrior, StandardNormal


@keras.saving.register_keras_serializable("aelib")
class Autoencoder(Base):
    """An encoder and a decoder, trained to give back what came in.

    Args:
        encoder: a functional model from (batch, ...) to (batch, latent_dim).
        decoder: a functional model from (batch, latent_dim) to (batch, ...). A second input of one or both is a
            condition, (batch, ...).
        likelihood: "sigmoid_gaussian" (squared error), "bernoulli" (cross-entropy), "laplace" (absolute error) or
            "learned_sigmoid_gaussian" for values in [0, 1]; "gaussian" or "learned_gaussian" for any real values; or
            an object of one's own. It owns the loss and what turns the decoder's output into data.
        corruption: a layer that spoils the input where the loss is measured, such as `aelib.layers.GaussianNoise(0.2)`;
            it is called with `training=True`, so that losses of held-out data are those of denoising.

    Train with `compile("adam")` and `fit(x)`; no targets are needed. The loss is in nats per example.
    The model itself, `predict` and an exported file give the reconstruction. A model derived from this one changes
    `code`, perhaps `point`, and names its `terms`.

    Example:
        >>> import numpy as np
        >>> from aelib import dense_decoder, dense_encoder
        >>> x = np.random.default_rng(0).random((8, 6, 5, 1)).astype("float32")
        >>> model = Autoencoder(dense_encoder((6, 5, 1), 2), dense_decoder(2, (6, 5, 1)))
        >>> model.compile("adam")
        >>> history = model.fit(x, verbose=0)
        >>> model.encode(x).shape, model.reconstruct(x).shape, model.score(x).shape
        ((8, 2), (8, 6, 5, 1), (8,))

    Sources: Hinton and Salakhutdinov (2006), Reducing the dimensionality of data with neural networks; for the
    corruption Vincent, Larochelle, Bengio and Manzagol (2008), Extracting and composing robust features with
    denoising autoencoders.
    """

    terms = ("reconstruction",)

    def __init__(self, encoder, decoder, *, likelihood="sigmoid_gaussian", corruption=None, **kwargs):
        super().__init__(**kwargs)
        self.assemble(encoder, decoder)
        self.likelihood, self.corruption = get_likelihood(likelihood), corruption

    def code(self, h, training=False):
        """From the encoder's output to codes, and what they cost: {name: (batch,) nats}."""
        return h, {}

    def point(self, h):
        """The one code that stands for an example, without noise."""
        return h

    def forward(self, inputs, training=False):
        """One pass as the loss sees it: a dict with the decoder's output and the costs of the codes."""
        x, condition = pair(inputs)
        if self.corruption is not None:
            x = self.corruption(x, training=True)
        h = self.encoder(with_condition(self.encoder, x, condition), training=training)
        z, costs = self.code(h, training)
        output = self.decoder(with_condition(self.decoder, z, condition), training=training)
        return {"output": output, **costs}

    def costs(self, inputs, y, result, weight=None):
        """What each example costs, {name: (batch,) nats}. The target is `y` if there is one, else the input."""
        target = pair(inputs)[0] if y is None else y
        nll = self.likelihood.nll(target, result["output"], weight)
        others = {term: result[term] for term in self.terms[1:]}
        return {"reconstruction": nll, **others}

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        """Called by Keras: the sum of the costs, averaged over the batch."""
        result = y_pred if isinstance(y_pred, dict) else self.forward(x, training)
        examples, values = which_weights(sample_weight, pair(x)[0] if y is None else y)
        return self.average(self.costs(x, y, result, values), examples)


@keras.saving.register_keras_serializable("aelib")
class CompressiveAutoencoder(Autoencoder):
    """An autoencoder whose codes are integers and whose loss adds what they cost in a file: L = R + lambda D.

    Args:
        encoder, decoder, likelihood, corruption: as for `Autoencoder`. Codes may have height and width.
        distortion_weight: lambda, how many nats of code one nat of reconstruction error is worth.
            `model.distortion_weight = 200` changes it, and it is saved.

    Its terms, in nats per example: "reconstruction", which is lambda times the negative log-likelihood, and "rate".

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
    distortion_weight = scalar("distortion_weight", "Nats of code that a nat of reconstruction error is worth.")

    def __init__(self, encoder, decoder, *, distortion_weight=100.0, **kwargs):
        super().__init__(encoder, decoder, **kwargs)
        self.rounding, self.prior = RoundingNoise(), FactorizedPrior(decoder.inputs[0].shape[-1])
        start = keras.initializers.Constant(distortion_weight)
        self._distortion_weight = self.add_weight((), start, trainable=False, autocast=False)

    def code(self, h, training=False):
        """Codes rounded, or with noise in training, and what the prior says that they cost."""
        z = self.rounding(h, training=training)
        return z, {"rate": self.prior(z)}

    def point(self, h):
        """The nearest integers, none beyond the prior's limit."""
        return ops.clip(ops.round(ops.cast(h, "float32")), -self.prior.limit, self.prior.limit)

    def costs(self, inputs, y, result, weight=None):
        """Lambda times the reconstruction, and the rate: (batch,) nats each."""
        costs = super().costs(inputs, y, result, weight)
        return {**costs, "reconstruction": self.distortion_weight * costs["reconstruction"]}

    def encode(self, x, condition=None, batch_size=256):
        """Integer codes of the examples: (n, ...) to (n, ..., channels) int32, NumPy."""
        return super().encode(x, condition, batch_size).astype("int32")

    def get_config(self):
        """What Keras writes into a `.keras` file beside the weights."""
        return {**super().get_config(), "distortion_weight": float(self.distortion_weight)}


@keras.saving.register_keras_serializable("aelib")
class VAE(Autoencoder):
    """A variational autoencoder: an encoder of distributions, a prior over codes, so that it can draw new examples.

    Args:
        encoder: as for `Autoencoder`, but to (batch, 2 * latent_dim): the means of the code's Gaussians, then the
            natural logarithms of their variances.
        decoder, corruption: as for `Autoencoder`.
        likelihood: as for `Autoencoder`; for gray or color images one with a learned variance, as by default, for
            black and white "bernoulli", for other values "learned_gaussian".
        prior: a layer with `log_prob`, `kl` and `sample`; the standard normal distribution if None.
        beta: the weight of the KL divergence; 1 makes the loss minus the ELBO. `model.beta = 0.5` changes it, during a
            training as well (`aelib.Anneal`), and it is saved.

    Its terms, in nats per example: "reconstruction" and "kl", which is beta times the divergence.

    Example:
        >>> import numpy as np
        >>> from aelib import dense_decoder, dense_encoder
        >>> x = np.random.default_rng(0).random((8, 6, 5, 1)).astype("float32")
        >>> model = VAE(dense_encoder((6, 5, 1), 2 * 3), dense_decoder(3, (6, 5, 1)))
        >>> model.compile("adam")
        >>> history = model.fit(x, verbose=0)
        >>> model.encode(x).shape, model.sample(4, seed=0).shape
        ((8, 3), (4, 6, 5, 1))

    Sources: Kingma and Welling (2014), Auto-encoding variational Bayes; Rezende, Mohamed and Wierstra (2014),
    Stochastic backpropagation and approximate inference in deep generative models.
    """

    terms = ("reconstruction", "kl")
    parts = (*Autoencoder.parts, "prior")
    numbers_per_code = 2  # a mean and a log variance
    beta = scalar("beta", "The weight of the KL divergence.")

    def __init__(self, encoder, decoder, *, likelihood="learned_sigmoid_gaussian", prior=None, beta=1.0, **kwargs):
        super().__init__(encoder, decoder, likelihood=likelihood, **kwargs)
        self.sampling = Sampling()
        self.prior = prior or StandardNormal(decoder.inputs[0].shape[1:])
        self._beta = self.add_weight((), keras.initializers.Constant(beta), trainable=False, autocast=False)

    def posterior(self, h):
        """Mean and log variance of the codes; the latter stays within -20 and 10, whatever the encoder says."""
        mean, log_var = ops.split(ops.cast(h, "float32"), 2, axis=-1)
        return mean, 10.0 - ops.softplus(30.0 - ops.softplus(log_var + 20.0))

    def code(self, h, training=False):
        """Codes drawn from the encoder's distributions, and beta times their divergence from the prior."""
        mean, log_var = self.posterior(h)
        z = self.sampling((mean, log_var))
        return z, {"kl": self.beta * self.prior.kl((mean, log_var), z)}

    def point(self, h):
        """The mean of the code."""
        return self.posterior(h)[0]

    def sample(self, n, *, condition=None, seed=None):
        """Draw codes from the prior and decode them: (n, ...), NumPy. The same seed draws the same codes."""
        check_sizes(n=n)
        return self.decode(ops.convert_to_numpy(self.prior.sample(n, seed)), condition)

    def get_config(self):
        """What Keras writes into a `.keras` file beside the weights."""
        return {**super().get_config(), "beta": float(self.beta)}
