"""House rules that hold for single files: size, docstring, imports, and what no text may name."""

import ast
import io
import re
import tokenize
from pathlib import Path

MOST_LINES_OF_CODE = 300
NO_CODE = {
    tokenize.COMMENT, tokenize.DEDENT, tokenize.ENCODING, tokenize.ENDMARKER, tokenize.INDENT,
    tokenize.NEWLINE, tokenize.NL,
}  # fmt: skip
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
WITH_DOCSTRING = (ast.Module, ast.ClassDef, *FUNCTIONS)

# The patterns and their examples are put together, so that this file does not match itself.
MACHINE_PATH = re.compile(r"(?<![\w.~-])/(?:home|opt|root|Users|work)" + r"/\w")
REGISTRY = re.compile(
    "|".join(f"{a}{b}" for a, b in [("py", "pi"), ("index", "-url"), ("find-", "links")])
)


def lines_of_code(text: str) -> int:
    """Lines with code on them: no blanks, no comments, no docstrings."""
    counted: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in NO_CODE:
            counted.update(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, WITH_DOCSTRING) or ast.get_docstring(node, clean=False) is None:
            continue
        docstring = node.body[0]
        assert docstring.end_lineno is not None
        counted.difference_update(range(docstring.lineno, docstring.end_lineno + 1))
    return len(counted)


def test_lines_of_code_leaves_out_what_is_no_code() -> None:
    docstring = '"""Doc.\n\nMore.\n"""\n\n# why\n'
    function = 'def f():\n    """Doc."""\n    return 1\n'
    text = docstring + 'x = """\ntext\n"""\n\n' + function
    assert lines_of_code(text) == 5


def test_a_file_is_short(python_file: str, root: Path) -> None:
    lines = lines_of_code((root / python_file).read_text(encoding="utf-8"))
    assert lines <= MOST_LINES_OF_CODE, f"{python_file} has {lines} lines of code: split it"


def test_a_module_says_what_it_is_for(python_file: str, root: Path) -> None:
    docstring = ast.get_docstring(ast.parse((root / python_file).read_text(encoding="utf-8")))
    assert docstring, f"{python_file} has no docstring"


def test_imports_inside_the_package_are_relative(module: str, root: Path) -> None:
    for node in ast.walk(ast.parse((root / module).read_text(encoding="utf-8"))):
        names: list[str] = []
        if isinstance(node, ast.ImportFrom) and not node.level:
            names = [node.module or ""]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        absolute = [name for name in names if name.split(".")[0] == "archc"]
        assert not absolute, f"{module} imports {absolute[0]}: write it relative"


def test_no_import_hides_in_a_function(module: str, root: Path) -> None:
    for node in ast.walk(ast.parse((root / module).read_text(encoding="utf-8"))):
        if not isinstance(node, FUNCTIONS):
            continue
        hidden = [
            inner for inner in ast.walk(node) if isinstance(inner, ast.Import | ast.ImportFrom)
        ]
        assert not hidden, f"{module}:{hidden[0].lineno}: use `lazy_module` at the top (lazy.py)"


def test_no_text_names_a_machine_or_a_registry(ours: list[str], root: Path) -> None:
    found = []
    for name in ours:
        try:
            text = (root / name).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        for number, line in enumerate(text.splitlines(), start=1):
            match = MACHINE_PATH.search(line) or REGISTRY.search(line)
            if match:
                found.append(f"{name}:{number}: {match.group()}")
    assert not found, "\n".join(found)


def test_the_patterns_find_what_they_are_for() -> None:
    home, registry = "/home", "py"
    assert MACHINE_PATH.search(f"see {home}/ada/x")
    assert MACHINE_PATH.search(f'"{home}/x"')
    assert not MACHINE_PATH.search(f"a{home}/b and ~{home}/x")
    assert REGISTRY.search(f"https://{registry}pi.org/simple")
