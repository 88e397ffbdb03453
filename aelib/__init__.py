"""aelib: just the code that The Autoencoder Book has taught."""

from .data import Dataset, Series, load, load_series
from .losses import LIKELIHOODS, MeanOverBatch, bernoulli_nll, gaussian_kl, gaussian_nll, sigmoid_gaussian_nll
from .models import VAE, Autoencoder, CompressiveAutoencoder, ConditionalVAE, DenoisingAutoencoder
from .networks import conv_decoder, conv_encoder, dense_decoder, dense_encoder
from .report import ClaimError, Stopwatch, mean_sd, report

__version__ = "0.1.0"
__all__ = [
    "LIKELIHOODS",
    "VAE",
    "Autoencoder",
    "ClaimError",
    "CompressiveAutoencoder",
    "ConditionalVAE",
    "Dataset",
    "DenoisingAutoencoder",
    "MeanOverBatch",
    "Series",
    "Stopwatch",
    "bernoulli_nll",
    "conv_decoder",
    "conv_encoder",
    "dense_decoder",
    "dense_encoder",
    "gaussian_kl",
    "gaussian_nll",
    "load",
    "load_series",
    "mean_sd",
    "report",
    "sigmoid_gaussian_nll",
]
