"""aelib: just the code that The Autoencoder Book has taught."""

from .data import Dataset, load
from .losses import LIKELIHOODS, MeanOverBatch, bernoulli_nll, gaussian_nll, sigmoid_gaussian_nll
from .models import Autoencoder, CompressiveAutoencoder
from .networks import conv_decoder, conv_encoder, dense_decoder, dense_encoder
from .report import ClaimError, Stopwatch, mean_sd, report

__version__ = "0.1.0"
__all__ = [
    "LIKELIHOODS",
    "Autoencoder",
    "ClaimError",
    "CompressiveAutoencoder",
    "Dataset",
    "MeanOverBatch",
    "Stopwatch",
    "bernoulli_nll",
    "conv_decoder",
    "conv_encoder",
    "dense_decoder",
    "dense_encoder",
    "gaussian_nll",
    "load",
    "mean_sd",
    "report",
    "sigmoid_gaussian_nll",
]
