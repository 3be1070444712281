"""Every error of the text side: codes E101 to E199, one class each."""

from .lexical import (
    BadEscape,
    BadNumber,
    ForeignName,
    UnknownCharacter,
    UnterminatedString,
    WrongOperator,
)
from .limits import ExpressionTooDeep, FileTooLarge, NestedTooDeep, NotText, StatementTooLarge
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
    KeywordAsName,
    MisplacedWeights,
    MissingOn,
    MissingType,
    PythonConditional,
    PythonHabit,
    Unexpected,
)

__all__ = [
    "AssignmentInExpression",
    "BadBeginning",
    "BadEscape",
    "BadNumber",
    "BadTarget",
    "BraceOnNewLine",
    "ChainedComparison",
    "ExpressionTooDeep",
    "FileTooLarge",
    "ForeignName",
    "KeywordAsName",
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
