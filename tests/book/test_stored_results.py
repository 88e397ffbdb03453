"""Numbers in the pages come from the stored runs, and what no run reported is refused."""

import chapters
import nbformat
import pytest
import stored_results


def test_a_number_is_that_of_the_stored_run():
    notebook = nbformat.read(chapters.ROOT / "notebooks" / "05_convolutions.ipynb", 4)
    (row,) = [row for row in chapters.results(notebook)[0]["rows"] if row["name"] == "PCA 64"]
    assert stored_results.lookup("05 | PCA 64 | test_mse | .6f") == f"{row['test_mse']:.6f}"
    assert stored_results.lookup("05|PCA 64|parameters|,") == "50,960"


def test_of_several_seeds_it_is_the_mean():
    assert stored_results.lookup("01 | PCA | test_mse") == "0.0104"


@pytest.mark.parametrize(
    "text, message",
    [
        ("05 | PCA 64", "chapter | row | metric"),
        ("99 | PCA 64 | test_mse", "no chapter '99'"),
        ("05 | PCA 65 | test_mse", "no 'test_mse' of 'PCA 65'"),
        ("05 | PCA 64 | accuracy", "no 'accuracy' of 'PCA 64'"),
    ],
)
def test_what_no_run_reported_is_refused(text, message):
    with pytest.raises(ValueError) as error:
        stored_results.lookup(text)
    assert message in str(error.value)


def test_a_printed_number_is_found_with_its_words():
    assert stored_results.printed("02 | gelu | 0.01120") == "0.01120"


@pytest.mark.parametrize(
    "text", ["02 | gelu | 0.0112", "02 | gelu | 0.01122", "02 | no such words | 0.01120", "02 | gelu"]
)
def test_what_no_run_printed_is_refused(text):
    with pytest.raises(ValueError, match="gelu|no such words"):
        stored_results.printed(text)
