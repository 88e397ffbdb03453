"""Files of one's own, as a reader may have them, in a folder where a program is run."""

import numpy as np
import pytest
from PIL import Image


def write_own_files(folder):
    """An array, a folder of photographs, a table and a series: the names are those in the programs' lines."""
    rng = np.random.default_rng(0)
    rows, columns = np.mgrid[0:30, 0:22]
    centers = rng.uniform(5, 17, (200, 1, 1))
    images = np.exp(-((rows - centers) ** 2 + (columns - centers[::-1]) ** 2) / 20)
    np.save(folder / "my_images.npy", images[..., None].astype("float32"))
    photos = folder / "my_photos"
    photos.mkdir()
    for number in range(60):
        height, width = rng.integers(40, 90, 2)
        ramp = np.linspace(0, 255, width)[None, :, None] * rng.random(3) + np.zeros((height, 1, 1))
        kind = "jpg" if number % 3 else "png"
        Image.fromarray(ramp.astype("uint8")).save(photos / f"{number:02}.{kind}")
    lines = ["age,height,color"]
    for number in range(300):
        age = "" if number % 17 == 0 else f"{rng.normal(40, 10):.1f}"
        lines.append(f"{age},{rng.normal(170, 8):.1f},{rng.choice(['red', 'green', 'blue'])}")
    (folder / "my_table.csv").write_text("\n".join(lines) + "\n")
    hours = np.arange(2000)
    values = np.sin(hours * 2 * np.pi / 24) + 0.1 * rng.normal(size=2000)
    times = np.datetime64("2026-01-01T00:00") + hours * np.timedelta64(1, "h")
    series = [f"{time},{value:.4f}" for time, value in zip(times, values, strict=True)]
    (folder / "my_series.csv").write_text("\n".join(["timestamp,value", *series]) + "\n")


@pytest.fixture
def own_files(tmp_path):
    write_own_files(tmp_path)
    return tmp_path
