"""Pictures for the report: PNG by matplotlib, the same bytes for the same release."""

import io
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskindex.released import Released
from riskindex.scores import rows

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure

INK = "#0B0C0C"
RAMP = ("#E8F1FA", "#B5D4EE", "#6BACE6", "#2073BC", "#12436D")
NOT_ASSESSED = "#D9D9D9"
STYLE: dict[Any, Any] = {"font.family": "DejaVu Sans", "font.size": 9, "text.color": INK}


def overview_map(released: Released) -> bytes:
    """The areas by class of the index, the selected ones outlined, the largest groups labelled."""
    import matplotlib as mpl

    with mpl.rc_context(STYLE):
        figure, (axes,) = canvas(7.2, 6.0)
        classes = _classes(released.all_areas["score"])
        colours = [NOT_ASSESSED if c < 0 else RAMP[c] for c in classes]
        released.areas.plot(ax=axes, color=colours, edgecolor="white", linewidth=0.15)
        chosen = released.all_areas["selected"].to_numpy(dtype=bool)
        if chosen.any():
            selected = released.areas[chosen]
            selected.boundary.plot(ax=axes, color="white", linewidth=2.2)
            selected.boundary.plot(ax=axes, color=INK, linewidth=1.2)
        _label_groups(released, axes)
        axes.set_axis_off()
        _legend(axes)
        return png(figure)


def _classes(score: "pd.Series[float]") -> "NDArray[np.intp]":
    """Class of each area, 4 the highest tenth to 0 the lower half, -1 not assessed.

    Areas with the same score stay in one class, that of the middle of them.
    """
    share = score.rank(method="average", pct=True, ascending=False).to_numpy()
    classes = 4 - np.searchsorted([0.1, 0.2, 0.3, 0.5], share)
    return np.where(np.isnan(share), -1, classes)


def _label_groups(released: Released, axes: "Axes") -> None:
    if not released.group_kinds or released.areas[released.group_kinds[-1]].nunique() > 30:
        return
    kind = released.group_kinds[-1]
    # Adjoining areas share their lines; where they do not, this leaves no slivers either.
    districts = released.areas[[kind, "geometry"]].dissolve(by=kind, method="coverage")
    districts.boundary.plot(ax=axes, color="#505A5F", linewidth=0.7)
    import matplotlib.patheffects as effects

    for name, point in districts.representative_point().items():
        axes.annotate(
            str(name).replace("$", r"\$"),
            (point.x, point.y),
            ha="center",
            fontsize=8,
            path_effects=[effects.withStroke(linewidth=2.5, foreground="white")],
        )


def _legend(axes: "Axes") -> None:
    from matplotlib.patches import Patch

    words = (
        "lower half",
        "fourth and fifth tenths",
        "third tenth",
        "second tenth",
        "highest tenth",
    )
    patches = [
        Patch(facecolor=colour, edgecolor="#B1B4B6", label=word)
        for colour, word in zip(RAMP, words, strict=True)
    ]
    patches.append(Patch(facecolor="white", edgecolor=INK, linewidth=1.6, label="selected"))
    axes.legend(handles=patches, loc="best", frameon=True, framealpha=0.9, fontsize=8)


def persistence_strip(released: Released) -> bytes | None:
    """Periods hot of each selected area, one square per period; None without periods."""
    import matplotlib as mpl

    factors = [
        f
        for f in released.factors.index
        if f in released.persistence.index.get_level_values("factor")
    ]
    if not factors or released.top.empty:
        return None
    with mpl.rc_context(STYLE):
        codes = list(released.top.index[:60])
        figure, axes = canvas(7.2, 0.9 + 0.14 * len(codes), columns=len(factors))
        for axis, factor in zip(axes, factors, strict=True):
            hot = rows(released.hotspots, factor=factor)["is_hot"].unstack("period").reindex(codes)
            axis.imshow(
                hot.to_numpy(dtype=float), cmap=_two_colours(), aspect="auto", vmin=0, vmax=1
            )
            axis.set_xticks(range(hot.shape[1]), [str(p)[-5:] for p in hot], fontsize=7)
            names = [str(n).replace("$", r"\$") for n in released.top.loc[codes, "name"]]
            first = factor == factors[0]
            axis.set_yticks(range(len(codes)) if first else [], names if first else [])
            axis.tick_params(length=0, labelsize=7)
            axis.set_title(str(released.factors.at[factor, "label"]), fontsize=8, wrap=True)
        return png(figure)


def _two_colours() -> "Colormap":
    from matplotlib.colors import ListedColormap

    return ListedColormap(["#F3F2F1", "#801650"])


def canvas(width: float, height: float, columns: int = 1) -> "tuple[Figure, list[Axes]]":
    """A figure of so many inches with panels side by side, drawn without a screen."""
    from matplotlib.figure import Figure

    # Without a canvas of its own: a canvas would draw everything anew with each layer.
    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, list(figure.subplots(1, columns, squeeze=False)[0])


def png(figure: "Figure") -> bytes:
    """The figure as PNG, the same bytes for the same content."""
    out = io.BytesIO()
    # The library's name and version would change the bytes from one version to the next.
    figure.savefig(out, format="png", dpi=130, metadata={"Software": None})
    return out.getvalue()
