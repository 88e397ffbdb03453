"""aelib: just the code that The Autoencoder Book has taught."""

try:
    import keras  # noqa: F401
except ModuleNotFoundError as missing:
    if missing.name.split(".")[0] not in ("tensorflow", "jax", "torch"):
        raise
    raise ImportError(
        f"Keras needs a backend, and {missing.name} is not installed: `pip install tensorflow`; or install jax or "
        "torch, and set the environment variable KERAS_BACKEND to its name before Python starts."
    ) from missing

from .bounds import iwae
from .callbacks import Anneal
from .data import Dataset, Series, load, load_series
from .likelihoods import LIKELIHOODS, Likelihood
from .models import VAE, Autoencoder, CompressiveAutoencoder
from .networks import conv_decoder, conv_encoder, dense_decoder, dense_encoder
from .own_data import load_images, read_image, read_table, split, windows
from .priors import gaussian_kl
from .report import ClaimError, Stopwatch, mean_sd, report
from .tables import Table, load_table

__version__ = "0.2.0"
__all__ = [
    "LIKELIHOODS",
    "VAE",
    "Anneal",
    "Autoencoder",
    "ClaimError",
    "CompressiveAutoencoder",
    "Dataset",
    "Likelihood",
    "Series",
    "Stopwatch",
    "Table",
    "conv_decoder",
    "conv_encoder",
    "dense_decoder",
    "dense_encoder",
    "gaussian_kl",
    "iwae",
    "load",
    "load_images",
    "load_series",
    "load_table",
    "mean_sd",
    "read_image",
    "read_table",
    "report",
    "split",
    "windows",
]
