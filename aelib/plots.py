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


def network(encoder, decoder):
    """Draw an autoencoder from top to bottom: a bar for each layer with weights, and for what resizes without any.

    A bar's width is the square root of how many numbers leave the layer. At its left stands the layer, at its right
    the shape of what leaves it and the layer's parameters. Reshaping is not drawn. Readable on a page of 330 pixels.

    Args:
        encoder, decoder: built Keras models, functional or sequential, dense or convolutional. Inputs of the
            decoder other than the code, such as a condition, have a bar as well.

    Returns:
        A Matplotlib figure.

    Raises:
        ValueError: a network has no inputs yet, or their size is left open.
    """
    import matplotlib.pyplot as plt

    boxes = [*_boxes("encoder", encoder), *_boxes("decoder", decoder)]
    last = sum(box["part"] == "encoder" for box in boxes) - 1
    colors = {"input": "0.5", "encoder": "#0072B2", "code": "#D55E00", "decoder": "#009E73"}
    widest = max(np.sqrt(np.prod(box["shape"])) for box in boxes)
    figure, ax = plt.subplots(figsize=(5, 0.3 * len(boxes) + 0.1))
    for row, box in enumerate(boxes):
        kind = "code" if row == last else "input" if box["input"] else box["part"]
        name = f"code: {box['name']}" if row == last else box["name"]
        width = np.sqrt(np.prod(box["shape"])) / widest
        ax.barh(row, width, 0.35, left=-width / 2, color=colors[kind])
        ax.text(-0.6, row, name, ha="right", va="center")
        ax.text(0.6, row, " × ".join(map(str, box["shape"])), va="center")
        ax.text(2.4, row, f"{box['parameters']:,}" if box["parameters"] else "", ha="right", va="center")
    ax.set(xlim=(-1.9, 2.4), ylim=(len(boxes) - 0.5, -0.5))
    ax.axis("off")
    return figure


def _boxes(part, model):
    """What `network` draws of a model: a list of dicts with part, name, shape, parameters, input."""
    if not getattr(model, "inputs", None):
        raise ValueError(f"The {part} has no inputs yet: make it functional, or begin it with a keras.Input.")
    if None in model.inputs[0].shape[1:]:
        raise ValueError(f"The size of the {part}'s input is left open: build it for one size to draw it.")
    inputs = list(model.inputs)[0 if part == "encoder" else 1 :]  # the decoder's first one is the code
    boxes = [_box(part, "input", tensor.shape) for tensor in inputs]
    values = int(np.prod(model.inputs[0].shape[1:]))
    for layer in model.layers:
        kind, shape = type(layer).__name__, tuple(layer.output.shape[1:])
        if kind == "InputLayer":
            continue
        resized, values = np.prod(shape) != values, int(np.prod(shape))
        if resized or layer.count_params():
            boxes.append(_box(part, _label(layer), (None, *shape), layer.count_params()))
        elif boxes:
            if kind == "Activation":
                boxes[-1]["name"] += f", {layer.activation.__name__}"
            if len(shape) > len(boxes[-1]["shape"]):  # (784,) says less than (28, 28, 1)
                boxes[-1]["shape"] = shape
    return boxes


def _box(part, name, shape, parameters=0):
    return {"part": part, "name": name, "shape": tuple(shape[1:]), "parameters": parameters, "input": name == "input"}


def _label(layer):
    """The layer's kind, and its activation if it has one that is not linear."""
    kind = {"Conv2DTranspose": "Conv2DTransp.", "Conv1DTranspose": "Conv1DTransp."}.get(
        type(layer).__name__, type(layer).__name__
    )
    activation = getattr(getattr(layer, "activation", None), "__name__", "linear")
    return kind if activation == "linear" else f"{kind}, {activation}"
