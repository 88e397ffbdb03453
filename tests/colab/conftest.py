import colab
import pytest


@pytest.fixture(scope="session", autouse=True)
def environment():
    """Colab's versions; `make colab` installs them before."""
    assert colab.STAMP.exists() and colab.STAMP.read_text() == colab.wanted(), "run: python tools/colab.py"


@pytest.fixture(scope="session")
def repository(tmp_path_factory):
    """What lies at the public address: the files of this working tree."""
    return colab.publish(tmp_path_factory.mktemp("public") / "repository")
