"""A program that uses aelib, as one file that does not need it: the parts that it uses are written out above it.

    standalone(code)      the program `code`, with the functions, classes and constants of aelib that it reaches

The parts are taken by name from aelib's source, with all that they need in turn. Their text is kept, with comments and
decorators; a docstring is shortened to its first paragraph, and imports stand together at the top.
"""

import ast
import builtins
import functools
import symtable
import sys
from collections import defaultdict

import chapters

PACKAGE = chapters.ROOT / "aelib"
STYLE = "aelib.book"  # sizes and colors of the book's figures: a program works without


def globals_of(node):
    """The global names that a statement uses, in its functions and classes, too."""
    found, tables = set(), [symtable.symtable(ast.unparse(node), "", "exec")]
    while tables:
        table = tables.pop()
        tables += table.get_children()
        for symbol in table.get_symbols():
            if symbol.is_referenced() and (table.get_type() == "module" or symbol.is_global()):
                found.add(symbol.get_name())
    return found - set(dir(builtins))


def assigned_by(node):
    """The names that a statement makes at the top level: a function, a class, variables."""
    symbols = symtable.symtable(ast.unparse(node), "", "exec").get_symbols()
    return {symbol.get_name() for symbol in symbols if symbol.is_assigned() or symbol.is_imported()}


def is_import(node):
    return isinstance(node, (ast.Import, ast.ImportFrom))


def is_module(package, name):
    return (package / f"{name}.py").exists()


@functools.cache
def offered(package):
    """The names that a package's __init__.py imports: one may be that of a module as well, and hides it."""
    imports = filter(is_import, ast.parse((package / "__init__.py").read_text()).body)
    return {alias.asname or alias.name for node in imports for alias in node.names}


class Source:
    """The text of a module or program, and what its top-level statements and imports make.

    Attributes:
        defines: {name: the statements that make it}.
        outer: {name: what is imported from elsewhere under it}, as (module, name in it or None, alias or None).
        inner: {name: what is imported from the package}, as (module, name in it, or None for the module itself).
    """

    def __init__(self, text, package):
        self.text, self.package = text, package
        self.body = ast.parse(text).body
        self.defines, self.outer, self.inner = defaultdict(list), {}, {}
        for node in self.body:
            if is_import(node):
                outer, inner = self.split(node)
                self.outer |= outer
                self.inner |= inner
            else:
                for name in assigned_by(node):
                    self.defines[name].append(node)

    def split(self, node):
        """What an import makes, as `outer` and `inner` of this class."""
        outer, inner = {}, {}
        module = getattr(node, "module", None) or ""
        own = isinstance(node, ast.ImportFrom) and (node.level or module.split(".")[0] == self.package.name)
        for alias in node.names:
            name = alias.asname or alias.name
            if own:
                file = module if node.level else module.partition(".")[2]
                if not file and alias.name not in offered(self.package) and is_module(self.package, alias.name):
                    inner[name] = alias.name, None
                elif alias.asname:
                    raise ValueError(f"{alias.name} is imported as {alias.asname}: a part keeps its name")
                else:
                    inner[name] = file or "__init__", alias.name
            elif isinstance(node, ast.ImportFrom):
                outer[name] = module, alias.name, alias.asname
            elif alias.name.split(".")[0] != self.package.name:
                outer[name.split(".")[0]] = alias.name, None, alias.asname
            elif alias.asname:
                inner[name] = alias.name.partition(".")[2] or "__init__", None
            else:
                inner[self.package.name] = "__init__", None
        return outer, inner


