"""Models: what joins an encoder and a decoder and trains them."""

import keras
import numpy as np
from keras import ops

from .checks import check_batch, check_labels, check_posterior, check_sizes
from .layers import FactorizedPrior, RoundingNoise, Sampling
from .losses import LIKELIHOODS, MeanOverBatch, gaussian_kl


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


@keras.saving.register_keras_serializable("aelib")
class DenoisingAutoencoder(Autoencoder):
    """An autoencoder that gets spoiled images and must give back the clean ones.

    Args:
        encoder, decoder: as for `Autoencoder`, and so is `likelihood`, by name.
        corruption: a layer that spoils a batch of images, such as `aelib.layers.GaussianNoise(0.2)` or Keras's
            `Dropout`. It is called with `training=True`, so that losses of held-out images are those of denoising.

    `fit`, `evaluate` and `score` take clean images and spoil them; `encode` and `reconstruct` take images that are
    noisy already. In nats per image.

    Example:
        >>> import numpy as np
        >>> from aelib import dense_decoder, dense_encoder
        >>> from aelib.layers import GaussianNoise
        >>> x = np.random.default_rng(0).random((8, 6, 5, 1)).astype("float32")
        >>> model = DenoisingAutoencoder(dense_encoder((6, 5, 1), 2), dense_decoder(2, (6, 5, 1)), GaussianNoise(0.2))
        >>> model.compile("adam")
        >>> history = model.fit(x, verbose=0)
        >>> model.reconstruct(x).shape
        (8, 6, 5, 1)

    Source: Vincent, Larochelle, Bengio and Manzagol (2008), Extracting and composing robust features with
    denoising autoencoders.
    """

    def __init__(self, encoder, decoder, corruption, **kwargs):
        super().__init__(encoder, decoder, **kwargs)
        self.corruption = corruption

    def call(self, x, training=False):
        """One pass over spoiled images, (batch, ...) to a dict with the decoder's output."""
        return super().call(self.corruption(x, training=True), training=training)

    def get_config(self):
        """What Keras writes into a `.keras` file beside the weights."""
        corruption = keras.saving.serialize_keras_object(self.corruption)
        return {**super().get_config(), "corruption": corruption}

    @classmethod
    def from_config(cls, config):
        """The model that `get_config` described, without its weights."""
        corruption = keras.saving.deserialize_keras_object(config["corruption"])
        return super().from_config({**config, "corruption": corruption})


