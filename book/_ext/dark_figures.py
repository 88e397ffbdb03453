"""Each figure gets a twin for the dark theme (images.py writes both, the browser loads the one that it shows).

A figure is stored once, on white. Its twin has light ink on the page's dark gray: every color is made as light as it
was dark, and keeps its hue. What is a picture itself (an image in a row of images, a heat map) stays as it is, for
inverted it would be a negative.
"""

import numpy as np
from PIL import Image
from scipy import ndimage

PAGE, INK = 18, 235  # what white and black become: the theme's background, and nearly white
SMALLEST = 14  # pixels: letters are smaller, or not filled


def boxes(ink, closed):
    """Where solid rectangles stand, as pairs of slices: `ink` is True on a share of at least `closed` of their edge."""
    labels, _ = ndimage.label(ink)
    for number, box in enumerate(ndimage.find_objects(labels), 1):
        part = labels[box] == number
        edge = np.concatenate([part[0], part[-1], part[:, 0], part[:, -1]]).mean()
        if min(part.shape) >= SMALLEST and (part.mean() > 0.9 or (part.mean() > 0.35 and edge > closed)):
            yield box


def spans(slices):
    """Slices that overlap, joined."""
    joined = []
    for one in sorted(slices, key=lambda s: s.start):
        if joined and one.start < joined[-1].stop:
            joined[-1] = slice(joined[-1].start, max(joined[-1].stop, one.stop))
        else:
            joined.append(one)
    return joined


def pictures(rgb):
    """True for the pixels of pictures in a figure (height x width x 3, 0 to 255); None if they cannot be told apart."""
    ink, gray = (rgb < 245).any(-1), np.ptp(rgb, axis=-1) < 8
    found = [*boxes(ink & gray, 0.6), *boxes(ink, 0.9)]  # gray images beside colored points; heat maps, photographs
    mask = np.zeros(ink.shape, bool)
    for box in found:
        mask[box] = True
    rows, columns = spans([box[0] for box in found]), spans([box[1] for box in found])
    cells = len(rows) * len(columns)
    if len(found) > 3 * cells:  # images scattered over a chart, some of which touch its points
        return None
    if len(found) >= 0.6 * cells:  # a grid of images: one that is white at its edge has no box
        for row in rows:
            for column in columns:
                mask[row, column] = True
    return mask


def twin(figure):
    """The twin of a figure, both as Pillow's images; None for a figure that stays as it is."""
    rgb = np.asarray(figure.convert("RGB"), np.float32)
    keep = pictures(rgb)
    if keep is None or keep.all():
        return None
    light = (rgb.max(-1, keepdims=True) + rgb.min(-1, keepdims=True)) / 510
    # A plain 1 - light would leave pink and sky blue too dark to read; the power lifts them.
    turned = np.clip(rgb + 255 * ((1 - light) ** 0.75 - light), 0, 255)
    turned = PAGE + turned * (INK - PAGE) / 255
    return Image.fromarray(np.where(keep[..., None], rgb, turned).round().astype(np.uint8))
