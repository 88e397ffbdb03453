"""Train the decoder of the latent-space explorer, which runs in the reader's browser: `python tools/train_explorer.py`.

It is that of a small variational autoencoder with two latents, as in chapter 9. What the pages need is written into
`book/_static/explorer/`: the decoder's weights, and the picture of all that it can draw.
"""

import base64
import json

from chapters import ROOT

FOLDER = ROOT / "book" / "_static" / "explorer"
UNITS, SIDE, SEED = (128, 128), 16, 0


def trained(epochs=12, batch_size=128, rate=4e-3):
    """A `VAE` of black and white MNIST digits. Its decoder is small enough to be sent with a page."""
    import keras

    import aelib

    x = (aelib.load("mnist").x_train > 0.5).astype("float32")
    keras.utils.set_random_seed(SEED)
    encoder = aelib.dense_encoder(x.shape[1:], 2 * 2, (512, 512))
    vae = aelib.VAE(encoder, aelib.dense_decoder(2, x.shape[1:], UNITS), likelihood="bernoulli")
    steps = epochs * len(x) // batch_size
    schedule = keras.optimizers.schedules.CosineDecay(
        0.0, steps - steps // 20, warmup_target=rate, warmup_steps=steps // 20
    )
    vae.compile(keras.optimizers.Adam(schedule, beta_2=0.98), steps_per_execution=5)
    vae.fit(x, batch_size=batch_size, epochs=epochs, verbose=0)
    return vae


def rounded(decoder):
    """Round the decoder's weights to what the page will have, half precision, and return them as a list."""
    decoder.set_weights([w.astype("float16").astype("float32") for w in decoder.get_weights()])
    return decoder.get_weights()


def written(decoder):
    """The decoder as a script that assigns a variable, so that the book also works when opened as a file."""
    weights = rounded(decoder)
    data = base64.b64encode(b"".join(w.astype("<f2").tobytes() for w in weights)).decode()
    content = {"shapes": [list(w.shape) for w in weights], "data": data}
    return f"window.aelibDecoder = {json.dumps(content)};\n"


def sheet(vae):
    """All that two latents can draw: images on a grid that cuts the prior into equal parts, as one picture."""
    import numpy as np
    from scipy.stats import norm

    places = norm.ppf((np.arange(SIDE) + 0.5) / SIDE)
    z = np.stack(np.meshgrid(places, places[::-1]), axis=-1).reshape(-1, 2).astype("float32")
    images = vae.decode(z)[..., 0].reshape(SIDE, SIDE, 28, 28)
    return np.concatenate(np.concatenate(images, axis=1), axis=1)


def main():
    """Train, and write both files."""
    import numpy as np
    from PIL import Image

    vae = trained()
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / "decoder.js").write_text(written(vae.decoder))
    Image.fromarray(np.rint(255 * sheet(vae)).astype("uint8")).save(FOLDER / "manifold.webp", quality=90, method=6)


if __name__ == "__main__":
    main()