@keras.saving.register_keras_serializable("aelib")
class VAE(Autoencoder):
    """A variational autoencoder: an encoder of distributions, a prior over codes, so that it can draw new examples.

    Args:
        encoder: a model from (batch, ...) to (batch, 2 * latent_dim): the means of the code's Gaussians, then the
            natural logarithms of their variances.
        decoder, likelihood: as for `Autoencoder`.
        beta: the weight of the KL divergence; 1 makes the loss minus the ELBO. It is a weight of the model that is
            not trained, so it is saved, and `assign` can change it during a training.

    Its terms, in nats per image: "reconstruction" and "kl", which is beta times the divergence.

    Raises:
        ValueError: the encoder does not give two numbers for each that the decoder takes.

    Example:
        >>> import numpy as np
        >>> from aelib import dense_decoder, dense_encoder
        >>> x = np.random.default_rng(0).random((8, 6, 5, 1)).astype("float32")
        >>> model = VAE(dense_encoder((6, 5, 1), 2 * 3), dense_decoder(3, (6, 5, 1)), likelihood="bernoulli")
        >>> model.compile("adam")
        >>> history = model.fit(x, verbose=0)
        >>> model.encode(x).shape, model.sample(4, seed=0).shape, model.iwae(x, samples=5).shape
        ((8, 3), (4, 6, 5, 1), (8,))

    Sources: Kingma and Welling (2014), Auto-encoding variational Bayes; Rezende, Mohamed and Wierstra (2014),
    Stochastic backpropagation and approximate inference in deep generative models.
    """

    terms = ("reconstruction", "kl")
    classes = 0  # how many labels the decoder is told apart; none here

    def __init__(self, encoder, decoder, beta=1.0, **kwargs):
        super().__init__(encoder, decoder, **kwargs)
        check_posterior(encoder.output_shape, decoder.input_shape, self.classes)
        self.sampling = Sampling()
        start = keras.initializers.Constant(beta)
        self.beta = self.add_weight((), start, trainable=False)

    def call(self, x, training=False):
        """One pass, (batch, ...) to a dict with the decoder's output and the code's mean and log_var."""
        mean, log_var = ops.split(self.encoder(x, training=training), 2, axis=-1)
        z = self.sampling((mean, log_var))
        return {"output": self.decoder(z, training=training), "mean": mean, "log_var": log_var}

    def loss_terms(self, x, result):
        """The reconstruction, and beta times the divergence: (batch,) nats each."""
        kl = gaussian_kl(result["mean"], result["log_var"])
        return {**super().loss_terms(x, result), "kl": self.beta * kl}

    def encode(self, x, batch_size=256):
        """Means of the codes, (n, ...) to (n, latent_dim), NumPy."""
        return np.split(super().encode(x, batch_size), 2, axis=-1)[0]

    def sample(self, n, seed=None):
        """Draw codes from the prior and decode them: (n, ...), NumPy. The same seed draws the same codes."""
        check_sizes(n=n)
        z = np.random.default_rng(seed).standard_normal((n, *self.decoder.input_shape[1:]))
        return self.decode(z.astype("float32"))

    def iwae(self, x, samples=100, batch_size=500):
        """The importance-weighted bound: at least -log p(x) on average, and closer to it with more samples.

        Args:
            x: (n, ...) examples.
            samples: how many codes to draw for each; with 1 it is minus the ELBO, estimated from one code.

        Returns:
            (n,) nats, NumPy. For a Bernoulli likelihood these are all of -log p(x), for a Gaussian one the constant
            that the loss leaves out is missing here, too.

        Source: Burda, Grosse and Salakhutdinov (2016), Importance weighted autoencoders.
        """
        self.check(x)
        check_sizes(samples=samples)
        nll, _ = LIKELIHOODS[self.likelihood]
        bounds = []
        for start in range(0, len(x), batch_size):
            batch = ops.convert_to_tensor(x[start : start + batch_size])
            mean, log_var = ops.split(self.encoder(batch), 2, axis=-1)
            log_weights = []
            for _ in range(samples):
                z = self.sampling((mean, log_var))
                log_prior = -0.5 * ops.sum(ops.square(z), axis=-1)
                log_posterior = -0.5 * ops.sum(ops.square(z - mean) / ops.exp(log_var) + log_var, axis=-1)
                log_weights.append(log_prior - log_posterior - nll(batch, self.decoder(z)))
            bound = np.log(samples) - ops.logsumexp(ops.stack(log_weights), axis=0)
            bounds.append(ops.convert_to_numpy(bound))
        return np.concatenate(bounds)

    def get_config(self):
        """What Keras writes into a `.keras` file beside the weights."""
        return {**super().get_config(), "beta": float(self.beta)}


