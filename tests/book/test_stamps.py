"""A change in aelib makes the outputs of the chapters stale that use what has changed, and of no other."""

import shutil

import nbformat
import pytest
import stamps

CHAPTERS = {
    "convolutional": "import aelib\nencoder = aelib.conv_encoder((28, 28, 1), 8)",
    "through another": "import aelib\nmodel = aelib.both((28, 28, 1))",
    "dense": "from aelib import dense_encoder\ndense_encoder((28, 28, 1), 8)",
    "by its module": "from aelib import networks\nnetworks.conv_encoder((28, 28, 1), 8)",
    "drawing": 'import matplotlib.pyplot as plt\nplt.style.use("aelib.book")',
    "its own": "def conv_encoder(shape):\n    return shape\n\nconv_encoder((28, 28, 1))",
}
CONVOLUTIONAL = {"convolutional", "through another", "by its module"}
LIBRARY = {
    "__init__.py": "from .networks import both, conv_encoder, dense_encoder\n",
    "networks.py": '''"""Networks."""

from keras import layers

from .sizes import halved

RATE = 0.1


def conv_encoder(shape, latent_dim, activation="gelu"):
    """An encoder.

    More of it.
    """
    return layers.Conv2D(latent_dim, halved(shape), activation=activation)  # the last layer


def dense_encoder(shape, latent_dim, activation="gelu"):
    """An encoder."""
    return layers.Dense(latent_dim, activation=activation)


def both(shape):
    return conv_encoder(shape, 2), RATE
''',
    "sizes.py": "def halved(shape):\n    return shape[0] // 2\n",
    "book.mplstyle": "# Sizes\nfont.size: 9\n",
}


def notebook(code):
    cells = [nbformat.v4.new_code_cell("import sys  # google.colab"), nbformat.v4.new_code_cell(code)]
    return nbformat.v4.new_notebook(cells=[*cells, nbformat.v4.new_code_cell("%matplotlib inline\n1 + 1")])


def hashes(package, content):
    package.mkdir(exist_ok=True)
    for name, text in content.items():
        (package / name).write_text(text)
    return {name: stamps.aelib_sha256(notebook(code), package) for name, code in CHAPTERS.items()}


@pytest.mark.parametrize(
    ("file", "old", "new", "changed"),
    [
        ("networks.py", 'activation="gelu"', 'activation="relu"', CONVOLUTIONAL),  # the first, of conv_encoder
        ("sizes.py", "// 2", "// 4", CONVOLUTIONAL),
        ("networks.py", "RATE = 0.1", "RATE = 0.2", {"through another"}),
        ("networks.py", "from keras import layers", "from tensorflow.keras import layers", CONVOLUTIONAL | {"dense"}),
        ("book.mplstyle", "9", "10", {"drawing"}),
        ("book.mplstyle", "# Sizes", "# All sizes", set()),
        ("networks.py", "More of it.", "And more.", set()),
        ("networks.py", "  # the last layer", "", set()),
        ("networks.py", "RATE = 0.1", "RATE = 0.1\n\n\ndef new():\n    return RATE", set()),
    ],
)
def test_exactly_what_uses_a_changed_part_is_stale(tmp_path, file, old, new, changed):
    before = hashes(tmp_path / "aelib", LIBRARY)
    assert old in LIBRARY[file]
    after = hashes(tmp_path / "aelib", LIBRARY | {file: LIBRARY[file].replace(old, new, 1)})
    assert {name for name in CHAPTERS if before[name] != after[name]} == changed


def test_the_activation_of_the_convolutional_encoder_matters_to_those_who_use_it(tmp_path):
    package = shutil.copytree(stamps.PACKAGE, tmp_path / "aelib")
    codes = [f"import aelib\naelib.{name}" for name in ("conv_encoder", "dense_encoder", "VAE", "load", "report")]
    before = [stamps.aelib_sha256(notebook(code), package) for code in codes]
    text = (package / "networks.py").read_text()
    head, tail = text.split("def conv_encoder(")
    (package / "networks.py").write_text(f"{head}def conv_encoder({tail.replace('activation=', 'activation=0 or ', 1)}")
    after = [stamps.aelib_sha256(notebook(code), package) for code in codes]
    assert [a != b for a, b in zip(before, after, strict=True)] == [True, False, False, False, False]


def test_what_a_notebook_lacks_is_said():
    made = notebook("import aelib\naelib.no_such_network()")
    assert stamps.stale(made) == "its code has changed since it ran"
    made.metadata["aelib_run"] = {"code_sha256": stamps.code_sha256(made)}
    assert stamps.stale(made) == "it no longer runs: aelib has no 'no_such_network' in __init__.py"
    made = notebook("import aelib\naelib.load")
    made.metadata["aelib_run"] = {"code_sha256": stamps.code_sha256(made), "aelib_sha256": "0"}
    assert stamps.stale(made) == "what it uses of aelib has changed since it ran"
    made.metadata["aelib_run"]["aelib_sha256"] = stamps.aelib_sha256(made)
    assert stamps.stale(made) == ""


@pytest.mark.parametrize(
    ("file", "old", "new", "stale"),
    [
        ("likelihoods.py", "Labels are no target", "A label is no target", False),  # the words of an exception
        ("checks.py", "CHUNK = 4096", "CHUNK = 512", False),  # a guard: it refuses, or gives back what came
        ("likelihoods.py", "0.5 * ops.square(x - self", "1.0 * ops.square(x - self", True),
        ("base.py", "return self.likelihood.mean(", "return 2 * self.likelihood.mean(", True),
    ],
)
def test_what_only_refuses_changes_no_output(tmp_path, file, old, new, stale):
    package = shutil.copytree(stamps.PACKAGE, tmp_path / "aelib")
    made = notebook("import aelib\naelib.Autoencoder")
    before = stamps.aelib_sha256(made, package)
    text = (package / file).read_text()
    assert old in text
    (package / file).write_text(text.replace(old, new, 1))
    assert (stamps.aelib_sha256(made, package) != before) == stale