class Parts:
    """What is needed of a package, found by name, beginning with a program."""

    def __init__(self, package):
        self.package = package
        self.source = functools.cache(lambda module: Source((package / f"{module}.py").read_text(), package))
        self.needed = defaultdict(list)  # {module: statements}
        self.outer = {}  # {name: import}
        self.order = []  # modules, each after those that it imports

    def visit(self, module):
        """Put a module into the order of writing, after those that it imports."""
        for other, _ in self.source(module).inner.values():
            if other not in self.order:
                self.visit(other)
        if module not in self.order:
            self.order.append(module)

    def find(self, module, name):
        """Where what `module` offers as `name` is made: (module, name), or (module, None) if it is a module."""
        source = self.source(module)
        if name in source.defines:
            return module, name
        if name in source.inner:
            other, inner = source.inner[name]
            return (other, None) if inner is None else self.find(other, inner)
        if module == "__init__" and is_module(self.package, name):
            return name, None
        raise ValueError(f"{self.package.name} has no {name!r} in {module}.py")

    def need(self, module, name):
        """Take along what makes a name of a module, and all that it needs."""
        if module not in self.order:
            self.visit(module)
        for node in self.source(module).defines[name]:
            if node not in self.needed[module]:
                self.needed[module].append(node)
                self.reach(self.source(module), node)

    def reach(self, source, node):
        """Take along what a statement of a source uses."""
        for name in sorted(globals_of(node)):
            if name in source.outer:
                self.add_import(name, source.outer[name])
            elif name in source.defines and source.text != getattr(self, "program", None):
                self.need(next(m for m in self.order if self.source(m) is source), name)
            elif source.inner.get(name, (0, None))[1]:
                self.need(*self.find(*source.inner[name]))
        for local in filter(is_import, ast.walk(node)):  # within a function
            for module, name in source.split(local)[1].values():
                if name:
                    self.need(*self.find(module, name))
        for _, module, name in self.attributes(source, node):
            self.need(module, name)

    def attributes(self, source, node):
        """Parts that a statement names as an attribute of a module, such as aelib.load: (expression, module, name)."""
        modules = {name: module for name, (module, inner) in source.inner.items() if inner is None}
        for local in filter(is_import, ast.walk(node)):
            modules |= {name: module for name, (module, inner) in source.split(local)[1].items() if inner is None}

        def target(expression):
            if isinstance(expression, ast.Name):
                return (modules[expression.id], None) if expression.id in modules else None
            if isinstance(expression, ast.Attribute) and (base := target(expression.value)) and base[1] is None:
                return self.find(base[0], expression.attr)
            return None

        for expression in ast.walk(node):
            if isinstance(expression, ast.Attribute) and (found := target(expression)) and found[1]:
                yield expression, *found

    def add_import(self, name, imported):
        """Import something at the top; one name cannot stand for two things."""
        if self.outer.setdefault(name, imported) != imported and not imported[0].startswith(f"{name}."):
            raise ValueError(f"{name} stands for two things: {self.outer[name]} and {imported}")

    def check_names(self, program):
        """Raise a ValueError if one name would be made twice in the file."""
        made = dict.fromkeys(self.outer, "an import")
        written = [(f"{self.package.name}/{m}.py", assigned_by(n)) for m in self.order for n in self.needed[m]]
        written.append(("the program", set(program.defines)))
        for where, names in written:
            for name in names:
                if made.setdefault(name, where) != where:
                    raise ValueError(f"{name} is made twice, by {made[name]} and by {where}: rename one")

    # ------------------------------------------------------------------ writing
    def edits(self, source, node):
        """What a statement loses outside the package, as (start, end, new text): imports of it, and its prefixes."""
        for expression, _, name in self.attributes(source, node):
            yield *span(expression), name
        for part in filter(is_import, ast.walk(node)):
            outer, inner = source.split(part)
            if outer and inner:
                raise ValueError(f"one import of {self.package.name} and of others: {ast.unparse(part)}")
            if inner:
                yield *span(part), None

    def written(self, source, node):
        """The text of a statement, with the comments above it and short docstrings."""
        lines, edits = source.text.splitlines(keepends=True), [*self.edits(source, node)]
        for part in ast.walk(node):
            if isinstance(part, (ast.FunctionDef, ast.ClassDef)) and ast.get_docstring(part):
                text = ast.get_source_segment(source.text, part.body[0])
                if "\n\n" in text:
                    edits.append((*span(part.body[0]), text.split("\n\n")[0].rstrip() + '"""'))
        apply(edits, lines)
        first = min([node.lineno, *(decorator.lineno for decorator in getattr(node, "decorator_list", []))])
        while first > 1 and lines[first - 2].startswith("#"):
            first -= 1
        return "".join(lines[first - 1 : node.end_lineno]).rstrip()


def span(node):
    """Where a node stands in its text: ((line, byte), (line, byte)), lines from 0."""
    return (node.lineno - 1, node.col_offset), (node.end_lineno - 1, node.end_col_offset)


def apply(edits, lines):
    """Replace spans of text in a list of lines, whose number stays; a new text of None drops whole lines."""
    for (first, column), (last, end_column), new in sorted(edits, key=lambda edit: edit[0], reverse=True):
        text = ""
        if new is not None:
            text = lines[first].encode()[:column].decode() + new + lines[last].encode()[end_column:].decode()
        lines[first : last + 1] = [text] + [""] * (last - first)


def import_lines(outer):
    """The import statements for {name: (module, name in it, alias)}: the standard library first, each part sorted."""
    plain, members = set(), defaultdict(set)
    for module, name, alias in outer.values():
        suffix = f" as {alias}" if alias else ""
        if name is None:
            plain.add((module, f"import {module}{suffix}"))
        else:
            members[module].add(f"{name}{suffix}")
    found = sorted(plain) + [(m, f"from {m} import {', '.join(sorted(members[m]))}") for m in sorted(members)]
    standard = [line for module, line in found if module.split(".")[0] in sys.stdlib_module_names]
    other = [line for module, line in found if module.split(".")[0] not in sys.stdlib_module_names]
    return "\n\n".join("\n".join(lines) for lines in (standard, other) if lines)


def assigns(node):
    return isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign))


def sets_style(node):
    return isinstance(node, ast.Expr) and f'"{STYLE}"' in ast.unparse(node).replace("'", '"')


def standalone(code, head="", package=PACKAGE):
    """The program `code` as one file without `package`, beginning with the docstring `head`.

    Raises:
        ValueError: it uses what the package has not, or one name would stand for two things.
    """
    program, parts = Source(code, package), Parts(package)
    parts.program = code
    for name, imported in program.outer.items():
        parts.add_import(name, imported)
    for module, name in program.inner.values():
        if name:
            parts.need(*parts.find(module, name))
    lines, edits = code.splitlines(keepends=True), []
    for node in program.body:
        if is_import(node) or sets_style(node):
            edits.append((*span(node), None))
        else:
            parts.reach(program, node)
            edits += parts.edits(program, node)
    apply(edits, lines)
    parts.check_names(program)
    head = f'"""{head}"""\n\n' if head else ""
    texts = [head + import_lines(parts.outer)]
    for module in parts.order:
        texts += [f"# From {package.name}/{module}.py"] * bool(parts.needed[module])
        source, before = parts.source(module), None
        for node in sorted(parts.needed[module], key=lambda node: node.lineno):
            text = parts.written(source, node)
            if assigns(node) and assigns(before):
                texts[-1] += "\n" + text
            else:
                texts.append(text)
            before = node
    texts += ["# The program"] * any(parts.needed.values()) + ["".join(lines).strip()]
    return "\n\n\n".join(filter(None, texts)) + "\n"
