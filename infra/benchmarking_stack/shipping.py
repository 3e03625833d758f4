"""Code that travels in the template, without what only readers need: the file must stay small."""

from __future__ import annotations

import ast
import re


def shipped(code: str) -> str:
    """The same program without comments, docstrings and types, indented by one."""
    plain = ast.unparse(_Plain().visit(ast.parse(code)))
    return re.sub(r"^ +", lambda indent: " " * (len(indent[0]) // 4), plain, flags=re.MULTILINE)


class _Plain(ast.NodeTransformer):
    def visit_Expr(self, node: ast.Expr) -> ast.Expr | None:
        """No docstring."""
        return None if isinstance(node.value, ast.Constant) else node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        """Nothing of what it gives back."""
        node.returns = None
        return self.generic_visit(node)

    def visit_arg(self, node: ast.arg) -> ast.arg:
        """The name alone."""
        return ast.arg(node.arg)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.ImportFrom | None:
        """What types need is not imported."""
        return None if node.module == "typing" else node
