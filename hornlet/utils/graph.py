"""Questions about the graph of symbols."""

from __future__ import annotations

from typing import Any

from hornlet.tensor.keras_tensor import KerasTensor


def get_source_inputs(tensor: Any) -> list[KerasTensor]:
    """The input symbols that a symbol is computed from, each once, in the order they are met.

    Args:
        tensor: a symbol.

    >>> a, b = keras.Input((2,), name="a"), keras.Input((2,), name="b")
    >>> [x.name for x in keras.utils.get_source_inputs((a + b) * a)]
    ['a', 'b']
    """
    found: list[KerasTensor] = []
    seen: set[int] = set()
    waiting = [tensor]
    while waiting:
        x = waiting.pop()
        if id(x) in seen:
            continue
        seen.add(id(x))
        history = x._keras_history
        node = None if history is None else history.operation._inbound_nodes[history.node_index]
        if node is None or not node.arguments.keras_tensors:
            found.append(x)
        else:
            waiting.extend(reversed(node.arguments.keras_tensors))
    return found
