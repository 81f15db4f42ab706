"""Exports what stands before an estimator: column transformers, imputers, encoders, scalers, selectors."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from .graph import Column, ExportError, Graph, Level, Number, numbers, plain


def transformed(step: Any, given: list[Column], graph: Graph) -> list[Column]:
    """The columns that a fitted transformer makes of those it is given.

    Raises ExportError for a transformer that is not known.
    """
    if step is None or (isinstance(step, str) and step == "passthrough"):
        return given
    if isinstance(step, str) and step == "drop":
        return []
    from sklearn.feature_selection import SelectorMixin

    kind = type(step)
    if not kind.__module__.startswith("sklearn."):
        raise ExportError(kind.__name__, kind=True)
    if isinstance(step, SelectorMixin):
        return [column for column, kept in zip(given, step.get_support(), strict=True) if kept]
    known = KNOWN.get(kind.__name__)
    if known is None:
        raise ExportError(kind.__name__, kind=True)
    return known(step, given, graph)


def _pipeline(step: Any, given: list[Column], graph: Graph) -> list[Column]:
    for _, inner in step.steps:
        given = transformed(inner, given, graph)
    return given


def _column_transformer(step: Any, given: list[Column], graph: Graph) -> list[Column]:
    made: list[Column] = []
    for name, inner, _ in step.transformers_:
        places = step._transformer_to_input_indices[name]
        if len(places):
            made += transformed(inner, [given[place] for place in places], graph)
    return made


def _union(step: Any, given: list[Column], graph: Graph) -> list[Column]:
    return [column for _, inner in step.transformer_list for column in transformed(inner, given, graph)]


def _function(step: Any, given: list[Column], graph: Graph) -> list[Column]:
    func = step.func
    # The check of values that HistGradientBoosting puts around its numeric columns changes nothing.
    checks = isinstance(func, functools.partial) and getattr(func.func, "__name__", "") == "check_array"
    if func is None or checks:
        return given
    raise ExportError(f"FunctionTransformer(func={getattr(func, '__name__', func)})", kind=True)


def _imputer(step: Any, given: list[Column], graph: Graph) -> list[Column]:
    if not (isinstance(step.missing_values, float) and np.isnan(step.missing_values)):
        if all(isinstance(column, Level) for column in given) and not step.add_indicator:
            return _renamed(step, given)
        raise ExportError(f"SimpleImputer(missing_values={step.missing_values!r})", kind=True)
    if any(isinstance(column, Level) for column in given):
        # Texts are never missing here: the data contract's rule has seen to that.
        if step.add_indicator or not all(isinstance(column, Level) for column in given):
            raise ExportError("SimpleImputer over texts and numbers together", kind=True)
        return given
    values = np.asarray(step.statistics_, dtype=float)
    kept = [place for place, value in enumerate(values) if not np.isnan(value)]
    slots = [given[place].slot for place in kept]
    made: list[Column] = []
    if slots:
        made += graph.add(len(slots), {"kind": "fill", "columns": slots, "values": plain(values[kept])})
    if step.add_indicator:
        slots = [given[place].slot for place in step.indicator_.features_]
        if slots:
            made += graph.add(len(slots), {"kind": "missing", "columns": slots})
    return made


def _renamed(step: Any, given: list[Column]) -> list[Column]:
    made: list[Column] = []
    for place, column in enumerate(given):
        assert isinstance(column, Level)
        codes = list(column.values)
        block = _block(step, given, place, [column.values[code] for code in codes])
        after = np.asarray(step.transform(block), dtype=object)[:, place]
        made.append(Level(column.slot, dict(zip(codes, after, strict=True)), column.name))
    return made


def _encoder(step: Any, given: list[Column], graph: Graph) -> list[Column]:
    """Any encoder that looks at one column at a time: its answers to the values that there are."""
    widths = list(getattr(step, "_n_features_outs", None) or [1] * len(given))
    starts = np.concatenate([[0], np.cumsum(widths)]).astype(int)
    made: list[Column] = []
    for place, column in enumerate(given):
        here = slice(starts[place], starts[place + 1])
        if not widths[place]:
            continue

        def answer(value: Any, place: int = place, here: slice = here) -> list[float] | None:
            try:
                row = step.transform(_block(step, given, place, [value]))
            except ValueError:
                return None
            row = row.toarray() if hasattr(row, "toarray") else row
            return np.asarray(row, dtype=float)[0, here].tolist()

        if isinstance(column, Level):
            table = {float(code): answer(value) for code, value in column.values.items()}
            missing = otherwise = None
        else:
            known = [float(value) for value in step.categories_[place] if not _is_nan(value)]
            table = {value: answer(value) for value in known}
            missing = answer(float("nan"))
            otherwise = answer(_stranger(known))
        keys = [key for key, row in table.items() if row is not None]
        rows = [row for row in table.values() if row is not None]
        if not rows:
            raise ExportError(f"{type(step).__name__} knows no value of a column")
        made += graph.lookup(column.slot, keys, rows, missing, otherwise)
    return made


def _block(step: Any, given: list[Column], place: int, values: list[Any]) -> Any:
    """Rows that differ in one column, as the encoder was fitted: with names or without."""
    import pandas as pd

    others = [_some(step, column, at) for at, column in enumerate(given)]
    data = [values if at == place else [other] * len(values) for at, other in enumerate(others)]
    names = getattr(step, "feature_names_in_", None)
    if names is not None:
        return pd.DataFrame({name: _array(cells) for name, cells in zip(names, data, strict=True)})
    return np.column_stack([_array(cells) for cells in data])


def _array(cells: list[Any]) -> np.ndarray:
    return np.array(cells, dtype=object if any(isinstance(cell, str) for cell in cells) else float)


def _some(step: Any, column: Column, place: int) -> Any:
    """A value that the encoder knows."""
    if hasattr(step, "categories_"):
        return step.categories_[place][0]
    return next(iter(column.values.values())) if isinstance(column, Level) else 0.0


def _is_nan(value: Any) -> bool:
    return value is None or (isinstance(value, float) and bool(np.isnan(value)))


def _stranger(known: list[float]) -> float:
    return max(known, default=0.0) + 1.5


def _scaled(step: Any, given: list[Column], graph: Graph, clip: Any = None, **lists: Any) -> list[Column]:
    slots = numbers(given, step)
    made = {"kind": "scale", "columns": slots}
    made |= {name: plain(values) for name, values in lists.items() if values is not None}
    if clip is not None:
        made["clip"] = [float(bound) for bound in clip]
    return list(graph.add(len(slots), made))


def _standard(step: Any, given: list[Column], graph: Graph) -> list[Column]:
    mean = step.mean_ if step.with_mean else None
    return _scaled(step, given, graph, subtract=mean, divide=step.scale_ if step.with_std else None)


def _min_max(step: Any, given: list[Column], graph: Graph) -> list[Column]:
    clip = step.feature_range if step.clip else None
    return _scaled(step, given, graph, clip=clip, multiply=step.scale_, add=step.min_)


def _max_abs(step: Any, given: list[Column], graph: Graph) -> list[Column]:
    clip = (-1.0, 1.0) if getattr(step, "clip", False) else None
    return _scaled(step, given, graph, clip=clip, divide=step.scale_)


def _robust(step: Any, given: list[Column], graph: Graph) -> list[Column]:
    center = step.center_ if step.with_centering else None
    return _scaled(step, given, graph, subtract=center, divide=step.scale_ if step.with_scaling else None)


def _polynomial(step: Any, given: list[Column], graph: Graph) -> list[Column]:
    slots = numbers(given, step)
    terms = [
        [slot for slot, power in zip(slots, powers, strict=True) for _ in range(int(power))] for powers in step.powers_
    ]
    return list(graph.add(len(terms), {"kind": "product", "terms": terms}))


KNOWN = {
    "Pipeline": _pipeline,
    "ColumnTransformer": _column_transformer,
    "FeatureUnion": _union,
    "FunctionTransformer": _function,
    "SimpleImputer": _imputer,
    "OneHotEncoder": _encoder,
    "OrdinalEncoder": _encoder,
    "StandardScaler": _standard,
    "MinMaxScaler": _min_max,
    "MaxAbsScaler": _max_abs,
    "RobustScaler": _robust,
    "PolynomialFeatures": _polynomial,
}
__all__ = ["Number", "transformed"]
