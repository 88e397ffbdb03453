"""Figures, returned and never shown. Use the book's style with `plt.style.use("aelib.book")`."""

import numpy as np


def image_rows(rows, columns=None):
    """Draw rows of images, each row with its name at the left.

    Args:
        rows: {name: images}, images of shape (n, height, width) or (n, height, width, channels) with
            1 or 3 channels, values in [0, 1]; what lies outside is clipped.
        columns: how many images of each row to draw; as many as the shortest row has, if None.

    Returns:
        A Matplotlib figure.

    Raises:
        ValueError: there is no row, or a row is empty or holds no images.
    """
    import matplotlib.pyplot as plt

    rows = {name: np.asarray(images) for name, images in rows.items()}
    for name, images in rows.items():
        if images.ndim not in (3, 4) or 0 in images.shape or (images.ndim == 4 and images.shape[-1] not in (1, 3)):
            raise ValueError(f"{name!r} needs images (n, height, width, 1 or 3), got shape {images.shape}.")
    if not rows:
        raise ValueError("rows is empty: give at least one row of images.")
    columns = min([len(images) for images in rows.values()] + ([columns] if columns else []))
    figure, axes = plt.subplots(len(rows), columns, figsize=(7, 7 / columns * len(rows)), squeeze=False)
    for (name, images), line in zip(rows.items(), axes, strict=True):
        line[0].set_ylabel(name, rotation=0, ha="right", va="center")
        for image, ax in zip(images, line, strict=False):
            ax.imshow(np.squeeze(image, -1) if image.shape[-1] == 1 else image, cmap="gray", vmin=0, vmax=1)
            ax.set(xticks=[], yticks=[])
            ax.spines[:].set_visible(False)
    return figure
