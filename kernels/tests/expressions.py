"""CEL expressions of a definition over its axes, as far as the definitions use them."""

import ast
import operator

OPERATORS = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.floordiv,  # integers divide as in CEL; all operands are >= 0
    ast.Mod: operator.mod,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.LtE: operator.le,
    ast.Eq: operator.eq,
}


def evaluate(expression: str, axes: dict[str, int]) -> int:
    """Value of an integer expression over the axes, or of `condition ? one : other`."""
    if "?" in expression:
        condition, _, values = expression.partition("?")
        one, _, other = values.partition(":")
        return evaluate(one if evaluate(condition, axes) else other, axes)

    def value(node: ast.expr) -> int:
        match node:
            case ast.Constant():
                return node.value
            case ast.Name():
                return axes[node.id]
            case ast.BinOp():
                return OPERATORS[type(node.op)](value(node.left), value(node.right))
            case ast.Compare(ops=[comparison], comparators=[right]):
                return OPERATORS[type(comparison)](value(node.left), value(right))
        raise ValueError(f"{expression!r}: {ast.dump(node)} is not supported")

    return value(ast.parse(expression.strip(), mode="eval").body)
