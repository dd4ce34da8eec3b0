"""A module as HTML: a tree that folds, with the shapes and numbers of its parameters."""

from __future__ import annotations

from typing import Any

from autograd_core.inspection.markup import count, escape, flag, page

from .parameter import is_lazy

SHOWN = 400  # modules; the rest of a larger model is counted
OPEN = 2  # levels that are unfolded, if they have at most WIDE parts
WIDE = 30


def html(module: Any) -> str:
    """What `Module._repr_html_` returns."""
    return page(_Tree().branch(module, "", "", 0))


class _Tree:
    """What has been shown on the way through a module: each module and each parameter is written out once."""

    def __init__(self) -> None:
        self.modules: dict[int, str] = {}  # id → path
        self.tensors: dict[int, str] = {}

    def branch(self, module: Any, name: str, path: str, level: int) -> str:
        known = self.modules.get(id(module))
        label = f"<b>{escape(name)}</b>: " if name else ""
        title = f"{label}<code>{escape(module._get_name())}</code>"
        if known is not None:
            return f'<div class="ag-leaf">{title} <span class="ag-dim">the same as {escape(known or "the model")}</span></div>'
        self.modules[id(module)] = path
        extra = " ".join(module.extra_repr().split())
        if extra:
            title += f' <span class="ag-dim">({escape(extra if len(extra) <= 120 else f"{extra[:119]}…")})</span>'
        title += _sizes(module)
        if level == 0 and not module.training:
            title += ' · <span class="ag-dim">eval</span>'
        children = [(key, child) for key, child in module._modules.items() if child is not None]
        lines = [self.leaf(key, t, path, "") for key, t in module._parameters.items() if t is not None]
        lines += [self.leaf(key, t, path, "buffer") for key, t in module._buffers.items() if t is not None]
        for i, (key, child) in enumerate(children):
            if len(self.modules) >= SHOWN:
                rest = count(sum(len(list(c.modules())) for _, c in children[i:]), "module")
                lines.append(f'<div class="ag-leaf ag-dim">… and {rest} more</div>')
                break
            lines.append(self.branch(child, key, f"{path}.{key}" if path else key, level + 1))
        if not lines:
            return f'<div class="ag-leaf">{title}</div>' if level else f"<div>{title}</div>"
        unfolded = " open" if level < OPEN - 1 and len(children) <= WIDE else ""
        return f"<details{unfolded}><summary>{title}</summary>{''.join(lines)}</details>"

    def leaf(self, name: str, t: Any, path: str, kind: str) -> str:
        """A parameter or buffer."""
        full = f"{path}.{name}" if path else name
        notes = [kind] if kind else []
        if is_lazy(t):
            shape, facts = "shape not known yet", str(t.dtype)
        else:
            shape, facts = str(t.shape), f"{t.dtype}, {t.array.size:,}"
        if not kind and not t.requires_grad:
            notes.append("frozen")
        known = self.tensors.setdefault(id(t), full)
        if known != full:
            notes.append(f"the same as {known}")
        more = f" · {escape(', '.join(notes))}" if notes else ""
        return (
            f'<div class="ag-leaf"><b>{escape(name)}</b> <code>{escape(shape)}</code> '
            f'<span class="ag-dim">{escape(facts)}{more}</span></div>'
        )


def _sizes(module: Any) -> str:
    """The numbers of parameters of a module and all below it, each counted once."""
    parameters = list(module.parameters())
    known = [p for p in parameters if not is_lazy(p)]
    total = sum(p.array.size for p in known)
    frozen = sum(p.array.size for p in known if not p.requires_grad)
    if not parameters:
        return ""
    text = f" · {count(total, 'parameter')}"
    if frozen:
        text += f' <span class="ag-dim">({frozen:,} frozen)</span>'
    if len(known) < len(parameters):
        text += f" · {flag(f'{len(parameters) - len(known)} without a shape yet')}"
    return text
