"""What differs between the public names of two packages: names, arguments, defaults, members."""

import inspect
import re
import types


def public(thing):
    return [name for name in dir(thing) if not name.startswith("_")]


def modules(package):
    """Every public module of Keras by its path; what lies in `keras.src` is private."""
    found = {package.__name__: package}
    for name in public(package):
        path, value = f"{package.__name__}.{name}", getattr(package, name)
        if isinstance(value, types.ModuleType) and value.__name__ == path and name != "src":
            found |= modules(value)
    return found


def names(package):
    """The public names of all modules, as path -> thing, shortest paths first."""
    found = {}
    for path, module in modules(package).items():
        for name in public(module):
            value = getattr(module, name)
            if not isinstance(value, types.ModuleType) or f"{path}.{name}" in modules(package):
                found[f"{path}.{name}"] = value
    return dict(sorted(found.items(), key=lambda item: (item[0].count("."), item[0])))


def arguments(function):
    """Names, kinds and defaults in order; None for what has no signature."""
    if inspect.isclass(function):
        function = function.__init__
        if function is object.__init__:
            return []
        own = 1
    else:
        own = 0
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        return None
    return [(p.name, p.kind.name, repr(p.default)) for p in parameters[own:]]


def at(package, path):
    """The thing at a path below `package`, or None."""
    for name in path.split(".")[1:]:
        package = getattr(package, name, None)
    return package


def differences(theirs, ours):
    """Pairs of a path and what is wrong with it, for every public thing of `theirs`."""
    everything = names(theirs)
    paths = classes(everything)
    for path, thing in everything.items():
        found = at(ours, path)
        if found is None and thing is not None:
            yield path, "is missing"
        elif inspect.isclass(thing) and paths[thing] != path:
            if found is not at(ours, paths[thing]):
                yield path, f"is not {paths[thing]}, which it is in Keras"
        elif callable(thing) and arguments(thing) != arguments(found):
            yield path, wrong(thing, found)
    seen = set()
    for thing in paths:
        for difference in members(thing, at(ours, paths[thing]), paths):
            if difference[0] not in seen:
                seen.add(difference[0])
                yield difference


def classes(everything):
    """Every class of the names, and its shortest path."""
    paths = {}
    for path, thing in everything.items():
        if inspect.isclass(thing):
            paths.setdefault(thing, path)
    return paths


def owned(theirs, paths):
    """The public methods and properties of a class, each with its path under its owner."""
    for name in public(theirs):
        member = inspect.getattr_static(theirs, name)
        owner = [c for c in theirs.__mro__
                 if c in paths and inspect.getattr_static(c, name, None) is member][-1]
        yield name, f"{paths[owner]}.{name}"


def members(theirs, ours, paths):
    """The same for the public methods and properties of a class, under the class that has them."""
    if ours is None:
        return
    for name, path in owned(theirs, paths):
        if not hasattr(ours, name):
            if callable(getattr(theirs, name)) or not kept(ours, name):
                yield path, "is missing"
            continue
        a, b = getattr(theirs, name), getattr(ours, name)
        if callable(a) != callable(b):
            yield path, "is a method in one of the two, a property in the other"
        elif callable(a) and arguments(a) != arguments(b):
            yield path, wrong(a, b)


def kept(cls, name):
    """Whether instances keep an attribute of that name, which serves as a property does.

    They keep their constructor's arguments, which are their config.
    """
    if any(name == argument for argument, _, _ in arguments(cls) or ()):
        return True
    assignment = re.compile(rf"self\.{name}\b[^=\n]* = ")
    return any(
        c.__module__.startswith("hornlet") and assignment.search(inspect.getsource(c))
        for c in cls.__mro__
    )


def wrong(theirs, ours):
    return f"takes {spelled(ours)}; Keras takes {spelled(theirs)}"


def spelled(function):
    empty = repr(inspect.Parameter.empty)
    return ", ".join(
        f"{'*' * kind.count('VAR')}{name}{'' if default == empty else '=' + default}"
        for name, kind, default in arguments(function) or ()
    )
