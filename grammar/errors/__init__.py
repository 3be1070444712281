"""Every error of the text side: codes E101 to E199, one class each.

The modules are imported when a first error is made: a program without one should not wait for them.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .lexical import (
        BadEscape,
        BadNumber,
        ForeignName,
        UnknownCharacter,
        UnterminatedString,
        WrongOperator,
    )
    from .limits import (
        ExpressionTooDeep,
        FileTooLarge,
        NestedTooDeep,
        NotText,
        StatementTooLarge,
    )
    from .structure import (
        BraceOnNewLine,
        MissingBody,
        NestedDeclaration,
        NotADeclaration,
        StrayBracket,
        UnclosedBracket,
    )
    from .syntax import (
        AssignmentInExpression,
        BadBeginning,
        BadTarget,
        ChainedComparison,
        DanglingOperator,
        KeywordAsName,
        MisplacedNot,
        MisplacedWeights,
        MissingOn,
        MissingType,
        PythonConditional,
        PythonHabit,
        Unexpected,
    )

_MODULES = {
    "lexical": (
        "BadEscape",
        "BadNumber",
        "ForeignName",
        "UnknownCharacter",
        "UnterminatedString",
        "WrongOperator",
    ),
    "limits": (
        "ExpressionTooDeep",
        "FileTooLarge",
        "NestedTooDeep",
        "NotText",
        "StatementTooLarge",
    ),
    "structure": (
        "BraceOnNewLine",
        "MissingBody",
        "NestedDeclaration",
        "NotADeclaration",
        "StrayBracket",
        "UnclosedBracket",
    ),
    "syntax": (
        "AssignmentInExpression",
        "BadBeginning",
        "BadTarget",
        "ChainedComparison",
        "DanglingOperator",
        "KeywordAsName",
        "MisplacedNot",
        "MisplacedWeights",
        "MissingOn",
        "MissingType",
        "PythonConditional",
        "PythonHabit",
        "Unexpected",
    ),
}
_MODULE_OF = {name: module for module, names in _MODULES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(name)
    return getattr(import_module(f".{_MODULE_OF[name]}", __name__), name)


__all__ = [
    "AssignmentInExpression",
    "BadBeginning",
    "BadEscape",
    "BadNumber",
    "BadTarget",
    "BraceOnNewLine",
    "ChainedComparison",
    "DanglingOperator",
    "ExpressionTooDeep",
    "FileTooLarge",
    "ForeignName",
    "KeywordAsName",
    "MisplacedNot",
    "MisplacedWeights",
    "MissingBody",
    "MissingOn",
    "MissingType",
    "NestedDeclaration",
    "NestedTooDeep",
    "NotADeclaration",
    "NotText",
    "PythonConditional",
    "PythonHabit",
    "StatementTooLarge",
    "StrayBracket",
    "UnclosedBracket",
    "Unexpected",
    "UnknownCharacter",
    "UnterminatedString",
    "WrongOperator",
]