@keras.saving.register_keras_serializable("aelib")
class ConditionalVAE(VAE):
    """A variational autoencoder whose decoder is told the label, so that it draws examples of the class asked for.

    Args:
        encoder: as for `VAE`; it sees the example alone.
        decoder: a model from (batch, latent_dim + classes) to (batch, ...); its input is the code and after it the
            label as zeros and a one.
        classes: how many labels there are, from 0 to classes - 1.

    Labels are integers (n,). Train with `fit(x, labels)`; the loss is minus the ELBO of log p(x | label).

    Example:
        >>> import numpy as np
        >>> from aelib import dense_decoder, dense_encoder
        >>> x, labels = np.random.default_rng(0).random((8, 6, 5, 1)).astype("float32"), np.arange(8) % 2
        >>> model = ConditionalVAE(dense_encoder((6, 5, 1), 2 * 3), dense_decoder(3 + 2, (6, 5, 1)), classes=2)
        >>> model.compile("adam")
        >>> history = model.fit(x, labels, verbose=0)
        >>> model.sample([0, 0, 1], seed=0).shape, model.decode(model.encode(x), 1 - labels).shape
        ((3, 6, 5, 1), (8, 6, 5, 1))

    Sources: Kingma, Rezende, Mohamed and Welling (2014), Semi-supervised learning with deep generative models;
    Sohn, Lee and Yan (2015), Learning structured output representation using deep conditional generative models.
    """

    def __init__(self, encoder, decoder, classes, **kwargs):
        check_sizes(classes=classes)
        self.classes = classes
        super().__init__(encoder, decoder, **kwargs)

    def join(self, z, labels):
        """Codes with their labels, (batch, latent_dim) and (batch,) to (batch, latent_dim + classes)."""
        return ops.concatenate([z, ops.one_hot(labels, self.classes, dtype="float32")], axis=-1)

    def call(self, inputs, training=False):
        """One pass, a pair of examples and labels to a dict with the decoder's output, and the mean and log_var."""
        x, labels = inputs
        mean, log_var = ops.split(self.encoder(x, training=training), 2, axis=-1)
        z = self.join(self.sampling((mean, log_var)), labels)
        return {"output": self.decoder(z, training=training), "mean": mean, "log_var": log_var}

    def loss_terms(self, inputs, result):
        """As for `VAE`; `inputs` is a pair of examples and labels."""
        return super().loss_terms(inputs[0], result)

    def check(self, x, name="x"):
        """Refuse what the network cannot take, in words; `x` may be a pair of examples and labels."""
        if isinstance(x, tuple):
            x, labels = x
            check_labels(labels, len(x), self.classes)
        return super().check(x, name)

    def fit(self, x, labels, *args, validation_data=None, **kwargs):
        """Keras's `fit`, after a look at the arrays. `validation_data` is a pair of examples and labels."""
        if validation_data is not None:
            kwargs["validation_data"] = (validation_data, None)
        return super().fit((x, labels), None, *args, **kwargs)

    def decode(self, z, labels, batch_size=256):
        """Codes and labels to examples: (n, latent_dim) and (n,) to (n, ...), NumPy."""
        check_labels(labels, len(z), self.classes)
        return super().decode(ops.convert_to_numpy(self.join(z, labels)), batch_size)

    def reconstruct(self, x, labels, batch_size=256):
        """Encode, then decode with the same labels: (n, ...) and (n,) to (n, ...), NumPy."""
        return self.decode(self.encode(x, batch_size), labels, batch_size)

    def score(self, x, labels, batch_size=256):
        """The loss of each example with its label: (n, ...) and (n,) to (n,) nats, NumPy."""
        self.check((x, labels))
        batches = [(x[i : i + batch_size], labels[i : i + batch_size]) for i in range(0, len(x), batch_size)]
        totals = [sum(self.loss_terms(batch, self(batch)).values()) for batch in batches]
        return np.concatenate([ops.convert_to_numpy(total) for total in totals])

    def sample(self, labels, seed=None):
        """Draw an example for each label: (n,) to (n, ...), NumPy. The same seed draws the same codes."""
        size = len(labels), self.decoder.input_shape[-1] - self.classes
        return self.decode(np.random.default_rng(seed).standard_normal(size).astype("float32"), labels)

    def iwae(self, *args, **kwargs):
        """Not offered: `VAE.iwae` would decode codes without a label. `score` gives minus the ELBO."""
        raise NotImplementedError("ConditionalVAE has no iwae, as its decoder needs labels: use score(x, labels).")

    def get_config(self):
        """What Keras writes into a `.keras` file beside the weights."""
        return {**super().get_config(), "classes": self.classes}
