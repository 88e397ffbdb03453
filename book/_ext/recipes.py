"""A Sphinx extension: the page of recipes, made from the chapters' programs.

In book/recipes.md a line `{recipes}` stands for a list of them, by what a reader has and wants, and then each with its
picture, its lines for own data, its text and two downloads. What is downloaded lies in _build/recipes.
"""

import base64
import shutil
from pathlib import Path

import programs

PAGE, MARK = "book/recipes", "{recipes}"
FOLDER = Path("_build", "recipes")
HAS = {"array": "An array", "folder of images": "A folder of images", "table": "A table", "series": "A time series"}
WANTS = {
    "compress": "Compress it",
    "map": "See it as a map",
    "denoise": "Clean it",
    "generate": "Draw more like it",
    "features": "Get features for a classifier",
    "anomalies": "Find what is unusual in it",
    "train": "Train, choose and ship",
}


def label(program):
    return "recipe-" + program.name.split("_")[0]


def title(program):
    return program.title.split(". ", 1)[1]


def index(found):
    """One line for each kind of data, with the recipes for each thing that can be done with it."""
    for kind, has in HAS.items():
        parts = []
        for want, text in WANTS.items():
            links = [f"[{title(p)}](#{label(p)})" for p in found if kind in p.has and p.wants == want]
            parts += [f"{text[0].lower()}{text[1:]}: {', '.join(links)}"] * bool(links)
        if parts:
            yield f"- **{has}**: " + "; ".join(parts) + "."


def shown(program, root):
    """What the program ended in when the chapter ran, as Markdown; a picture is written to the folder."""
    for output in reversed(program.cell["outputs"]):
        data, mystnb = output.get("data", {}), program.cell["metadata"].get("mystnb", {})
        if "image/png" in data:
            picture = FOLDER / f"{program.name}_program.png"  # a name of its own: its dark twin gets it, too
            Path(root, picture).write_bytes(base64.b64decode(data["image/png"]))
            return f"```{{image}} /{picture}\n:alt: {mystnb['image']['alt']}\n```"
        if "text/html" in data:
            return f"```{{raw}} html\n{''.join(data['text/html'])}\n```"
    return ""


def section(program, root, address):
    """A recipe, in Markdown. Writes its two files to the folder."""
    alone = f"{program.name}_standalone"
    Path(root, FOLDER, f"{program.name}.py").write_text(program.code)
    Path(root, FOLDER, f"{alone}.py").write_text(program.standalone(f"{address}notebooks/{program.name}.html"))
    own = [f"- {HAS[kind]}: `{line}`" for kind, line in program.has.items()]
    return "\n\n".join(
        [
            f"({label(program)})=\n### {title(program)}",
            program.question,
            shown(program, root),
            f"```python\n{''.join(program.cell['source']).rstrip()}\n```",
            f"For your own data, put one of these in the place of the line `{program.line}`:",
            "\n".join(own),
            f"{{download}}`The program <../{FOLDER}/{program.name}.py>` · "
            f"{{download}}`Standing alone, without aelib <../{FOLDER}/{alone}.py>` · "
            f"{{doc}}`Chapter {program.title.split('. ')[0]} </notebooks/{program.name}>` explains it.",
        ]
    )


def page(found, root, address=""):
    """All recipes in Markdown: the index, and a section for each thing that a reader may want."""
    shutil.rmtree(Path(root, FOLDER), ignore_errors=True)
    Path(root, FOLDER).mkdir(parents=True)
    parts = ["\n".join(index(found))]
    for want, heading in WANTS.items():
        wanted = [program for program in found if program.wants == want]
        parts += [f"## {heading}"] * bool(wanted) + [section(program, root, address) for program in wanted]
    return "\n\n".join(parts)


def fill(app, docname, source):
    """Called by Sphinx when it has read a file."""
    if docname == PAGE:
        source[0] = source[0].replace(MARK, page(programs.stored(), app.srcdir, app.config.html_baseurl))


def always(app, env, added, changed, removed):
    """Called by Sphinx: the page is made anew in every build, for the notebooks may have changed."""
    return [PAGE] if PAGE in env.all_docs else []


def setup(app):
    """Called by Sphinx."""
    app.connect("source-read", fill)
    app.connect("env-get-outdated", always)
    return {"version": "1", "parallel_read_safe": True}
