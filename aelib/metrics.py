"""How alike two sets of images are: thin covers over scikit-image, one number per image."""

import numpy as np


def psnr_db(x, reconstruction):
    """Peak signal-to-noise ratio in decibels, -10 log10(MSE) for pixels in [0, 1]; higher is better.

    Args:
        x, reconstruction: (n, height, width, channels), values in [0, 1].

    Returns:
        (n,) decibels; infinite where both are equal.
    """
    from skimage.metrics import peak_signal_noise_ratio

    x, reconstruction = _pair(x, reconstruction)
    with np.errstate(divide="ignore"):
        pairs = zip(x, reconstruction, strict=True)
        return np.array([peak_signal_noise_ratio(a, b, data_range=1) for a, b in pairs])


def ssim(x, reconstruction):
    """Structural similarity, at most 1 (equal images); higher is better.

    Means, variances and covariance in windows of 7 x 7 pixels, averaged over the image.

    Args:
        x, reconstruction: (n, height, width, channels), sides of at least 7, values in [0, 1].

    Returns:
        (n,) values in [-1, 1].

    Source: Wang, Bovik, Sheikh and Simoncelli (2004), Image quality assessment.
    """
    from skimage.metrics import structural_similarity

    x, reconstruction = _pair(x, reconstruction)
    pairs = zip(x, reconstruction, strict=True)
    return np.array([structural_similarity(a, b, data_range=1, channel_axis=-1) for a, b in pairs])


def _pair(x, reconstruction):
    x, reconstruction = np.asarray(x, "float32"), np.asarray(reconstruction, "float32")
    if x.shape != reconstruction.shape or x.ndim != 4 or 0 in x.shape:
        shapes = f"{x.shape} and {reconstruction.shape}"
        raise ValueError(f"Both need one shape (n, height, width, channels), got {shapes}.")
    return x, reconstruction
